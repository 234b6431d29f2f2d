package io.heddle.controller.app.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A DHCP message.
 *
 * <pre>
 *   0    op  htype  hlen  hops
 *   4    xid
 *   8    secs  flags                bit 15 of flags: broadcast
 *   12   ciaddr    16 yiaddr    20 siaddr    24 giaddr
 *   28   chaddr (16)
 *   44   sname (64)
 *   108  file (128)
 *   236  63 82 53 63
 *   240  options
 * </pre>
 *
 * <p>Thread safety: none; a message is read or built by one thread.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2131">RFC 2131 section 2</a>
 */
final class DhcpMessage {
    static final int REQUEST_OP = 1;
    static final int REPLY_OP = 2;
    static final int BROADCAST_FLAG = 0x8000;

    private static final int MAGIC = 0x63825363;
    private static final int SNAME = 44;
    private static final int SNAME_LENGTH = 64;
    private static final int FILE = 108;
    private static final int FILE_LENGTH = 128;
    private static final int OPTIONS = 240;
    private static final int MAX_HARDWARE = 16;

    /** A BOOTP message is at least this long, and some old clients and relays drop shorter ones (RFC 951 section 3). */
    private static final int MIN_LENGTH = 300;

    /** RFC 2131 section 2: a client takes at least 576 octets of IP datagram, of which 28 are IP and UDP headers. */
    static final int DEFAULT_MAX_LENGTH = 576 - 28;

    int op;
    int hardwareType = 1;
    int hops;
    int xid;
    int secs;
    int flags;
    int ciaddr;
    int yiaddr;
    int siaddr;
    int giaddr;
    /** As long as hlen says, at most 16 octets. */
    byte[] chaddr = new byte[0];
    /** Server host name; empty for none, or when the field holds options. */
    byte[] sname = new byte[0];
    /** Boot file name; empty for none, or when the field holds options. */
    byte[] file = new byte[0];

    final DhcpOptions options = new DhcpOptions();

    /**
     * Reads a message; never throws.
     *
     * @param octets the payload of the UDP datagram
     * @return null when it is no DHCP message: too short, no magic cookie, a hardware address too long, an option cut off
     */
    static @Nullable DhcpMessage parse(byte[] octets) {
        if (octets.length < OPTIONS) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(octets);
        DhcpMessage message = new DhcpMessage();
        message.op = in.get() & 0xff;
        message.hardwareType = in.get() & 0xff;
        int hardwareLength = in.get() & 0xff;
        message.hops = in.get() & 0xff;
        message.xid = in.getInt();
        message.secs = in.getShort() & 0xffff;
        message.flags = in.getShort() & 0xffff;
        message.ciaddr = in.getInt();
        message.yiaddr = in.getInt();
        message.siaddr = in.getInt();
        message.giaddr = in.getInt();
        if (hardwareLength > MAX_HARDWARE || in.getInt(OPTIONS - 4) != MAGIC) {
            return null;
        }
        message.chaddr = Arrays.copyOfRange(octets, 28, 28 + hardwareLength);
        if (!message.options.read(octets, OPTIONS, octets.length)) {
            return null;
        }
        Integer overload = message.options.get(DhcpOption.OVERLOAD);
        int overloaded = overload == null ? 0 : overload;
        // RFC 2131 section 4.1: first options, then file, then sname.
        if ((overloaded & 1) != 0) {
            if (!message.options.read(octets, FILE, FILE + FILE_LENGTH)) {
                return null;
            }
        } else {
            message.file = terminated(octets, FILE, FILE_LENGTH);
        }
        if ((overloaded & 2) != 0) {
            if (!message.options.read(octets, SNAME, SNAME + SNAME_LENGTH)) {
                return null;
            }
        } else {
            message.sname = terminated(octets, SNAME, SNAME_LENGTH);
        }
        return message;
    }

    private static byte[] terminated(byte[] octets, int offset, int length) {
        int end = offset;
        while (end < offset + length && octets[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(octets, offset, end);
    }

    @Nullable
    MessageType type() {
        return MessageType.of(options.get(DhcpOption.MESSAGE_TYPE));
    }

    boolean wantsBroadcast() {
        return (flags & BROADCAST_FLAG) != 0;
    }

    /** The Ethernet address in chaddr; 0 when it holds none. */
    long mac() {
        if (hardwareType != 1 || chaddr.length != 6) {
            return 0;
        }
        long mac = 0;
        for (byte octet : chaddr) {
            mac = mac << 8 | octet & 0xff;
        }
        return mac;
    }

    /** Who the client is: option 61 if it sent one, else its hardware address (RFC 2131 section 4.2). */
    String clientKey() {
        byte[] id = options.get(DhcpOption.CLIENT_IDENTIFIER);
        return id != null && id.length > 0
                ? "id:" + HexFormat.of().formatHex(id)
                : "hw:" + hardwareType + ":" + HexFormat.of().formatHex(chaddr);
    }

    /**
     * Writes the message. Options that do not fit go into file and sname where those are free (RFC 2131 section 4.1, option 52);
     * those that do not fit there either are left out, the last first. Option 82 stands last (RFC 3046 section 2.2).
     *
     * @param maxLength octets that the receiver takes
     */
    byte[] toOctets(int maxLength) {
        OptionLayout layout = OptionLayout.of(
                options, Math.max(maxLength, DEFAULT_MAX_LENGTH) - OPTIONS, file.length == 0, sname.length == 0);
        ByteArrayOutputStream out = new ByteArrayOutputStream(MIN_LENGTH);
        ByteBuffer head = ByteBuffer.allocate(OPTIONS);
        head.put((byte) op).put((byte) hardwareType).put((byte) chaddr.length).put((byte) hops);
        head.putInt(xid).putShort((short) secs).putShort((short) flags);
        head.putInt(ciaddr).putInt(yiaddr).putInt(siaddr).putInt(giaddr);
        head.put(chaddr);
        head.put(SNAME, layout.sname().length > 0 ? layout.sname() : sname);
        head.put(FILE, layout.file().length > 0 ? layout.file() : file);
        head.putInt(OPTIONS - 4, MAGIC);
        out.writeBytes(head.array());
        out.writeBytes(layout.options());
        while (out.size() < MIN_LENGTH) {
            out.write(DhcpOption.PAD);
        }
        return out.toByteArray();
    }
}
