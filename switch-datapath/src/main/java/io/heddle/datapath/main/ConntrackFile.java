package io.heddle.datapath.main;

import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.ConntrackConfiguration;
import io.heddle.proto.document.DocumentException;
import io.heddle.proto.document.YamlDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads what the configuration file sets of the connection tracker. The schema has been checked. Stateless. */
final class ConntrackFile {
    private ConntrackFile() {}

    static ConntrackConfiguration read(YamlDocument document, JsonNode node) throws DocumentException {
        List<ConntrackConfiguration.Zone> zones = new ArrayList<>();
        for (JsonNode zone : node.path("zones")) {
            zones.add(new ConntrackConfiguration.Zone(
                    zone.path("zone").asInt(),
                    zone.has("limit") ? zone.path("limit").asInt() : null,
                    timeouts(zone.path("timeouts"))));
        }
        ConntrackConfiguration configuration = new ConntrackConfiguration(
                node.path("limit").asInt(0), node.path("zone-limit").asInt(0), timeouts(node.path("timeouts")), zones);
        try {
            configuration.check("conntrack");
        } catch (ConfigurationException e) {
            throw new DocumentException(document.errorAt(e.path(), String.valueOf(e.getMessage())));
        }
        return configuration;
    }

    private static Map<String, Integer> timeouts(JsonNode node) {
        Map<String, Integer> timeouts = new HashMap<>();
        node.properties()
                .forEach(entry -> timeouts.put(entry.getKey(), entry.getValue().asInt()));
        return timeouts;
    }
}
