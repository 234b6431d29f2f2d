package io.heddle.flow.conntrack;

import io.heddle.flow.packet.TcpView;

/**
 * State of a TCP connection as somebody between its ends sees it, named as Linux does. RFC 9293 section 3.3.2 has a state for each
 * end; this is one for both.
 *
 * <pre>
 *   SYN_SENT --syn,ack--> SYN_RECV --ack--> ESTABLISHED --fin--> FIN_WAIT --ack--> CLOSE_WAIT --fin--> LAST_ACK --ack--> TIME_WAIT
 *      |--syn of the other end--> SYN_SENT2 (simultaneous open)            any --rst--> CLOSE
 * </pre>
 */
public enum TcpState {
    /** There is no connection yet. */
    NONE,
    SYN_SENT,
    SYN_RECV,
    ESTABLISHED,
    FIN_WAIT,
    CLOSE_WAIT,
    LAST_ACK,
    TIME_WAIT,
    CLOSE,
    /** Both ends have sent a SYN. */
    SYN_SENT2;

    /** The segment is not right in this state. */
    static final int INVALID = -1;
    /** The segment belongs to the connection and changes nothing. */
    static final int IGNORE = -2;

    static final int SYN = 0;
    static final int SYN_ACK = 1;
    static final int FIN = 2;
    static final int ACK = 3;
    static final int RST = 4;
    static final int OTHER = 5;

    private static final TcpState[] ALL = values();

    /** Rows: SYN, SYN_ACK, FIN, ACK, RST; columns: the states in order; a letter per cell as {@link #cell} reads it. */
    private static final String[] ORIGINAL = {
        "1 1 I I I I I 1 1 9", //
        "X X 2 X X X X X X 2",
        "X X 4 4 6 6 6 7 8 X",
        "3 X 3 3 5 5 7 7 8 X",
        "X 8 8 8 8 8 8 8 8 8"
    };

    private static final String[] REPLY = {
        "X 9 X X X X X 1 X 9", //
        "X 2 I I I I I I I 2",
        "X X 4 4 6 6 6 7 8 X",
        "X I 2 3 5 5 7 7 8 I",
        "X 8 8 8 8 8 8 8 8 8"
    };

    private static final int[][][] NEXT = {compile(ORIGINAL), compile(REPLY)};

    private static int[][] compile(String[] rows) {
        int[][] table = new int[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            table[row] =
                    rows[row].chars().filter(c -> c != ' ').map(TcpState::cell).toArray();
        }
        return table;
    }

    /** The number of the next state, {@code I} for ignore, {@code X} for invalid. */
    private static int cell(int letter) {
        return letter == 'I' ? IGNORE : letter == 'X' ? INVALID : letter - '0';
    }

    /** Which of the kinds of segments {@code flags} make. */
    static int kind(int flags) {
        if ((flags & TcpView.RST) != 0) {
            return RST;
        }
        if ((flags & TcpView.SYN) != 0) {
            return (flags & TcpView.ACK) != 0 ? SYN_ACK : SYN;
        }
        return (flags & TcpView.FIN) != 0 ? FIN : (flags & TcpView.ACK) != 0 ? ACK : OTHER;
    }

    /** Says whether an end may send these flags together (URG, PSH and those of ECN aside). */
    static boolean isPossible(int flags) {
        int urg = flags & 0x20;
        return switch (flags & (TcpView.SYN | TcpView.FIN | TcpView.RST | TcpView.ACK)) {
            case TcpView.SYN, TcpView.FIN | TcpView.ACK, TcpView.ACK -> true;
            case TcpView.SYN | TcpView.ACK, TcpView.RST, TcpView.RST | TcpView.ACK -> urg == 0;
            default -> false;
        };
    }

    /** Number of the state after a segment, or {@link #INVALID} or {@link #IGNORE}. */
    static int next(int direction, int kind, int state) {
        return kind == OTHER ? INVALID : NEXT[direction][kind][state];
    }

    @SuppressWarnings("EnumOrdinal") // the number in a connection's record; never stored or sent
    int number() {
        return ordinal();
    }

    static TcpState of(int number) {
        return ALL[number];
    }
}
