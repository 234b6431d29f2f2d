package io.heddle.datapath.agent.openflow;

import java.util.concurrent.atomic.LongAdder;

/** What the OpenFlow agent counts. Threading: any thread. */
public final class AgentCounters {
    private final LongAdder packetInsLost = new LongAdder();
    private final LongAdder eventsLost = new LongAdder();
    private final LongAdder packetInsSent = new LongAdder();

    /** Packets that a client was too slow for. */
    public long packetInsLost() {
        return packetInsLost.sum();
    }

    /** Other events that a client was too slow for. */
    public long eventsLost() {
        return eventsLost.sum();
    }

    /** Packets sent to clients. */
    public long packetInsSent() {
        return packetInsSent.sum();
    }

    void lost(long packets, long others) {
        packetInsLost.add(packets);
        eventsLost.add(others);
    }

    void sentPacketIn() {
        packetInsSent.increment();
    }
}
