package io.heddle.flow.pipeline;

import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.Translation.DropCause;

/**
 * Output to NORMAL: what a learning Ethernet bridge does (IEEE 802.1D). Every port is a trunk for all VLANs; addresses are learned per
 * VLAN.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class NormalForwarding {
    /** Addresses 01:80:c2:00:00:00 to 0f, which bridges do not forward. */
    private static final long LINK_LOCAL = 0x0180c2000000L;

    private static final long GROUP_BIT = 1L << 40;

    private final Translator translator;
    private final ActionExecution actions;

    NormalForwarding(Translator translator, ActionExecution actions) {
        this.translator = translator;
        this.actions = actions;
    }

    void forward() {
        BridgeView bridge = translator.bridge();
        if (bridge == null) {
            return;
        }
        long source = translator.packet.read(MatchField.ETH_SRC);
        long destination = translator.packet.read(MatchField.ETH_DST);
        int tci = (int) translator.packet.read(MatchField.VLAN_VID);
        int vlan = (tci & KeyLayout.VLAN_PRESENT) != 0 ? tci & 0xfff : 0;
        if ((destination & ~0xfL) == LINK_LOCAL) {
            translator.problem(DropCause.NO_OUTPUT, "a bridge does not forward link-local destinations");
            return;
        }
        learn(bridge, vlan, source);
        MacLearning.Entry known =
                (destination & GROUP_BIT) != 0 ? null : bridge.macs().find(vlan, destination);
        if ((destination & GROUP_BIT) == 0) {
            translator.saw(bridge.macs(), vlan, destination, known);
        }
        PortInfo port = known == null ? null : translator.world.topology().port(bridge.id(), known.port());
        if (port == null || !port.canSend()) {
            translator.trace.note(
                    (destination & GROUP_BIT) != 0 ? "group address: flooding" : "no learned address: flooding");
            flood(bridge);
        } else if (port.number() == translator.inPort()) {
            translator.problem(DropCause.OUTPUT_TO_IN_PORT, "the destination is on the port that the packet came from");
        } else {
            translator.trace.note("forwarding to the learned port");
            actions.send(port);
        }
    }

    private void learn(BridgeView bridge, int vlan, long source) {
        if ((source & GROUP_BIT) != 0 || translator.world.topology().port(bridge.id(), translator.inPort()) == null) {
            return;
        }
        MacLearning.Entry entry = translator.world.isReal()
                ? bridge.macs().learn(vlan, source, translator.inPort(), translator.world.nowNs())
                : bridge.macs().find(vlan, source);
        if (entry == null) {
            translator.restOnAllAddresses(); // it is learned when there is room
        } else {
            translator.saw(bridge.macs(), vlan, source, entry);
        }
        if (entry != null && entry.port() == translator.inPort()) {
            translator.count(entry.used());
        }
    }

    private void flood(BridgeView bridge) {
        for (PortInfo port : translator.world.topology().ports(bridge.id())) {
            if (port.number() != translator.inPort()
                    && port.canSend()
                    && !port.config().noFlood()) {
                actions.send(port);
            }
        }
    }
}
