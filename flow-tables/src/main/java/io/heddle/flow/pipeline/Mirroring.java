package io.heddle.flow.pipeline;

import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import java.util.List;

/**
 * Copies of a packet for mirrors, in one translation. A mirror gets a packet once, however often that is output, as
 * with Open vSwitch.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class Mirroring {
    /** Addresses 01:80:c2:00:00:00 to 0f, which are not copied to VLANs. */
    private static final long LINK_LOCAL = 0x0180c2000000L;

    private final Translator translator;
    private final NormalForwarding normal;

    /** Bit i: mirror i of the bridge has the packet. */
    private long done;

    Mirroring(Translator translator, NormalForwarding normal) {
        this.translator = translator;
        this.normal = normal;
    }

    /** The packet goes into another bridge; returns what {@link #leave} takes. */
    long enter() {
        long before = done;
        done = 0;
        return before;
    }

    void leave(long before) {
        done = before;
    }

    /** Mirrors that have the packet, bit i for mirror i. */
    long done() {
        return done;
    }

    /** The packet comes in. */
    void ingress(PortInfo port) {
        copy(port, true);
    }

    /** The packet has just left. */
    void egress(PortInfo port) {
        copy(port, false);
    }

    private void copy(PortInfo port, boolean isIngress) {
        BridgeView bridge = translator.bridge();
        if (bridge == null || bridge.layer2().mirrors().isEmpty()) {
            return;
        }
        List<Mirror> mirrors = bridge.layer2().mirrors();
        long wanted = 0;
        for (int i = 0; i < mirrors.size(); i++) {
            wanted |= mirrors.get(i).selects(port.bundle(), isIngress) ? 1L << i : 0;
        }
        wanted &= ~done;
        if (wanted == 0) {
            return;
        }
        int tci = (int) translator.packet.read(MatchField.VLAN_VID);
        int vlan = port.vlans().vlanOf((tci & KeyLayout.VLAN_PRESENT) != 0 ? tci & 0xfff : 0);
        if (vlan == PortVlans.NOT_ADMITTED) {
            return;
        }
        for (; wanted != 0; wanted &= wanted - 1) {
            Mirror mirror = mirrors.get(Long.numberOfTrailingZeros(wanted));
            if (!mirror.vlans().isEmpty() && !mirror.vlans().contains(vlan)) {
                continue;
            }
            for (int i = 0; i < mirrors.size(); i++) {
                done |= mirror.hasOutputOf(mirrors.get(i)) ? 1L << i : 0;
            }
            translator.trace.note("mirror " + mirror.name());
            output(bridge, mirror, vlan);
            wanted &= ~done | wanted & -wanted;
        }
    }

    private void output(BridgeView bridge, Mirror mirror, int vlan) {
        if (mirror.outputPort() != 0) {
            PortInfo port = translator.world.topology().port(bridge.id(), mirror.outputPort());
            if (port != null) {
                normal.sendCopy(port, vlan, mirror.snaplen());
            }
        } else if (vlan != mirror.outputVlan() && (translator.packet.read(MatchField.ETH_DST) & ~0xfL) != LINK_LOCAL) {
            for (PortInfo port : translator.world.topology().ports(bridge.id())) {
                if (port.isBundle()
                        && port.vlans().carries(mirror.outputVlan())
                        && !bridge.layer2().isMirrorOutput(port.number())) {
                    normal.sendCopy(port, mirror.outputVlan(), mirror.snaplen());
                }
            }
        }
    }
}
