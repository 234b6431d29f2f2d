package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.stp.SpanningTree;
import io.heddle.flow.pipeline.SpanningState;
import io.heddle.flow.text.AddressText;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A bridge's part in the spanning tree: settings, states of ports, frames. Threading: the control loop.
 */
final class Spanning implements SpanningTree.Output {
    /** Of a link whose speed is not known: that of 1 Gbit/s. */
    private static final int RAPID_COST = 20_000;

    private static final int OLD_COST = 4;
    private static final int DEFAULT_PRIORITY = 0x8000;

    private final Bridge bridge;
    private final LayerTwo layer2;
    private final HeddleSwitch owner;
    private @Nullable SpanningTree tree;

    Spanning(Bridge bridge, LayerTwo layer2, HeddleSwitch owner) {
        this.bridge = bridge;
        this.layer2 = layer2;
        this.owner = owner;
    }

    void reconfigure() {
        Layer2Configuration wanted = bridge.configuration().layer2();
        if (!wanted.stpEnable() && !wanted.rstpEnable()) {
            tree = null;
            bridge.ports().all().forEach(this::takeOut);
            return;
        }
        SpanningTree.Settings settings = settings(wanted);
        SpanningTree now = tree;
        if (now == null || !now.settings().equals(settings)) {
            now = new SpanningTree(settings, this);
            tree = now;
        }
        for (BridgePort port : bridge.ports().all()) {
            if (mayTakePart(port)) {
                now.put(port.number(), settings(port, settings.isRapid()), port.isUp());
                changed(port.number());
            } else {
                now.remove(port.number());
                takeOut(port);
            }
        }
    }

    private void takeOut(BridgePort port) {
        layer2.setState(port, port.layer2().withSpanning(SpanningState.OFF, ""));
    }

    private SpanningTree.Settings settings(Layer2Configuration wanted) {
        Map<String, String> config = wanted.otherConfig();
        String prefix = wanted.rstpEnable() ? "rstp-" : "stp-";
        return new SpanningTree.Settings(
                OtherConfig.number(config, prefix + "priority", DEFAULT_PRIORITY),
                layer2.address(),
                wanted.rstpEnable() && OtherConfig.number(config, "rstp-force-protocol-version", 2) == 2,
                OtherConfig.number(config, prefix + "max-age", 20),
                OtherConfig.number(config, "stp-hello-time", 2),
                OtherConfig.number(config, prefix + "forward-delay", 15),
                OtherConfig.number(config, "rstp-transmit-hold-count", 6));
    }

    /** The spanning tree is for links: not for the host's own port, nor for the ports of bonds. */
    private boolean mayTakePart(BridgePort port) {
        Layer2Configuration wanted = bridge.configuration().layer2();
        String key = wanted.rstpEnable() ? "rstp-enable" : "stp-enable";
        return port.configuration().type() != PortConfiguration.PortType.INTERNAL
                && OtherConfig.flag(port.configuration().otherConfig(), key, true)
                && wanted.bonds().stream().noneMatch(bond -> bond.ports().contains(port.name()));
    }

    private SpanningTree.PortSettings settings(BridgePort port, boolean isRapid) {
        Map<String, String> config = port.configuration().otherConfig();
        String prefix = bridge.configuration().layer2().rstpEnable() ? "rstp-" : "stp-";
        long own = port.device() == null ? 0 : port.device().macAddress();
        return new SpanningTree.PortSettings(
                own == 0 ? layer2.address() : own,
                OtherConfig.number(config, prefix + "path-cost", isRapid ? RAPID_COST : OLD_COST),
                OtherConfig.number(config, prefix + "port-priority", 128),
                OtherConfig.flag(config, "rstp-port-admin-edge", false),
                OtherConfig.flag(config, "rstp-port-auto-edge", true));
    }

    boolean takesPart(int number) {
        return tree != null && tree.ports().contains(number);
    }

    void received(int number, byte[] frame) {
        if (tree != null) {
            tree.received(number, frame);
        }
    }

    void linkChanged(BridgePort port) {
        if (tree != null) {
            tree.linkChanged(port.number(), port.isUp());
        }
    }

    void portGone(int number) {
        if (tree != null) {
            tree.remove(number);
        }
    }

    /** A second is over. */
    void tick() {
        if (tree != null) {
            tree.tick();
        }
    }

    /** For people: {@code rstp, root 8000.020000000001, cost 20000, by port p1}. */
    String text() {
        SpanningTree now = tree;
        if (now == null) {
            return "";
        }
        BridgePort port = bridge.ports().byNumber(now.rootPort());
        return "%s, root %04x.%s, %s"
                .formatted(
                        bridge.configuration().layer2().rstpEnable() ? "rstp" : "stp",
                        now.root() >>> 48,
                        AddressText.ethernet(now.root() & 0xffff_ffff_ffffL),
                        now.isRoot() || port == null
                                ? "this bridge"
                                : "cost %d, by port %s".formatted(now.rootCost(), port.name()));
    }

    // ---- SpanningTree.Output

    @Override
    public void send(int number, byte[] frame) {
        BridgePort port = bridge.ports().byNumber(number);
        if (port != null) {
            layer2.send(port, frame);
        }
    }

    @Override
    public void changed(int number) {
        BridgePort port = bridge.ports().byNumber(number);
        SpanningTree now = tree;
        if (port == null || now == null) {
            return;
        }
        SpanningTree.Role role = now.role(number);
        PortState.Layer2 state =
                port.layer2().withSpanning(state(now, number, role), role.name().toLowerCase(Locale.ROOT));
        if (!state.equals(port.layer2())) {
            layer2.setState(port, state);
            owner.updateTopology();
        }
    }

    private static SpanningState state(SpanningTree tree, int number, SpanningTree.Role role) {
        if (tree.isForwarding(number)) {
            return SpanningState.FORWARDING;
        }
        if (tree.isLearning(number)) {
            return SpanningState.LEARNING;
        }
        return switch (role) {
            case ROOT, DESIGNATED -> SpanningState.LISTENING;
            case DISABLED, ALTERNATE, BACKUP -> SpanningState.BLOCKING;
        };
    }

    @Override
    public void flush(int number) {
        layer2.flush(number);
    }
}
