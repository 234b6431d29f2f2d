package io.heddle.datapath.bridge;

import io.heddle.flow.match.FlowKey;

/** What to trace. */
public sealed interface TraceSubject {
    /** A kind of packet; in_port is the bridge's OpenFlow number. The key is copied. */
    record Flow(FlowKey key) implements TraceSubject {}

    /**
     * A packet.
     *
     * @param frame from the Ethernet header, without FCS
     * @param inPort OpenFlow number
     */
    @SuppressWarnings("ArrayRecordComponent") // identity is never asked for
    record Frame(byte[] frame, int inPort) implements TraceSubject {}
}
