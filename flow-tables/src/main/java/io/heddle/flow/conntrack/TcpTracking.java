package io.heddle.flow.conntrack;

import io.heddle.flow.packet.TcpView;

/**
 * Follows TCP connections: their states ({@link TcpState}) and their windows.
 *
 * <p>A segment is of the connection when it lies in what the receiver has said that it accepts, and acknowledges what the sender may
 * have seen:
 *
 * <pre>
 *   I    sequence       &lt;= sender.maxEnd                           within the receiver's window
 *   II   end            &gt;= sender.end - receiver.maxWindow         not older than a window
 *   III  acknowledgement &lt;= receiver.end                           of data that was sent
 *   IV   acknowledgement &gt;= receiver.end - max(sender.maxWindow, 66000)
 * </pre>
 *
 * <p>This is the method of Guido van Rooij's "Real Stateful TCP Packet Filtering in IP Filter" that Linux and the BSDs use; where they
 * differ Linux was followed. A connection whose beginning was not seen is followed without these checks, because the scale of its windows
 * is not known.
 *
 * <p>Works on the records of a {@link ConnectionTable}, allocates nothing. Thread safety: none.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9293">RFC 9293 sections 3.3.2 and 3.10.7.4</a>
 */
final class TcpTracking {
    /** What a segment did. */
    enum Result {
        VALID,
        INVALID,
        /** The old connection is over and this is the SYN of another one between the same ends. */
        REOPENED,
        /** The connection was refused before it began: the segment is of it, and it is gone. */
        REFUSED
    }

    private static final int MIN_ACK_WINDOW = 66_000;
    private static final int MAX_RETRANSMISSIONS = 3;

    // Words of one end, relative to its first. The low half of WINDOW has the scale and flags.
    private static final int ENDS = 0;
    private static final int WINDOW = 1;
    private static final int MAX_ACK = 2;
    private static final int WORDS = 3;

    private static final int SCALED = 0x100;
    private static final int SACK_PERMITTED = 0x200;
    private static final int LIBERAL = 0x400;
    private static final int ACKED = 0x800;
    private static final int UNACKNOWLEDGED = 0x1000;

    private final ConnectionTable table;

    TcpTracking(ConnectionTable table) {
        this.table = table;
    }

    /** Says whether a segment may begin a connection: a SYN, or one from the middle of a connection. */
    static boolean mayBegin(TcpSegment segment) {
        return TcpState.isPossible(segment.flags)
                && TcpState.next(0, TcpState.kind(segment.flags), TcpState.NONE.number()) >= 0;
    }

    /** Begins with a segment for which {@link #mayBegin} is true. */
    void begin(int slot, TcpSegment segment) {
        int state = TcpState.next(0, TcpState.kind(segment.flags), TcpState.NONE.number());
        table.setState(slot, state);
        long[] record = table.record(slot);
        int sender = end(slot, 0);
        if (state == TcpState.SYN_SENT.number()) {
            beginEnd(record, sender, segment);
        } else {
            int window = Math.max(segment.window, 1);
            setEnds(record, sender, segment.end, segment.end + window);
            setWindow(record, sender, window);
            record[sender + WINDOW] |= LIBERAL | SACK_PERMITTED;
            record[end(slot, 1) + WINDOW] |= LIBERAL | SACK_PERMITTED;
            int receiver = end(slot, 1);
            setEnds(record, receiver, segment.selective, segment.selective);
            setMaxAck(record, sender, segment.acknowledgement);
        }
        remember(record, ConnectionTable.base(slot) + ConnectionTable.LAST, segment, 0);
    }

    /** Takes a segment of a connection. */
    Result update(int slot, int direction, TcpSegment segment) {
        if (!TcpState.isPossible(segment.flags)) {
            return Result.INVALID;
        }
        int state = table.state(slot);
        int kind = TcpState.kind(segment.flags);
        int next = TcpState.next(direction, kind, state);
        if (next == TcpState.INVALID) {
            return Result.INVALID;
        }
        if (next == TcpState.IGNORE) {
            return Result.VALID;
        }
        if (next == TcpState.SYN_SENT.number() && state >= TcpState.TIME_WAIT.number() && kind == TcpState.SYN) {
            return Result.REOPENED;
        }
        if (kind == TcpState.RST && isOldReset(slot, direction, segment)) {
            return Result.INVALID;
        }
        if (!isInWindow(slot, direction, segment, state)) {
            return Result.INVALID;
        }
        table.setState(slot, next);
        boolean isAnswered = (table.status(slot) & ConnectionTable.SEEN_REPLY) != 0;
        if (kind == TcpState.RST && !isAnswered) {
            return Result.REFUSED;
        }
        if (direction == 0 && isAnswered && state == TcpState.SYN_RECV.number() && next == TcpState.ESTABLISHED.number()
                || isAnswered && state == TcpState.ESTABLISHED.number()) {
            table.addStatus(slot, ConnectionTable.ASSURED);
        }
        return Result.VALID;
    }

    /** How long the connection may now be silent. */
    long timeoutNs(int slot, Timeouts timeouts) {
        TcpState state = TcpState.of(table.state(slot));
        long timeout = timeouts.tcpNs(state);
        long[] record = table.record(slot);
        int retransmissions = (int) record[ConnectionTable.base(slot) + ConnectionTable.LAST + 1] & 0xff;
        if (retransmissions >= MAX_RETRANSMISSIONS) {
            return Math.min(timeout, timeouts.ns(Timeouts.Kind.TCP_RETRANSMIT));
        }
        // Without an answer there is no saying that the other end exists.
        boolean isUnanswered = (table.status(slot) & ConnectionTable.SEEN_REPLY) == 0;
        boolean isWaiting =
                isUnanswered || ((record[end(slot, 0) + WINDOW] | record[end(slot, 1) + WINDOW]) & UNACKNOWLEDGED) != 0;
        return isWaiting ? Math.min(timeout, timeouts.ns(Timeouts.Kind.TCP_UNACK)) : timeout;
    }

    private static int end(int slot, int direction) {
        return ConnectionTable.base(slot) + ConnectionTable.TCP + direction * WORDS;
    }

    /** A reset from before what the other end has acknowledged already is old or made up (RFC 5961 section 3). */
    private boolean isOldReset(int slot, int direction, TcpSegment segment) {
        long[] record = table.record(slot);
        int receiver = end(slot, 1 - direction);
        return (record[receiver + WINDOW] & ACKED) != 0
                && segment.sequence - (int) record[receiver + MAX_ACK] < 0
                && (record[receiver + WINDOW] & LIBERAL) == 0;
    }

    private boolean isInWindow(int slot, int direction, TcpSegment segment, int state) {
        long[] record = table.record(slot);
        int sender = end(slot, direction);
        int receiver = end(slot, 1 - direction);
        boolean isSyn = segment.has(TcpView.SYN);
        if (window(record, sender) == 0) {
            if (isSyn) {
                beginEnd(record, sender, segment);
                agree(record, sender, receiver);
                if (!segment.has(TcpView.ACK)) {
                    return true; // both ends open
                }
            } else {
                beginInMiddle(record, sender, receiver, segment);
            }
        } else if (isSyn && isAgain(direction, state) && segment.end - endOf(record, sender) > 0) {
            // The SYN again, with another sequence number: the end has begun anew.
            beginEnd(record, sender, segment);
            agree(record, sender, receiver);
        }
        return check(slot, direction, segment, state);
    }

    private static boolean isAgain(int direction, int state) {
        return direction == 0 && state == TcpState.SYN_SENT.number()
                || direction == 1 && state == TcpState.SYN_RECV.number();
    }

    private boolean check(int slot, int direction, TcpSegment segment, int state) {
        long[] record = table.record(slot);
        int sender = end(slot, direction);
        int receiver = end(slot, 1 - direction);
        int sequence = segment.sequence;
        int end = segment.end;
        int ack = segment.acknowledgement;
        int selective = (record[receiver + WINDOW] & SACK_PERMITTED) != 0 ? segment.selective : ack;
        boolean isBareReset = segment.has(TcpView.RST) && segment.has(TcpView.ACK) && ack == 0;
        if (!segment.has(TcpView.ACK) || isBareReset) {
            ack = endOf(record, receiver);
            selective = ack;
        }
        if (segment.has(TcpView.RST) && sequence == 0 && state == TcpState.SYN_SENT.number()) {
            end = endOf(record, sender);
            sequence = end;
        }
        int receiverWindow = window(record, receiver);
        boolean isInReceiveWindow = receiverWindow == 0 || end - (endOf(record, sender) - receiverWindow - 1) > 0;
        boolean isRight = sequence - (maxEnd(record, sender) + 1) < 0
                && isInReceiveWindow
                && selective - (endOf(record, receiver) + 1) < 0
                && selective - (endOf(record, receiver) - Math.max(window(record, sender), MIN_ACK_WINDOW) - 1) > 0;
        if (!isRight) {
            return ((record[sender + WINDOW] | record[receiver + WINDOW]) & LIBERAL) != 0;
        }
        advance(record, sender, receiver, segment, end, ack, selective);
        count(slot, direction, segment, end, ack);
        return true;
    }

    private static void advance(
            long[] record, int sender, int receiver, TcpSegment segment, int end, int ack, int selective) {
        int scale = segment.has(TcpView.SYN) ? 0 : (int) record[sender + WINDOW] & 0xff;
        int window = segment.window << scale;
        setWindow(record, sender, Math.max(window(record, sender), window + selective - ack));
        if (end - endOf(record, sender) > 0) {
            setEnds(record, sender, end, maxEnd(record, sender));
            record[sender + WINDOW] |= UNACKNOWLEDGED;
        }
        if (segment.has(TcpView.ACK)
                && ((record[sender + WINDOW] & ACKED) == 0 || ack - (int) record[sender + MAX_ACK] > 0)) {
            setMaxAck(record, sender, ack);
        }
        if (window(record, receiver) != 0 && end - maxEnd(record, sender) > 0) {
            setWindow(record, receiver, window(record, receiver) + end - maxEnd(record, sender));
        }
        if (selective + window - (maxEnd(record, receiver) - 1) > 0) {
            setEnds(record, receiver, endOf(record, receiver), selective + window + (window == 0 ? 1 : 0));
        }
        if (ack == endOf(record, receiver)) {
            record[receiver + WINDOW] &= ~UNACKNOWLEDGED;
        }
    }

    /** Counts how often in a row the same segment came. */
    private void count(int slot, int direction, TcpSegment segment, int end, int ack) {
        long[] record = table.record(slot);
        int at = ConnectionTable.base(slot) + ConnectionTable.LAST;
        boolean isSame = record[at] == ((long) segment.sequence << 32 | ack & 0xffffffffL)
                && record[at + 1] >>> 8 == last(end, segment.window, direction, 0) >>> 8
                && segment.has(TcpView.ACK);
        int times = isSame ? Math.min(255, ((int) record[at + 1] & 0xff) + 1) : 0;
        record[at] = (long) segment.sequence << 32 | ack & 0xffffffffL;
        record[at + 1] = last(end, segment.window, direction, times);
    }

    private static void remember(long[] record, int at, TcpSegment segment, int direction) {
        record[at] = (long) segment.sequence << 32 | segment.acknowledgement & 0xffffffffL;
        record[at + 1] = last(segment.end, segment.window, direction, 0);
    }

    /** end 32 | window 16 | 0 (7) | direction 1 | times 8. */
    private static long last(int end, int window, int direction, int times) {
        return (long) end << 32 | (long) window << 16 | (long) direction << 8 | times;
    }

    private static void beginEnd(long[] record, int sender, TcpSegment segment) {
        setEnds(record, sender, segment.end, segment.end);
        record[sender + WINDOW] = 0;
        setWindow(record, sender, Math.max(segment.window, 1));
        if (segment.scale >= 0) {
            record[sender + WINDOW] |= SCALED | segment.scale;
        }
        if (segment.isSackPermitted) {
            record[sender + WINDOW] |= SACK_PERMITTED;
        }
    }

    /** Windows are scaled when both ends have said so (RFC 7323 section 2.2). */
    private static void agree(long[] record, int sender, int receiver) {
        if ((record[sender + WINDOW] & record[receiver + WINDOW] & SCALED) == 0) {
            record[sender + WINDOW] &= ~(SCALED | 0xffL);
            record[receiver + WINDOW] &= ~(SCALED | 0xffL);
        }
    }

    private static void beginInMiddle(long[] record, int sender, int receiver, TcpSegment segment) {
        int scale = (int) record[sender + WINDOW] & 0xff;
        int window = Math.max(segment.window << scale, 1);
        setEnds(record, sender, segment.end, segment.end + window);
        setWindow(record, sender, window);
        if (window(record, receiver) == 0) {
            setEnds(record, receiver, segment.selective, segment.selective);
        } else if (segment.selective == endOf(record, receiver) + 1) {
            // A probe of a window of 0 that was not seen.
            setEnds(record, receiver, segment.selective, maxEnd(record, receiver));
        }
    }

    private static int endOf(long[] record, int at) {
        return (int) (record[at + ENDS] >>> 32);
    }

    private static int maxEnd(long[] record, int at) {
        return (int) record[at + ENDS];
    }

    private static void setEnds(long[] record, int at, int end, int maxEnd) {
        record[at + ENDS] = (long) end << 32 | maxEnd & 0xffffffffL;
    }

    private static int window(long[] record, int at) {
        return (int) (record[at + WINDOW] >>> 32);
    }

    private static void setWindow(long[] record, int at, int window) {
        record[at + WINDOW] = (long) window << 32 | record[at + WINDOW] & 0xffffffffL;
    }

    private static void setMaxAck(long[] record, int at, int ack) {
        record[at + MAX_ACK] = ack & 0xffffffffL;
        record[at + WINDOW] |= ACKED;
    }
}
