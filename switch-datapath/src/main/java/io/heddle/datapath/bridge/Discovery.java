package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.lldp.LldpFrame;
import io.heddle.datapath.bridge.lldp.Neighbour;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Says at the ports where LLDP is enabled who the bridge is, and keeps who the others say they are. Threading: the control loop.
 */
final class Discovery {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int INTERVAL_S = 30;
    private static final int TTL_S = 4 * INTERVAL_S;

    /** Most neighbours of a port: there is one at a cable, and more behind a device that forwards what it should not. */
    private static final int MAX_NEIGHBOURS = 8;

    private record Heard(Neighbour neighbour, long untilNs) {}

    private final Bridge bridge;
    private final LayerTwo layer2;
    private final Map<Integer, Map<String, Heard>> heard = new HashMap<>();
    private final Map<Integer, Long> nextNs = new HashMap<>();

    Discovery(Bridge bridge, LayerTwo layer2) {
        this.bridge = bridge;
        this.layer2 = layer2;
    }

    static boolean isEnabled(BridgePort port) {
        return OtherConfig.flag(port.configuration().otherConfig(), "lldp-enable", false);
    }

    /** Says at once who we are, and forgets what was heard where nothing is to be heard. */
    void reconfigure(long nowNs) {
        nextNs.keySet().removeIf(number -> bridge.ports().byNumber(number) == null);
        heard.keySet().removeIf(number -> bridge.ports().byNumber(number) == null);
        for (BridgePort port : bridge.ports().all()) {
            if (!isEnabled(port)) {
                nextNs.remove(port.number());
                heard.remove(port.number());
                show(port);
            } else {
                nextNs.putIfAbsent(port.number(), nowNs);
            }
        }
    }

    void linkChanged(BridgePort port, long nowNs) {
        if (isEnabled(port)) {
            nextNs.put(port.number(), nowNs);
        }
    }

    void received(BridgePort port, byte[] frame, long nowNs) {
        Neighbour neighbour = LldpFrame.parse(frame);
        if (neighbour == null || !isEnabled(port)) {
            return;
        }
        Map<String, Heard> known = heard.computeIfAbsent(port.number(), number -> new LinkedHashMap<>());
        String key = neighbour.chassis() + " " + neighbour.port();
        if (neighbour.ttlSeconds() == 0) {
            known.remove(key); // it is going away
        } else if (known.containsKey(key) || known.size() < MAX_NEIGHBOURS) {
            known.put(key, new Heard(neighbour, nowNs + neighbour.ttlSeconds() * SECOND_NS));
        }
        show(port);
    }

    /** Does what is due. */
    void run(long nowNs) {
        for (BridgePort port : bridge.ports().all()) {
            Map<String, Heard> known = heard.get(port.number());
            if (known != null && known.values().removeIf(each -> nowNs - each.untilNs() >= 0)) {
                show(port);
            }
            Long next = nextNs.get(port.number());
            if (next != null && nowNs - next >= 0 && port.isUp()) {
                nextNs.put(port.number(), nowNs + INTERVAL_S * SECOND_NS);
                long own = port.device() == null ? 0 : port.device().macAddress();
                long address = layer2.address();
                layer2.send(
                        port,
                        LldpFrame.of(own == 0 ? address : own, address, port.name(), bridge.name(), "Heddle", TTL_S));
            }
        }
    }

    private void show(BridgePort port) {
        List<Neighbour> neighbours = new ArrayList<>();
        heard.getOrDefault(port.number(), Map.of()).values().forEach(each -> neighbours.add(each.neighbour()));
        layer2.setState(port, port.layer2().withNeighbours(neighbours));
    }
}
