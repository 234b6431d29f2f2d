package io.heddle.flow.conntrack;

/**
 * How long a connection lives after its last packet, by state, in nanoseconds. The defaults are those of Linux
 * ({@code nf_conntrack_*_timeout}).
 *
 * @param tcpRetransmitNs of an established connection whose one side sends the same segment again and again
 * @param tcpUnacknowledgedNs of an established connection with data that is not acknowledged
 * @param udpNs while only one side has sent
 * @param udpStreamNs when both have
 * @param genericNs of protocols without states
 */
public record Timeouts(
        long tcpSynSentNs,
        long tcpSynReceivedNs,
        long tcpEstablishedNs,
        long tcpFinWaitNs,
        long tcpCloseWaitNs,
        long tcpLastAckNs,
        long tcpTimeWaitNs,
        long tcpCloseNs,
        long tcpRetransmitNs,
        long tcpUnacknowledgedNs,
        long udpNs,
        long udpStreamNs,
        long icmpNs,
        long genericNs) {
    private static final long SECOND = 1_000_000_000L;

    /** Those of Linux. */
    public static final Timeouts DEFAULT = new Timeouts(
            120 * SECOND,
            60 * SECOND,
            432_000 * SECOND,
            120 * SECOND,
            60 * SECOND,
            30 * SECOND,
            120 * SECOND,
            10 * SECOND,
            300 * SECOND,
            300 * SECOND,
            30 * SECOND,
            120 * SECOND,
            30 * SECOND,
            600 * SECOND);

    long tcpNs(TcpState state) {
        return switch (state) {
            case SYN_SENT, SYN_SENT2 -> tcpSynSentNs;
            case SYN_RECV -> tcpSynReceivedNs;
            case NONE, ESTABLISHED -> tcpEstablishedNs;
            case FIN_WAIT -> tcpFinWaitNs;
            case CLOSE_WAIT -> tcpCloseWaitNs;
            case LAST_ACK -> tcpLastAckNs;
            case TIME_WAIT -> tcpTimeWaitNs;
            case CLOSE -> tcpCloseNs;
        };
    }
}
