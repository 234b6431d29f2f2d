package io.heddle.proto.openflow;

/**
 * Which of Open vSwitch's extensions a client of OpenFlow 1.0 has asked for.
 *
 * @param isNxm flows are told with an extended match ({@code NXT_SET_FLOW_FORMAT})
 * @param hasTableId a flow-mod's command carries a table in its upper octet ({@code NXT_FLOW_MOD_TABLE_ID})
 * @param isNxPacketIn packets are told with an extended match ({@code NXT_SET_PACKET_IN_FORMAT})
 */
public record Extensions(boolean isNxm, boolean hasTableId, boolean isNxPacketIn) {
    /** None: OpenFlow alone. */
    public static final Extensions NONE = new Extensions(false, false, false);

    public Extensions withNxm(boolean wanted) {
        return new Extensions(wanted, hasTableId, isNxPacketIn);
    }

    public Extensions withTableId(boolean wanted) {
        return new Extensions(isNxm, wanted, isNxPacketIn);
    }

    public Extensions withNxPacketIn(boolean wanted) {
        return new Extensions(isNxm, hasTableId, wanted);
    }
}
