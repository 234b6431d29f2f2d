package io.heddle.flow.match;

/**
 * What a match must already say before it may contain a field.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.2.3.6</a>
 */
public enum Prerequisite {
    NONE,
    IN_PORT,
    ETHERNET,
    VLAN,
    ARP,
    IPV4,
    IPV6,
    IP,
    MPLS,
    PBB,
    TCP,
    UDP,
    SCTP,
    ICMPV4,
    ICMPV6,
    ND,
    ND_SOLICIT,
    ND_ADVERT,
    CT;

    /** Says whether a key and its mask (flat words, {@link KeyLayout}) pin down what this asks for. */
    public boolean isMetBy(long[] key, long[] mask) {
        return switch (this) {
            case NONE, ETHERNET -> true;
            case IN_PORT -> exact(MatchField.IN_PORT, mask);
            case VLAN -> (mask[KeyLayout.W_VLAN] & key[KeyLayout.W_VLAN] & (long) KeyLayout.VLAN_PRESENT << 32) != 0;
            case ARP -> ethType(key, mask) == 0x0806 || ethType(key, mask) == 0x8035;
            case IPV4 -> ethType(key, mask) == 0x0800;
            case IPV6 -> ethType(key, mask) == 0x86dd;
            case IP, CT -> ethType(key, mask) == 0x0800 || ethType(key, mask) == 0x86dd;
            case MPLS -> ethType(key, mask) == 0x8847 || ethType(key, mask) == 0x8848;
            case PBB -> ethType(key, mask) == 0x88e7;
            case TCP -> isTransport(key, mask, 6);
            case UDP -> isTransport(key, mask, 17);
            case SCTP -> isTransport(key, mask, 132);
            case ICMPV4 -> ethType(key, mask) == 0x0800 && protocol(key, mask) == 1;
            case ICMPV6 -> ethType(key, mask) == 0x86dd && protocol(key, mask) == 58;
            case ND -> isNd(key, mask, 135) || isNd(key, mask, 136);
            case ND_SOLICIT -> isNd(key, mask, 135);
            case ND_ADVERT -> isNd(key, mask, 136);
        };
    }

    private static boolean isNd(long[] key, long[] mask, int type) {
        return ICMPV6.isMetBy(key, mask)
                && exact(MatchField.ICMPV6_TYPE, mask)
                && MatchField.ICMPV6_TYPE.read(key).low() == type;
    }

    private static boolean isTransport(long[] key, long[] mask, int protocol) {
        return IP.isMetBy(key, mask) && protocol(key, mask) == protocol;
    }

    private static int ethType(long[] key, long[] mask) {
        return exact(MatchField.ETH_TYPE, mask)
                ? (int) MatchField.ETH_TYPE.read(key).low()
                : -1;
    }

    private static int protocol(long[] key, long[] mask) {
        return exact(MatchField.NW_PROTO, mask)
                ? (int) MatchField.NW_PROTO.read(key).low()
                : -1;
    }

    private static boolean exact(MatchField field, long[] mask) {
        return field.read(mask).equals(field.allOnes());
    }
}
