package io.heddle.proto.openflow;

/**
 * Which of Open vSwitch's extensions a client has asked for; all but the last are for OpenFlow 1.0.
 *
 * @param isNxm flows are told with an extended match ({@code NXT_SET_FLOW_FORMAT})
 * @param hasTableId a flow-mod's command carries a table in its upper octet ({@code NXT_FLOW_MOD_TABLE_ID})
 * @param packetInFormat how packets are told ({@code NXT_SET_PACKET_IN_FORMAT}): 0 as the version has it, 1 with an extended match, 2 with
 *     properties; in every version
 */
public record Extensions(boolean isNxm, boolean hasTableId, int packetInFormat) {
    /** None: OpenFlow alone. */
    public static final Extensions NONE = new Extensions(false, false, 0);

    public Extensions withNxm(boolean wanted) {
        return new Extensions(wanted, hasTableId, packetInFormat);
    }

    public Extensions withTableId(boolean wanted) {
        return new Extensions(isNxm, wanted, packetInFormat);
    }

    public Extensions withPacketInFormat(int wanted) {
        return new Extensions(isNxm, hasTableId, wanted);
    }
}
