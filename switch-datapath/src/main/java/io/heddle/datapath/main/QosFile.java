package io.heddle.datapath.main;

import io.heddle.datapath.bridge.QosConfiguration;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads which rates a port of the configuration file has. The schema has been checked. Stateless. */
final class QosFile {
    private QosFile() {}

    static QosConfiguration read(JsonNode port) {
        JsonNode qos = port.path("qos");
        Map<Integer, QosConfiguration.Queue> queues = new HashMap<>();
        qos.path("queues")
                .properties()
                .forEach(each -> queues.put(Integer.parseUnsignedInt(each.getKey()), queue(each.getValue())));
        return new QosConfiguration(
                qos.isMissingNode() ? "" : qos.path("type").asString(QosConfiguration.HTB),
                qos.path("max-rate").asLong(0),
                queues,
                new QosConfiguration.Policing(
                        port.path("ingress-policing-rate").asLong(0),
                        port.path("ingress-policing-burst").asLong(0),
                        port.path("ingress-policing-kpkts-rate").asLong(0),
                        port.path("ingress-policing-kpkts-burst").asLong(0)));
    }

    private static QosConfiguration.Queue queue(JsonNode queue) {
        return new QosConfiguration.Queue(
                queue.path("min-rate").asLong(0),
                queue.path("max-rate").asLong(0),
                queue.path("burst").asLong(0),
                queue.path("priority").asLong(0),
                queue.has("dscp") ? (Integer) queue.path("dscp").asInt() : null);
    }
}
