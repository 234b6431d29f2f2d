package io.heddle.flow.conntrack;

/** The bits of {@code ct_state}; {@code ovs-fields(7)} describes them. */
public final class CtState {
    /** Not of a connection that was committed and has seen packets of both directions. */
    public static final int NEW = 0x01;

    public static final int ESTABLISHED = 0x02;
    /** An ICMP error about a connection. */
    public static final int RELATED = 0x04;
    /** The packet goes against the direction of the first packet. */
    public static final int REPLY = 0x08;
    /** The tracker cannot say what the packet belongs to; all other bits but {@link #TRACKED} are 0. */
    public static final int INVALID = 0x10;
    /** The packet has been through the tracker. */
    public static final int TRACKED = 0x20;
    /** The packet's source was translated. */
    public static final int SOURCE_NAT = 0x40;
    /** The packet's destination was translated. */
    public static final int DESTINATION_NAT = 0x80;

    private CtState() {}
}
