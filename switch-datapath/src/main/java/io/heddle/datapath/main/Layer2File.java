package io.heddle.datapath.main;

import io.heddle.datapath.bridge.Layer2Configuration;
import io.heddle.datapath.bridge.Layer2Configuration.Bond;
import io.heddle.datapath.bridge.Layer2Configuration.BondMode;
import io.heddle.datapath.bridge.Layer2Configuration.LacpMode;
import io.heddle.datapath.bridge.Layer2Configuration.Mirror;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads what a bridge of the configuration file does as an Ethernet bridge. The schema has been checked. Stateless. */
final class Layer2File {
    private Layer2File() {}

    static Layer2Configuration read(JsonNode bridge) {
        List<Mirror> mirrors = new ArrayList<>();
        bridge.path("mirrors").forEach(node -> mirrors.add(mirror(node)));
        List<Bond> bonds = new ArrayList<>();
        bridge.path("bonds").forEach(node -> bonds.add(bond(node)));
        return new Layer2Configuration(
                bridge.path("stp-enable").asBoolean(false),
                bridge.path("rstp-enable").asBoolean(false),
                bridge.path("mcast-snooping-enable").asBoolean(false),
                map(bridge.path("other-config")),
                mirrors,
                bonds);
    }

    private static Mirror mirror(JsonNode node) {
        Set<Integer> vlans = new HashSet<>();
        node.path("select-vlan").forEach(vlan -> vlans.add(vlan.asInt()));
        return new Mirror(
                node.path("name").asString(),
                node.path("select-all").asBoolean(false),
                Set.copyOf(strings(node.path("select-src-port"))),
                Set.copyOf(strings(node.path("select-dst-port"))),
                vlans,
                node.path("output-port").asString(""),
                node.path("output-vlan").asInt(0),
                node.path("snaplen").asInt(0));
    }

    private static Bond bond(JsonNode node) {
        return new Bond(
                node.path("name").asString(),
                strings(node.path("ports")),
                BondMode.valueOf(node.path("bond-mode")
                        .asString("active-backup")
                        .replace('-', '_')
                        .toUpperCase(Locale.ROOT)),
                LacpMode.valueOf(node.path("lacp").asString("off").toUpperCase(Locale.ROOT)),
                node.path("bond-updelay").asInt(0),
                node.path("bond-downdelay").asInt(0),
                map(node.path("other-config")));
    }

    /** Numbers and truth values may be written without quotes. */
    static Map<String, String> map(JsonNode node) {
        Map<String, String> map = new HashMap<>();
        node.properties().forEach(each -> map.put(each.getKey(), each.getValue().asString()));
        return map;
    }

    private static List<String> strings(JsonNode node) {
        List<String> strings = new ArrayList<>();
        node.forEach(item -> strings.add(item.asString()));
        return strings;
    }
}
