package io.heddle.flow.conntrack;

import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.MemorySegment;

/**
 * What the tracker reads of a TCP segment. Mutable and reused. Thread safety: none.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9293">RFC 9293 section 3.1</a>, <a
 *     href="https://www.rfc-editor.org/rfc/rfc7323">RFC 7323</a>, <a href="https://www.rfc-editor.org/rfc/rfc2018">RFC 2018</a>
 */
final class TcpSegment {
    private static final int MAX_SCALE = 14;

    int flags;
    int sequence;
    /** Sequence number after the last octet; SYN and FIN count as one each. */
    int end;

    int acknowledgement;
    int window;
    /** Shift of later windows, -1 without the option. */
    int scale;

    boolean isSackPermitted;
    /** Greatest right edge of the selective acknowledgements, {@link #acknowledgement} without. */
    int selective;

    /** Reads the segment; its header is complete. */
    void read(MemorySegment memory, long l4, int length) {
        int header = TcpView.headerLength(memory, l4);
        flags = TcpView.flags(memory, l4) & 0x3f;
        sequence = TcpView.sequence(memory, l4);
        acknowledgement = TcpView.acknowledgement(memory, l4);
        window = TcpView.window(memory, l4);
        end = sequence + length - header + (has(TcpView.SYN) ? 1 : 0) + (has(TcpView.FIN) ? 1 : 0);
        scale = -1;
        isSackPermitted = false;
        selective = acknowledgement;
        int at = TcpView.MIN_LENGTH;
        while (at < header) {
            int kind = Octets.u8(memory, l4 + at);
            if (kind == 0) {
                return;
            }
            if (kind == 1) {
                at++;
                continue;
            }
            int size = at + 1 < header ? Octets.u8(memory, l4 + at + 1) : 0;
            if (size < 2 || at + size > header) {
                return;
            }
            option(memory, l4 + at, kind, size);
            at += size;
        }
    }

    private void option(MemorySegment memory, long at, int kind, int size) {
        if (kind == 3 && size == 3) {
            scale = Math.min(Octets.u8(memory, at + 2), MAX_SCALE);
        } else if (kind == 4 && size == 2) {
            isSackPermitted = true;
        } else if (kind == 5 && size >= 10 && (size - 2) % 8 == 0) {
            for (int block = 2; block < size; block += 8) {
                int right = Octets.s32(memory, at + block + 4);
                if (right - selective > 0) {
                    selective = right;
                }
            }
        }
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
