package io.heddle.flow.conntrack;

import io.heddle.flow.action.Alg;
import org.jspecify.annotations.Nullable;

/**
 * What the tracker knows of the few connections that a record has no room for: of a control connection what it expects and how its
 * sequence numbers have moved, of a related connection which one announced it.
 *
 * <p>Mutable and reused by {@link Extensions}. Thread safety: none.
 */
final class Extension {
    /** Line starts to remember for each direction: a segment that comes again is then read again. */
    private static final int LINES = 6;

    /** Of the connection; {@link ConnectionTable#NONE} while nobody has this extension. */
    int slot = ConnectionTable.NONE;

    /** Of this extension, from 1; in the record of its connection. */
    int number;

    /** What reads the control connection; null for a related connection. */
    @Nullable
    Alg alg;

    /** Original direction of the connection that announced this one; valid iff {@link #isRelated}. */
    final Tuple parent = new Tuple();

    boolean isRelated;

    /** The announced connection as its first packet arrives, source port 0; valid iff {@link #isExpecting}. */
    final Tuple expected = new Tuple();

    /** The same packet as it leaves, where the control connection is translated. */
    final Tuple delivered = new Tuple();

    boolean isExpecting;
    /** When nobody waits any more. */
    long expiresNs;

    /** Next in the chain of {@link Extensions}. */
    @Nullable
    Extension next;

    // How much longer what an end has sent became on the way, by direction (RFC 9293 section 3.4): before and after a
    // sequence number.
    private final int[] position = new int[2];
    private final int[] before = new int[2];
    private final int[] after = new int[2];

    private final int[][] lines = new int[2][LINES];
    private final int[] lineCount = new int[2];

    void open(int ofSlot) {
        slot = ofSlot;
        alg = null;
        isRelated = false;
        isExpecting = false;
        next = null;
        for (int direction = 0; direction < 2; direction++) {
            position[direction] = 0;
            before[direction] = 0;
            after[direction] = 0;
            lineCount[direction] = 0;
        }
    }

    // ---- sequence numbers

    boolean isMoved() {
        return (before[0] | after[0] | before[1] | after[1]) != 0;
    }

    /** By how much what is sent in a direction at a sequence number is to be moved. */
    int offset(int direction, int sequence) {
        return sequence - position[direction] > 0 ? after[direction] : before[direction];
    }

    /** By how much an acknowledgement of that direction's octets is to be moved back. */
    int offsetOfAcknowledgement(int direction, int acknowledgement) {
        return acknowledgement - before[direction] - position[direction] > 0 ? after[direction] : before[direction];
    }

    /** Has what follows the segment at {@code sequence} moved by {@code growth}; nothing for a segment that has come before. */
    void grow(int direction, int sequence, int growth) {
        if (before[direction] == after[direction] || sequence - position[direction] > 0) {
            position[direction] = sequence;
            before[direction] = after[direction];
            after[direction] += growth;
        }
    }

    /** Takes the segment's acknowledgements back to what their receiver has sent. */
    void normalise(TcpSegment segment, int direction) {
        if (isMoved()) {
            int other = 1 - direction;
            int selective = segment.selective;
            segment.acknowledgement -= offsetOfAcknowledgement(other, segment.acknowledgement);
            segment.selective = selective - offsetOfAcknowledgement(other, selective);
        }
    }

    // ---- lines

    /** Says whether a line may begin at a sequence number: it follows the end of another one, or is the first that is seen. */
    boolean isLineStart(int direction, int sequence) {
        int known = Math.min(lineCount[direction], LINES);
        for (int i = 0; i < known; i++) {
            if (lines[direction][i] == sequence) {
                return true;
            }
        }
        return known == 0;
    }

    void addLineStart(int direction, int sequence) {
        if (lineCount[direction] == 0 || !isLineStart(direction, sequence)) {
            lines[direction][lineCount[direction] % LINES] = sequence;
            lineCount[direction] = lineCount[direction] + 1 == 2 * LINES ? LINES : lineCount[direction] + 1;
        }
    }
}
