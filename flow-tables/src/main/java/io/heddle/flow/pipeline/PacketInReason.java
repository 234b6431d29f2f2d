package io.heddle.flow.pipeline;

/**
 * Why a packet goes to a controller: {@code OFPR_*}, with the numbers of OpenFlow 1.4. Versions up to 1.3 know only the first three:
 * they call the others {@link #ACTION}.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.4.1</a>
 */
public final class PacketInReason {
    /** The table-miss entry sent it. */
    public static final int NO_MATCH = 0;

    /** An apply-actions list of another entry sent it. */
    public static final int ACTION = 1;

    /** A TTL would have become 0. */
    public static final int INVALID_TTL = 2;

    /** The action set sent it. */
    public static final int ACTION_SET = 3;

    /** A group's bucket sent it. */
    public static final int GROUP = 4;

    /** The actions of a packet-out sent it. */
    public static final int PACKET_OUT = 5;

    /** The cookie of a packet that no entry sent: one that missed in a table without a table-miss entry. */
    public static final long NO_COOKIE = -1L;

    /** No controller is meant but the switch itself, which speaks a protocol of layer 2. */
    public static final int OWN_PROTOCOL = 0x100;

    /** The switch itself is meant, which listens to who joins and leaves multicast groups. */
    public static final int MEMBERSHIP = 0x101;

    private PacketInReason() {}

    /** Says whether a packet is for the switch itself, not for a controller. */
    public static boolean isOwn(int reason) {
        return reason >= OWN_PROTOCOL;
    }
}
