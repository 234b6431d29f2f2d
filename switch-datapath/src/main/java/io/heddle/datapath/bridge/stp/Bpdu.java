package io.heddle.datapath.bridge.stp;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A bridge protocol data unit in its Ethernet frame.
 *
 * <pre>
 *   0        6     12     14        17         19      20     21    22   30   34     42   44         46     48     50
 *   | 01:80:c2:00:00:00 | length | 42 42 03 | 0000 | version | type | flags | root | cost | bridge | port | age | max age | hello | delay | 00
 * </pre>
 *
 * @param version 0 of 802.1D-1998, 2 of 802.1D-2004
 * @param type {@link #CONFIGURATION}, {@link #RAPID} or {@link #TOPOLOGY_CHANGE}, which has nothing else
 * @param flags bits {@code FLAG_*} and the role in {@link #ROLE}
 * @see <a href="https://standards.ieee.org/ieee/802.1D/3387/">IEEE 802.1D-2004 section 9.3</a>
 */
record Bpdu(int version, int type, int flags, PriorityVector vector, Times times) {
    static final int CONFIGURATION = 0;
    static final int RAPID = 2;
    static final int TOPOLOGY_CHANGE = 0x80;

    static final int FLAG_TOPOLOGY_CHANGE = 1;
    static final int FLAG_PROPOSAL = 2;
    static final int ROLE = 0xc;
    static final int ROLE_ALTERNATE = 4;
    static final int ROLE_ROOT = 8;
    static final int ROLE_DESIGNATED = 0xc;
    static final int FLAG_LEARNING = 0x10;
    static final int FLAG_FORWARDING = 0x20;
    static final int FLAG_AGREEMENT = 0x40;
    static final int FLAG_ACKNOWLEDGEMENT = 0x80;

    private static final long DESTINATION = 0x0180c2000000L;
    private static final int HEADER = 17;
    private static final int MIN_FRAME = 60;

    /** A message that has only a type. */
    static Bpdu topologyChange() {
        return new Bpdu(0, TOPOLOGY_CHANGE, 0, new PriorityVector(0, 0, 0, 0, 0), new Times(0, 0, 0, 0));
    }

    /** Returns null if the frame is no such message, or its times cannot be (section 9.3.4). */
    static @Nullable Bpdu parse(byte[] frame) {
        ByteBuffer in = ByteBuffer.wrap(frame);
        if (frame.length < HEADER + 4 || in.getShort(14) != 0x4242 || frame[16] != 3 || in.getShort(HEADER) != 0) {
            return null;
        }
        int version = frame[HEADER + 2] & 0xff;
        int type = frame[HEADER + 3] & 0xff;
        if (type == TOPOLOGY_CHANGE) {
            return topologyChange();
        }
        boolean isKnown = type == CONFIGURATION || type == RAPID && version >= 2;
        if (!isKnown || frame.length < HEADER + 35) {
            return null;
        }
        PriorityVector vector = new PriorityVector(
                in.getLong(HEADER + 5),
                in.getInt(HEADER + 13) & 0xffffffffL,
                in.getLong(HEADER + 17),
                in.getShort(HEADER + 25) & 0xffff,
                0);
        Times times = new Times(
                frame[HEADER + 27] & 0xff,
                frame[HEADER + 29] & 0xff,
                frame[HEADER + 31] & 0xff,
                frame[HEADER + 33] & 0xff);
        if (type == CONFIGURATION && times.messageAge() >= times.maxAge() || times.helloTime() == 0) {
            return null;
        }
        return new Bpdu(version, type, frame[HEADER + 4] & 0xff, vector, times);
    }

    /** The frame, with {@code source} as its Ethernet address. */
    byte[] frame(long source) {
        ByteBuffer out = ByteBuffer.allocate(MIN_FRAME);
        int length = type == TOPOLOGY_CHANGE ? 4 : type == RAPID ? 36 : 35;
        out.putShort((short) (DESTINATION >>> 32)).putInt((int) DESTINATION);
        out.putShort((short) (source >>> 32)).putInt((int) source);
        out.putShort((short) (3 + length)).put((byte) 0x42).put((byte) 0x42).put((byte) 3);
        out.putShort((short) 0).put((byte) version).put((byte) type);
        if (type != TOPOLOGY_CHANGE) {
            out.put((byte) flags).putLong(vector.root()).putInt((int) vector.cost());
            out.putLong(vector.bridge()).putShort((short) vector.port());
            out.putShort((short) (times.messageAge() << 8)).putShort((short) (times.maxAge() << 8));
            out.putShort((short) (times.helloTime() << 8)).putShort((short) (times.forwardDelay() << 8));
        }
        return out.array();
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
