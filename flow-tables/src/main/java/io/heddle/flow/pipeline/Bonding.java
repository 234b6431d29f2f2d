package io.heddle.flow.pipeline;

import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import org.jspecify.annotations.Nullable;

/**
 * Which member of a bond sends a packet, and which packets a bond takes from which member.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class Bonding {
    private static final long GROUP_BIT = 1L << 40;
    private static final long BROADCAST = 0xffffffffffffL;

    private final Translator translator;
    private final ActionExecution actions;

    Bonding(Translator translator, ActionExecution actions) {
        this.translator = translator;
        this.actions = actions;
    }

    /** The port that stands for itself, or the member that is to send the packet; null if none may. */
    @Nullable
    PortInfo sender(BridgeView bridge, PortInfo port, int vlan) {
        Bond bond = port.layer2().bond();
        if (bond == null) {
            return port;
        }
        Bond.Mode mode = bond.modeNow();
        int number = 0;
        if (mode == Bond.Mode.ACTIVE_BACKUP) {
            number = bond.active();
        } else if (mode != null) {
            int slot = actions.links()
                    .bondSlot(mode == Bond.Mode.BALANCE_TCP, vlan, bond.slots().size());
            number = bond.slots().get(slot);
            translator.count(bond.loads().get(slot));
        }
        PortInfo member = number == 0 ? null : translator.world.topology().port(bridge.id(), number);
        if (member == null) {
            translator.problem(Translation.DropCause.PORT_DOWN, "no port of bond " + bond.name() + " can send");
        }
        return member;
    }

    /** Says whether a bond takes the packet from one of its members. */
    boolean admits(BridgeView bridge, PortInfo from, int vlan) {
        Bond bond = from.layer2().bond();
        if (bond == null) {
            return true;
        }
        boolean isEnabled = bond.enabled().contains(from.number());
        Bond.Mode mode = bond.modeNow();
        if (bond.lacp() == Bond.Lacp.NEGOTIATED) {
            return isEnabled; // the other side knows of the bond
        }
        if (mode == null || !isEnabled) {
            return false;
        }
        boolean isActive = bond.active() == from.number();
        boolean isToGroup = (translator.packet.read(MatchField.ETH_DST) & GROUP_BIT) != 0;
        if (mode == Bond.Mode.ACTIVE_BACKUP || isToGroup && !isActive) {
            return isActive;
        }
        // A packet that was sent by one member may come back by another, flooded by the switch behind.
        long source = translator.packet.read(MatchField.ETH_SRC);
        MacLearning.Entry known = bridge.macs().find(vlan, source);
        translator.saw(bridge.macs(), vlan, source, known);
        return known == null || known.port() == bond.number() || isGratuitousArp();
    }

    /** A host says that it has moved. */
    private boolean isGratuitousArp() {
        PacketState packet = translator.packet;
        return packet.read(MatchField.ETH_TYPE) == EtherTypes.ARP
                && packet.read(MatchField.ETH_DST) == BROADCAST
                && (packet.read(MatchField.ARP_OP) == 2
                        || packet.read(MatchField.ARP_SPA) == packet.read(MatchField.ARP_TPA));
    }
}
