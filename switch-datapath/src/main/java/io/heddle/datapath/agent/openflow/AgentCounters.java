package io.heddle.datapath.agent.openflow;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the OpenFlow agent counts. Threading: any thread. */
public final class AgentCounters {
    /** Octets of messages in all open bundles, {@link #MESSAGE_OCTETS} added for each. */
    static final long MOST_BUNDLE_OCTETS =
            Math.max(64 << 20, Runtime.getRuntime().maxMemory() / 3);

    /** What a message in a bundle takes of the heap beside its own octets, about. */
    static final int MESSAGE_OCTETS = 400;

    private final AtomicLong bundleOctets = new AtomicLong();
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

    /** Octets of messages that wait in open bundles. */
    public long bundleOctets() {
        return bundleOctets.get();
    }

    /** Counts octets of a message in a bundle; false when that would be more than {@link #MOST_BUNDLE_OCTETS}: nothing is counted then. */
    boolean takeBundleOctets(int octets) {
        if (bundleOctets.addAndGet(octets) > MOST_BUNDLE_OCTETS) {
            bundleOctets.addAndGet(-octets);
            return false;
        }
        return true;
    }

    void releaseBundleOctets(long octets) {
        bundleOctets.addAndGet(-octets);
    }

    void lost(long packets, long others) {
        packetInsLost.add(packets);
        eventsLost.add(others);
    }

    void sentPacketIn() {
        packetInsSent.increment();
    }
}
