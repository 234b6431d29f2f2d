package io.heddle.datapath.bridge.lldp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Frames of the link layer discovery protocol.
 *
 * <pre>
 *   | 01:80:c2:00:00:0e | source | 88cc | type (7 bits), length (9 bits) | value | ... | 0000
 * </pre>
 *
 * <p>Stateless.
 *
 * @see <a href="https://standards.ieee.org/ieee/802.1AB/6047/">IEEE 802.1AB-2016 section 8</a>
 */
public final class LldpFrame {
    private static final long DESTINATION = 0x0180c200000eL;
    private static final int TYPE = 0x88cc;
    private static final int HEADER = 14;
    private static final int MIN_FRAME = 60;
    private static final int MAX_TEXT = 255;

    private static final int END = 0;
    private static final int CHASSIS = 1;
    private static final int PORT = 2;
    private static final int TTL = 3;
    private static final int PORT_DESCRIPTION = 4;
    private static final int SYSTEM_NAME = 5;
    private static final int SYSTEM_DESCRIPTION = 6;
    private static final int CAPABILITIES = 7;

    /** Subtype of a chassis that is an address; of a port, a name. */
    private static final int CHASSIS_ADDRESS = 4;

    private static final int PORT_ADDRESS = 3;
    private static final int PORT_NAME = 5;
    private static final int BRIDGE = 4;

    private LldpFrame() {}

    /**
     * A frame that says who we are.
     *
     * @param source Ethernet address of the port
     * @param chassis Ethernet address of the bridge
     */
    public static byte[] of(
            long source, long chassis, String port, String systemName, String description, int ttlSeconds) {
        ByteBuffer out = ByteBuffer.allocate(1500);
        address(out, DESTINATION);
        address(out, source);
        out.putShort((short) TYPE);
        header(out, CHASSIS, 7).put((byte) CHASSIS_ADDRESS);
        address(out, chassis);
        text(out, PORT, PORT_NAME, port);
        header(out, TTL, 2).putShort((short) ttlSeconds);
        text(out, PORT_DESCRIPTION, -1, port);
        text(out, SYSTEM_NAME, -1, systemName);
        text(out, SYSTEM_DESCRIPTION, -1, description);
        header(out, CAPABILITIES, 4).putShort((short) BRIDGE).putShort((short) BRIDGE);
        header(out, END, 0);
        byte[] frame = new byte[Math.max(MIN_FRAME, out.position())];
        out.flip().get(frame, 0, out.limit());
        return frame;
    }

    private static void address(ByteBuffer out, long address) {
        out.putShort((short) (address >>> 32)).putInt((int) address);
    }

    private static ByteBuffer header(ByteBuffer out, int type, int length) {
        return out.putShort((short) (type << 9 | length));
    }

    /** @param subtype -1 for none */
    private static void text(ByteBuffer out, int type, int subtype, String text) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(octets.length, MAX_TEXT);
        if (subtype < 0) {
            header(out, type, length);
        } else {
            header(out, type, length + 1).put((byte) subtype);
        }
        out.put(octets, 0, length);
    }

    /** What a frame says; null if it is not one that has chassis, port and time first, as each must. */
    public static @Nullable Neighbour parse(byte[] frame) {
        String chassis = "";
        String port = "";
        String[] texts = {"", "", ""};
        int ttl = -1;
        int at = HEADER;
        for (int count = 0; at + 2 <= frame.length; count++) {
            int header = (frame[at] & 0xff) << 8 | frame[at + 1] & 0xff;
            int type = header >>> 9;
            int length = header & 0x1ff;
            at += 2;
            if (type == END || at + length > frame.length) {
                break;
            }
            if (count < 3 && type != count + 1) {
                return null;
            }
            switch (type) {
                case CHASSIS -> chassis = identifier(frame, at, length, CHASSIS_ADDRESS);
                case PORT -> port = identifier(frame, at, length, PORT_ADDRESS);
                case TTL -> ttl = length < 2 ? -1 : (frame[at] & 0xff) << 8 | frame[at + 1] & 0xff;
                case PORT_DESCRIPTION, SYSTEM_NAME, SYSTEM_DESCRIPTION ->
                    texts[type - PORT_DESCRIPTION] = printable(frame, at, length);
                default -> {}
            }
            at += length;
        }
        return chassis.isEmpty() || port.isEmpty() || ttl < 0
                ? null
                : new Neighbour(chassis, port, texts[0], texts[1], texts[2], ttl);
    }

    private static String identifier(byte[] frame, int at, int length, int addressSubtype) {
        if (length < 2) {
            return "";
        }
        if (frame[at] != addressSubtype || length != 7) {
            return printable(frame, at + 1, length - 1);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < 7; i++) {
            text.append(i == 1 ? "" : ":").append("%02x".formatted(frame[at + i]));
        }
        return text.toString();
    }

    /** Control characters would do things to a terminal. */
    private static String printable(byte[] frame, int at, int length) {
        String text = new String(frame, at, Math.min(length, MAX_TEXT), StandardCharsets.UTF_8);
        return text.replaceAll("\\p{C}", "?");
    }
}
