package io.heddle.datapath.bridge.lacp;

import java.nio.ByteBuffer;

/**
 * What one side of a link says of itself, or is thought to be, in 15 octets.
 *
 * <pre>
 *   | system priority (2) | system (6) | key (2) | port priority (2) | port (2) | state (1) |
 * </pre>
 *
 * @param system Ethernet address, 48 bits
 * @param key links of one system and key may be one
 * @param state bits {@code ACTIVE} to {@code EXPIRED}
 * @see <a href="https://standards.ieee.org/ieee/802.1AX/6768/">IEEE 802.1AX-2014 section 6.4.2.3</a>
 */
record LinkInfo(int systemPriority, long system, int key, int portPriority, int port, int state) {
    static final int ACTIVE = 1;
    static final int SHORT_TIMEOUT = 2;
    static final int AGGREGATABLE = 4;
    static final int IN_SYNC = 8;
    static final int COLLECTING = 0x10;
    static final int DISTRIBUTING = 0x20;
    static final int DEFAULTED = 0x40;
    static final int EXPIRED = 0x80;

    /** Nobody is known. */
    static final LinkInfo NOBODY = new LinkInfo(0, 0, 0, 0, 0, 0);

    static LinkInfo read(ByteBuffer in, int at) {
        return new LinkInfo(
                in.getShort(at) & 0xffff,
                (in.getShort(at + 2) & 0xffffL) << 32 | in.getInt(at + 4) & 0xffffffffL,
                in.getShort(at + 8) & 0xffff,
                in.getShort(at + 10) & 0xffff,
                in.getShort(at + 12) & 0xffff,
                in.get(at + 14) & 0xff);
    }

    void write(ByteBuffer out) {
        out.putShort((short) systemPriority).putShort((short) (system >>> 32)).putInt((int) system);
        out.putShort((short) key)
                .putShort((short) portPriority)
                .putShort((short) port)
                .put((byte) state);
    }

    boolean has(int bit) {
        return (state & bit) != 0;
    }

    LinkInfo withState(int other) {
        return new LinkInfo(systemPriority, system, key, portPriority, port, other);
    }

    /** Says whether both are the same port of the same system. */
    boolean isSamePort(LinkInfo other) {
        return withState(0).equals(other.withState(0));
    }

    /** Which of two systems' ports is to choose; less is better. */
    long rank() {
        return (long) systemPriority << 48 | system;
    }
}
