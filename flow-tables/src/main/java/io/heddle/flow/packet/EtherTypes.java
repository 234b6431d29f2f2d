package io.heddle.flow.packet;

/**
 * Values of the Ethernet type field that the datapath knows.
 *
 * @see <a href="https://www.iana.org/assignments/ieee-802-numbers">IEEE 802 numbers</a>
 */
public final class EtherTypes {
    public static final int IPV4 = 0x0800;
    public static final int ARP = 0x0806;
    public static final int RARP = 0x8035;
    public static final int IPV6 = 0x86dd;
    public static final int MPLS = 0x8847;
    public static final int MPLS_MULTICAST = 0x8848;

    /** 802.1Q tag (customer). */
    public static final int VLAN = 0x8100;

    /** 802.1ad tag (service). */
    public static final int VLAN_SERVICE = 0x88a8;

    /** Network Service Header (RFC 8300). */
    public static final int NSH = 0x894f;

    /** Transparent Ethernet bridging: an Ethernet frame in a tunnel (RFC 1701). */
    public static final int TRANSPARENT_ETHERNET = 0x6558;

    /** 802.1ah backbone service instance tag. */
    public static final int PBB = 0x88e7;

    /** The least value that is a type; less is a length (IEEE 802.3 section 3.2.6). */
    public static final int MIN = 0x0600;

    /** Stands for "no Ethernet type" in a match: an 802.3 frame without SNAP (OFP_DL_TYPE_NOT_ETH_TYPE). */
    public static final int NONE = 0x05ff;

    private EtherTypes() {}

    public static boolean isVlan(int type) {
        return type == VLAN || type == VLAN_SERVICE;
    }

    public static boolean isMpls(int type) {
        return type == MPLS || type == MPLS_MULTICAST;
    }
}
