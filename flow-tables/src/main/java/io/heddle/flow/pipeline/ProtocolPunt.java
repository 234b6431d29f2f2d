package io.heddle.flow.pipeline;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;

/**
 * Says which packets are the switch's own: those of the layer 2 protocols that it speaks at the port. No table sees them.
 *
 * <p>Threading: none; for one use.
 */
final class ProtocolPunt {
    private static final long GROUP_BIT = 1L << 40;
    private static final long SPANNING_TREE = 0x0180c2000000L;
    private static final long SLOW_PROTOCOLS = 0x0180c2000002L;
    private static final long NEAREST_NOT_TPMR = 0x0180c2000003L;
    private static final long NEAREST_BRIDGE = 0x0180c200000eL;
    private static final int SLOW_TYPE = 0x8809;
    private static final int LLDP_TYPE = 0x88cc;

    private final Translator translator;

    ProtocolPunt(Translator translator) {
        this.translator = translator;
    }

    boolean takes(PortInfo port) {
        int protocols = port.layer2().protocols();
        if (protocols == 0) {
            return false;
        }
        PacketState packet = translator.packet;
        // Most packets are to one station: of their addresses no more than that is looked at.
        packet.look(new FlowMask().add(MatchField.ETH_DST, Bits.of(GROUP_BIT)));
        if ((packet.key.getLong(MatchField.ETH_DST) & GROUP_BIT) == 0) {
            return false;
        }
        long destination = packet.read(MatchField.ETH_DST);
        long type = packet.read(MatchField.ETH_TYPE);
        if (type == LLDP_TYPE) {
            return (protocols & PortLayer2.LLDP) != 0
                    && (destination == NEAREST_BRIDGE
                            || destination == NEAREST_NOT_TPMR
                            || destination == SPANNING_TREE);
        }
        return destination == SPANNING_TREE
                ? (protocols & PortLayer2.STP) != 0
                : destination == SLOW_PROTOCOLS && type == SLOW_TYPE && (protocols & PortLayer2.LACP) != 0;
    }
}
