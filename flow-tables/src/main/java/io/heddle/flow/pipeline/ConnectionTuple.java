package io.heddle.flow.pipeline;

import io.heddle.flow.match.KeyLayout;

/** The five parts of a key that {@code resubmit(,,ct)} takes from the packet's connection. Threading: functions. */
final class ConnectionTuple {
    private static final long PORTS = 0xffffffff_00000000L;
    private static final int PROTOCOL_SHIFT = 56;
    private static final long CT_PROTOCOL = 0xff;

    private ConnectionTuple() {}

    /** Exchanges addresses, protocol and ports with those of the original direction of the connection; of a key or of a mask. */
    static void swap(long[] words) {
        exchange(words, KeyLayout.W_IPV4, KeyLayout.W_CT_IPV4, -1L);
        for (int i = 0; i < 2; i++) {
            exchange(words, KeyLayout.W_IPV6_SRC + i, KeyLayout.W_CT_IPV6_SRC + i, -1L);
            exchange(words, KeyLayout.W_IPV6_DST + i, KeyLayout.W_CT_IPV6_DST + i, -1L);
        }
        exchange(words, KeyLayout.W_TP, KeyLayout.W_CT_TP, PORTS);
        long protocol = words[KeyLayout.W_NW] >>> PROTOCOL_SHIFT;
        long other = words[KeyLayout.W_CT_TP] & CT_PROTOCOL;
        words[KeyLayout.W_NW] = words[KeyLayout.W_NW] & ~(CT_PROTOCOL << PROTOCOL_SHIFT) | other << PROTOCOL_SHIFT;
        words[KeyLayout.W_CT_TP] = words[KeyLayout.W_CT_TP] & ~CT_PROTOCOL | protocol;
    }

    private static void exchange(long[] words, int one, int other, long bits) {
        long difference = (words[one] ^ words[other]) & bits;
        words[one] ^= difference;
        words[other] ^= difference;
    }
}
