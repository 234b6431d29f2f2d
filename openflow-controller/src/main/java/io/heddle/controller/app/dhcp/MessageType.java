package io.heddle.controller.app.dhcp;

import org.jspecify.annotations.Nullable;

/** Kind of a DHCP message, numbered as option 53 from 1 (RFC 2132 section 9.6). */
enum MessageType {
    DISCOVER(1),
    OFFER(2),
    REQUEST(3),
    DECLINE(4),
    ACK(5),
    NAK(6),
    RELEASE(7),
    INFORM(8);

    private static final MessageType[] VALUES = values();

    private final int code;

    MessageType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Null for a number that is none. */
    static @Nullable MessageType of(@Nullable Integer code) {
        return code == null || code < 1 || code > VALUES.length ? null : VALUES[code - 1];
    }
}
