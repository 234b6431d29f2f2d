package io.heddle.flow.action;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What {@code multipath} and {@code bundle} hash of a packet ({@code NX_HASH_FIELDS_*}, in this order). */
public enum HashFields {
    ETH_SRC("eth_src"),
    /** Ethernet addresses and type, VLAN, and what {@link #SYMMETRIC_L3L4} hashes. */
    SYMMETRIC_L4("symmetric_l4"),
    /** IP addresses and protocol, ports of TCP and SCTP. */
    SYMMETRIC_L3L4("symmetric_l3l4"),
    /** As {@link #SYMMETRIC_L3L4} with the ports of UDP. */
    SYMMETRIC_L3L4_UDP("symmetric_l3l4+udp"),
    NW_SRC("nw_src"),
    NW_DST("nw_dst"),
    /** IP addresses. */
    SYMMETRIC_L3("symmetric_l3");

    private static final List<HashFields> ALL = List.of(values());

    private final String text;

    HashFields(String text) {
        this.text = text;
    }

    /** Its name in {@code ovs-actions(7)}. */
    public String text() {
        return text;
    }

    public static Optional<HashFields> byText(String text) {
        return Arrays.stream(values())
                .filter(fields -> fields.text.equals(text))
                .findFirst();
    }

    /** Its number on the wire. */
    public int number() {
        return ALL.indexOf(this);
    }

    public static Optional<HashFields> byNumber(int number) {
        return number < ALL.size() ? Optional.of(ALL.get(number)) : Optional.empty();
    }
}
