package io.heddle.datapath.queue;

/**
 * What a queue is to get. Rates are in bits per second.
 *
 * @param id as {@code set_queue} names it, 32 bits without a sign
 * @param minRate guaranteed, 1 or more
 * @param maxRate at most, {@code minRate} or more; 0 for no limit but the port's
 * @param burst most bits that pass at once after a pause; at least {@link #leastBurst} is used
 * @param priority of what it borrows beyond its guarantee: lower ones are served first
 * @param dscp that IP packets are marked with which were sent to this queue by name, 0 to 63; -1 for none
 */
public record QueueShape(int id, long minRate, long maxRate, long burst, long priority, int dscp) {
    /** Highest rate, in bits per second. */
    public static final long MAX_RATE = 1_000_000_000_000L;

    /** Octets of a packet that a burst has room for at least. */
    private static final long PACKET_OCTETS = 1600;

    /** A poll loop may sleep for some of these: a rate is not lost meanwhile. */
    private static final long BURSTS_PER_SECOND = 50;

    public QueueShape {
        if (minRate < 1 || minRate > MAX_RATE || maxRate < 0 || maxRate > MAX_RATE) {
            throw new IllegalArgumentException(
                    "rates of %d and %d are not in [1, %d]".formatted(minRate, maxRate, MAX_RATE));
        }
        if (dscp < -1 || dscp > 63) {
            throw new IllegalArgumentException("dscp " + dscp + " is not in [0, 63]");
        }
    }

    /** Returns how many bits must be able to pass at once for a rate to be reached: what comes in a fiftieth of a second, and a packet. */
    static long leastBurst(long rate) {
        return rate / BURSTS_PER_SECOND + PACKET_OCTETS * 8;
    }

    /** Returns the depth of a bucket for a rate of this queue, in bits. */
    long depth(long rate) {
        return depth(rate, burst);
    }

    static long depth(long rate, long burst) {
        return Math.min(TokenBucket.MAX_DEPTH, Math.max(burst, leastBurst(rate)));
    }
}
