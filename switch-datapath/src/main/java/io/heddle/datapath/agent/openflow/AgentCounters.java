package io.heddle.datapath.agent.openflow;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the OpenFlow agent counts. Threading: any thread. */
public final class AgentCounters {
    /** Octets of messages in all open bundles: what they become takes several times as much of the heap. */
    static final long MOST_BUNDLE_OCTETS =
            Math.max(16 << 20, Runtime.getRuntime().maxMemory() / 8);

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
