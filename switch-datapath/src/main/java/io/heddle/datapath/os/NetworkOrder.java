package io.heddle.datapath.os;

import java.nio.ByteOrder;

/** Numbers as they lie in memory when the wire's order is wanted and memory is written in the machine's. */
final class NetworkOrder {
    private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private NetworkOrder() {}

    static int of(int value) {
        return SWAP ? Integer.reverseBytes(value) : value;
    }

    static short of(short value) {
        return SWAP ? Short.reverseBytes(value) : value;
    }
}
