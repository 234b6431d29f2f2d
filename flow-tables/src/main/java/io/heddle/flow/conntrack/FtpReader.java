package io.heddle.flow.conntrack;

import io.heddle.flow.packet.Octets;
import java.lang.foreign.MemorySegment;

/**
 * Finds in a segment of an FTP control connection where the next data connection will be.
 *
 * <pre>
 *   client   PORT 10,0,0,1,4,1             EPRT |1|10.0.0.1|1025|      EPRT |2|fc00::1|1025|
 *   server   227 ... (10,0,0,2,4,1)        229 ... (|||1025|)
 *                     '------------' from first to end             what another address and port would be written over
 * </pre>
 *
 * <p>Only whole lines are read. Mutable and reused; allocates nothing. Thread safety: none.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc959">RFC 959 section 4.1.2</a>, <a
 *     href="https://www.rfc-editor.org/rfc/rfc2428">RFC 2428</a>
 */
final class FtpReader {
    /** How address and port are written. */
    enum Form {
        /** {@code h1,h2,h3,h4,p1,p2}. */
        COMMAS,
        /** {@code |family|address|port|}. */
        EXTENDED,
        /** {@code port}; the address is the server's. */
        PORT_ONLY
    }

    private static final int LINE_FEED = '\n';
    private static final int CARRIAGE_RETURN = '\r';

    Form form = Form.COMMAS;
    /** First octet of address and port in the memory, and the one after them. */
    long first;

    long end;
    boolean isIpv6;
    long addressHigh;
    long addressLow;
    int port;
    /** Between the parts of the extended form. */
    int delimiter;

    private MemorySegment memory = MemorySegment.NULL;
    private long at;
    private final int[] groups = new int[8];

    /**
     * Reads a segment's octets.
     *
     * @param isFromClient it goes in the direction of the connection's first segment
     * @param isLineStart a line begins with the first octet
     * @return true if there is something; only the first is found
     */
    boolean read(MemorySegment octets, long start, int length, boolean isFromClient, boolean isLineStart) {
        memory = octets;
        long limit = start + length;
        long line = start;
        boolean isWhole = isLineStart;
        while (line < limit) {
            long next = line;
            while (next < limit && Octets.u8(memory, next) != LINE_FEED) {
                next++;
            }
            if (next == limit) {
                return false;
            }
            long last = next > line && Octets.u8(memory, next - 1) == CARRIAGE_RETURN ? next - 1 : next;
            if (isWhole && (isFromClient ? readCommand(line, last) : readReply(line, last))) {
                return true;
            }
            isWhole = true;
            line = next + 1;
        }
        return false;
    }

    private boolean readCommand(long line, long last) {
        if (last - line < 6 || Octets.u8(memory, line + 4) != ' ') {
            return false;
        }
        // Octets 0x20 apart are the same letter.
        int command = (int) Octets.u32(memory, line) & 0xdfdfdfdf;
        at = line + 5;
        return switch (command) {
            case 'P' << 24 | 'O' << 16 | 'R' << 8 | 'T' -> readCommas(last);
            case 'E' << 24 | 'P' << 16 | 'R' << 8 | 'T' -> readExtended(last);
            default -> false;
        };
    }

    private boolean readReply(long line, long last) {
        if (last - line < 6 || Octets.u8(memory, line + 3) != ' ') {
            return false;
        }
        int code = (int) (Octets.u32(memory, line) >>> 8);
        at = line + 4;
        return switch (code) {
            case '2' << 16 | '2' << 8 | '7' -> {
                while (at < last && !isDigit(Octets.u8(memory, at))) {
                    at++;
                }
                yield readCommas(last);
            }
            case '2' << 16 | '2' << 8 | '9' -> {
                while (at < last && Octets.u8(memory, at) != '(') {
                    at++;
                }
                at++;
                yield readPortOnly(last);
            }
            default -> false;
        };
    }

    private boolean readCommas(long last) {
        form = Form.COMMAS;
        isIpv6 = false;
        first = at;
        long value = 0;
        for (int part = 0; part < 6; part++) {
            int number = number(last, 255);
            if (number < 0 || part < 5 && !take(last, ',')) {
                return false;
            }
            value = value << 8 | number;
        }
        end = at;
        addressHigh = 0;
        addressLow = value >>> 16;
        port = (int) value & 0xffff;
        return port != 0;
    }

    private boolean readExtended(long last) {
        form = Form.EXTENDED;
        first = at;
        delimiter = at < last ? Octets.u8(memory, at) : 0;
        if (!takeDelimiter(last)) {
            return false;
        }
        int family = number(last, 2);
        if (family < 1 || !takeDelimiter(last)) {
            return false;
        }
        isIpv6 = family == 2;
        if (!(isIpv6 ? readIpv6(last) : readIpv4(last)) || !takeDelimiter(last)) {
            return false;
        }
        port = number(last, 0xffff);
        boolean isWhole = port > 0 && takeDelimiter(last);
        end = at;
        return isWhole;
    }

    private boolean readPortOnly(long last) {
        form = Form.PORT_ONLY;
        delimiter = at < last ? Octets.u8(memory, at) : 0;
        for (int i = 0; i < 3; i++) {
            if (!takeDelimiter(last)) {
                return false;
            }
        }
        first = at;
        port = number(last, 0xffff);
        end = at;
        return port > 0 && takeDelimiter(last);
    }

    private boolean readIpv4(long last) {
        long value = 0;
        for (int part = 0; part < 4; part++) {
            int number = number(last, 255);
            if (number < 0 || part < 3 && !take(last, '.')) {
                return false;
            }
            value = value << 8 | number;
        }
        addressHigh = 0;
        addressLow = value;
        return true;
    }

    /** Up to eight groups, one {@code ::} for those that are 0 (RFC 4291 section 2.2); the form with an IPv4 address at the end is not read. */
    private boolean readIpv6(long last) {
        int count = 0;
        int gap = -1;
        if (at + 1 < last && Octets.u8(memory, at) == ':' && Octets.u8(memory, at + 1) == ':') {
            gap = 0;
            at += 2;
        }
        while (count < 8 && at < last && Character.digit(Octets.u8(memory, at), 16) >= 0) {
            int value = 0;
            for (int digits = 0; digits < 4 && at < last; digits++) {
                int digit = Character.digit(Octets.u8(memory, at), 16);
                if (digit < 0) {
                    break;
                }
                value = value << 4 | digit;
                at++;
            }
            groups[count++] = value;
            if (count == 8 || at >= last || Octets.u8(memory, at) != ':') {
                break;
            }
            at++;
            if (gap < 0 && at < last && Octets.u8(memory, at) == ':') {
                gap = count;
                at++;
            }
        }
        if (gap < 0 ? count != 8 : count == 8) {
            return false;
        }
        addressHigh = 0;
        addressLow = 0;
        for (int i = 0; i < 8; i++) {
            int from = gap < 0 || i < gap ? i : i - (8 - count);
            long group = from >= 0 && (gap < 0 || i < gap || from >= gap) ? groups[from] : 0;
            addressHigh = addressHigh << 16 | addressLow >>> 48;
            addressLow = addressLow << 16 | group;
        }
        return true;
    }

    private boolean takeDelimiter(long last) {
        return delimiter > 32 && delimiter < 127 && !isDigit(delimiter) && take(last, delimiter);
    }

    private boolean take(long last, int octet) {
        if (at < last && Octets.u8(memory, at) == octet) {
            at++;
            return true;
        }
        return false;
    }

    /** Reads a decimal number; -1 if there is none, or a greater one than {@code most}. */
    private int number(long last, int most) {
        int value = -1;
        for (int digits = 0; digits < 5 && at < last && isDigit(Octets.u8(memory, at)); digits++) {
            value = Math.max(value, 0) * 10 + Octets.u8(memory, at) - '0';
            at++;
        }
        return value > most ? -1 : value;
    }

    private static boolean isDigit(int octet) {
        return octet >= '0' && octet <= '9';
    }

    // ---- writing

    /**
     * Writes address and port in the form that was read.
     *
     * @param to room for {@link #MOST_OCTETS}
     * @return octets written
     */
    int write(byte[] to, long high, long low, int newPort) {
        return switch (form) {
            case PORT_ONLY -> decimal(to, 0, newPort);
            case COMMAS -> {
                int length = 0;
                long value = low << 16 | newPort;
                for (int shift = 40; shift >= 0; shift -= 8) {
                    length = decimal(to, length, (int) (value >>> shift) & 0xff);
                    if (shift > 0) {
                        to[length++] = ',';
                    }
                }
                yield length;
            }
            case EXTENDED -> {
                int length = 0;
                to[length++] = (byte) delimiter;
                to[length++] = (byte) (isIpv6 ? '2' : '1');
                to[length++] = (byte) delimiter;
                length = isIpv6 ? ipv6(to, length, high, low) : ipv4(to, length, low);
                to[length++] = (byte) delimiter;
                length = decimal(to, length, newPort);
                to[length++] = (byte) delimiter;
                yield length;
            }
        };
    }

    /** Longest address and port: those of {@code EPRT} with IPv6. */
    static final int MOST_OCTETS = 4 + 39 + 6;

    private static int ipv4(byte[] to, int start, long address) {
        int length = start;
        for (int shift = 24; shift >= 0; shift -= 8) {
            length = decimal(to, length, (int) (address >>> shift) & 0xff);
            if (shift > 0) {
                to[length++] = '.';
            }
        }
        return length;
    }

    private static int ipv6(byte[] to, int start, long high, long low) {
        int length = start;
        for (int group = 0; group < 8; group++) {
            int value = (int) ((group < 4 ? high : low) >>> (3 - group % 4) * 16) & 0xffff;
            boolean isBegun = false;
            for (int shift = 12; shift >= 0; shift -= 4) {
                int digit = value >>> shift & 0xf;
                if (digit != 0 || isBegun || shift == 0) {
                    to[length++] = (byte) Character.forDigit(digit, 16);
                    isBegun = true;
                }
            }
            if (group < 7) {
                to[length++] = ':';
            }
        }
        return length;
    }

    private static int decimal(byte[] to, int start, int value) {
        int divisor = 1;
        while (value / divisor > 9) {
            divisor *= 10;
        }
        int length = start;
        for (int rest = divisor; rest > 0; rest /= 10) {
            to[length++] = (byte) ('0' + value / rest % 10);
        }
        return length;
    }
}
