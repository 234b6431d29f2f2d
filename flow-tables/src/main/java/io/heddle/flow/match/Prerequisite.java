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
    NSH,
    TCP,
    UDP,
    SCTP,
    ICMPV4,
    ICMPV6,
    ND,
    ND_SOLICIT,
    ND_ADVERT,
    /** Of the fields of a connection's original direction: {@code ct_state} says that there is a connection. */
    CT;

    /** Bits of {@code ct_state}: new, est, rel, rpl, snat, dnat. */
    private static final int OF_A_CONNECTION = 0xcf;

    private static final int INVALID = 0x10;
    private static final int TRACKED = 0x20;

    /** Says whether a key and its mask (flat words, {@link KeyLayout}) pin down what this asks for. */
    public boolean isMetBy(long[] key, long[] mask) {
        return isMetBy(MaskedWords.of(key, mask));
    }

    /** Says whether what is known pins down what this asks for. */
    public boolean isMetBy(MaskedWords known) {
        return switch (this) {
            case NONE, ETHERNET -> true;
            case IN_PORT -> exact(MatchField.IN_PORT, known) >= 0;
            case VLAN -> (known.value(KeyLayout.W_VLAN) & (long) KeyLayout.VLAN_PRESENT << 32) != 0;
            case ARP -> ethType(known) == 0x0806 || ethType(known) == 0x8035;
            case IPV4 -> ethType(known) == 0x0800;
            case IPV6 -> ethType(known) == 0x86dd;
            case CT -> ethType(known) >= 0 && isConnection(known) && IP.isMetBy(known);
            case IP -> ethType(known) == 0x0800 || ethType(known) == 0x86dd;
            case MPLS -> ethType(known) == 0x8847 || ethType(known) == 0x8848;
            case PBB -> ethType(known) == 0x88e7;
            case NSH -> ethType(known) == 0x894f;
            case TCP -> isTransport(known, 6);
            case UDP -> isTransport(known, 17);
            case SCTP -> isTransport(known, 132);
            case ICMPV4 -> ethType(known) == 0x0800 && protocol(known) == 1;
            case ICMPV6 -> ethType(known) == 0x86dd && protocol(known) == 58;
            case ND -> isNd(known, 135) || isNd(known, 136);
            case ND_SOLICIT -> isNd(known, 135);
            case ND_ADVERT -> isNd(known, 136);
        };
    }

    /** Whatever else is known, the packet belongs to a connection: as Open vSwitch, some bit that only then is set, or tracked and not invalid. */
    private static boolean isConnection(MaskedWords known) {
        int shift = MatchField.CT_STATE.shift();
        long is = known.value(MatchField.CT_STATE.word()) >>> shift & 0xffff;
        long isKnown = known.mask(MatchField.CT_STATE.word()) >>> shift & 0xffff;
        return (is & OF_A_CONNECTION) != 0 || (is & TRACKED) != 0 && (isKnown & INVALID) != 0 && (is & INVALID) == 0;
    }

    private static boolean isNd(MaskedWords known, int type) {
        return ICMPV6.isMetBy(known) && exact(MatchField.ICMPV6_TYPE, known) == type;
    }

    private static boolean isTransport(MaskedWords known, int protocol) {
        return IP.isMetBy(known) && protocol(known) == protocol;
    }

    private static long ethType(MaskedWords known) {
        return exact(MatchField.ETH_TYPE, known);
    }

    private static long protocol(MaskedWords known) {
        return exact(MatchField.NW_PROTO, known);
    }

    /** The field's value if all of its bits, of which there are fewer than 64, are known; else -1. */
    private static long exact(MatchField field, MaskedWords known) {
        long wordMask = field.wordMask();
        return (known.mask(field.word()) & wordMask) == wordMask
                ? (known.value(field.word()) & wordMask) >>> field.shift()
                : -1;
    }
}
