package io.heddle.datapath.main;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeConfiguration.FailMode;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.PortConfiguration.PortIo;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.proto.document.DocumentException;
import io.heddle.proto.document.TlsSection;
import io.heddle.proto.document.YamlDocument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The switch's YAML file, read and checked. The schema is published as {@code deploy/schema/switch.schema.json}.
 *
 * @param settings of the process
 * @param configuration the bridges it should have, and what is set of the connection tracker
 * @param document to find the line of a part by
 */
public record ConfigurationFile(SwitchSettings settings, SwitchConfiguration configuration, YamlDocument document) {
    private static final String SCHEMA = "/schema/switch.schema.json";

    /**
     * Reads a file.
     *
     * @throws DocumentException with file, line and path of what is wrong
     */
    public static ConfigurationFile load(Path file) throws DocumentException {
        return of(YamlDocument.load(file, SCHEMA));
    }

    /** As {@link #load}, from text; {@code name} stands for the file in errors. */
    public static ConfigurationFile parse(String name, String yaml) throws DocumentException {
        return of(YamlDocument.parse(name, yaml, SCHEMA));
    }

    private static ConfigurationFile of(YamlDocument document) throws DocumentException {
        List<BridgeConfiguration> bridges = new ArrayList<>();
        JsonNode list = document.root().path("bridges");
        for (int i = 0; i < list.size(); i++) {
            bridges.add(bridge(document, list.get(i), "bridges[" + i + "]"));
        }
        checkUnique(document, bridges);
        return new ConfigurationFile(
                settings(document.root().path("switch")),
                new SwitchConfiguration(
                        bridges, ConntrackFile.read(document, document.root().path("conntrack"))),
                document);
    }

    /** Says whether the file has the key {@code bridges} at all. */
    boolean saysBridges() {
        return document.root().has("bridges");
    }

    /** The message of a configuration error with the file and line of the part that it is about. */
    public String locate(ConfigurationException error) {
        return document.errorAt(error.path(), String.valueOf(error.getMessage()));
    }

    private static SwitchSettings settings(JsonNode node) {
        JsonNode listen = node.path("grpc").path("listen");
        String metrics = node.path("metrics").path("listen").asString(SwitchSettings.DEFAULT_METRICS_LISTEN);
        return new SwitchSettings(
                listen.isMissingNode() ? SwitchSettings.DEFAULT_GRPC_LISTEN : strings(listen),
                metrics.equals("off") ? null : metrics,
                node.has("state") ? Path.of(node.path("state").asString()) : SwitchSettings.DEFAULT_STATE_FOLDER,
                node.path("poll-loops").asInt(SwitchSettings.defaultPollLoops()),
                node.has("tls") ? TlsSection.read(node.path("tls")) : null);
    }

    private static BridgeConfiguration bridge(YamlDocument document, JsonNode node, String path)
            throws DocumentException {
        List<PortConfiguration> ports = new ArrayList<>();
        JsonNode list = node.path("ports");
        for (int i = 0; i < list.size(); i++) {
            ports.add(port(document, list.get(i), path + ".ports[" + i + "]"));
        }
        return new BridgeConfiguration(
                node.path("name").asString(),
                datapathId(node.path("datapath-id").asString("")),
                node.path("fail-mode").asString("secure").equals("standalone") ? FailMode.STANDALONE : FailMode.SECURE,
                strings(node.path("controllers")),
                strings(node.path("listen")),
                strings(node.path("protocols")),
                ports,
                Layer2File.read(node));
    }

    private static String datapathId(String text) {
        if (text.isEmpty()) {
            return "";
        }
        String digits = text.startsWith("0x") ? text.substring(2) : text;
        return "0".repeat(16 - digits.length()) + digits.toLowerCase(Locale.ROOT);
    }

    private static PortConfiguration port(YamlDocument document, JsonNode node, String path) throws DocumentException {
        return new PortConfiguration(
                node.path("name").asString(),
                node.path("number").asInt(0),
                PortType.valueOf(node.path("type").asString().toUpperCase(Locale.ROOT)),
                node.path("peer").asString(""),
                node.path("netns").asString(""),
                node.path("mac").asString(""),
                node.path("mtu").asInt(0),
                node.path("remote").asString(""),
                node.path("local").asString(""),
                node.path("key").asString(""),
                node.path("port").asInt(0),
                new PortConfiguration.OuterHeaders(
                        node.path("csum").asBoolean(false),
                        node.path("tos").asString(""),
                        node.path("ttl").asString(""),
                        node.path("df").asBoolean(false),
                        node.path("seq").asBoolean(false)),
                vlans(document, node, path),
                Layer2File.map(node.path("other-config")),
                PortIo.valueOf(node.path("io").asString("auto").toUpperCase(Locale.ROOT)),
                QosFile.read(node));
    }

    private static PortVlans vlans(YamlDocument document, JsonNode node, String path) throws DocumentException {
        String mode = node.path("vlan-mode").asString("").replace('-', '_').toUpperCase(Locale.ROOT);
        Set<Integer> trunks = new HashSet<>();
        node.path("trunks").forEach(trunk -> trunks.add(trunk.asInt()));
        try {
            return PortVlans.of(
                    mode.isEmpty() ? null : PortVlans.Mode.valueOf(mode),
                    node.path("tag").asInt(-1),
                    trunks);
        } catch (IllegalArgumentException e) {
            // Its message begins with the key.
            String message = String.valueOf(e.getMessage());
            int colon = message.indexOf(": ");
            throw new DocumentException(
                    document.errorAt(path + "." + message.substring(0, colon), message.substring(colon + 2)));
        }
    }

    private static List<String> strings(JsonNode node) {
        List<String> strings = new ArrayList<>();
        node.forEach(item -> strings.add(item.asString()));
        return strings;
    }

    /** What a schema cannot say: names, datapath ids and port numbers are there once. */
    private static void checkUnique(YamlDocument document, List<BridgeConfiguration> bridges) throws DocumentException {
        Map<String, String> seen = new HashMap<>();
        for (int b = 0; b < bridges.size(); b++) {
            BridgeConfiguration bridge = bridges.get(b);
            String path = "bridges[" + b + "]";
            once(document, seen, "bridge " + bridge.name(), path + ".name");
            if (!bridge.datapathId().isEmpty()) {
                once(document, seen, "datapath id " + bridge.datapathId(), path + ".datapath-id");
            }
            for (int p = 0; p < bridge.ports().size(); p++) {
                PortConfiguration port = bridge.ports().get(p);
                String portPath = path + ".ports[" + p + "]";
                once(document, seen, "port " + port.name(), portPath + ".name");
                if (port.number() != 0) {
                    once(
                            document,
                            seen,
                            "number " + port.number() + " of bridge " + bridge.name(),
                            portPath + ".number");
                }
            }
        }
    }

    private static void once(YamlDocument document, Map<String, String> seen, String what, String path)
            throws DocumentException {
        String first = seen.putIfAbsent(what, path);
        if (first != null) {
            throw new DocumentException(document.errorAt(
                    path, what + " is there already, at " + first + " (line " + document.line(first) + ")"));
        }
    }
}
