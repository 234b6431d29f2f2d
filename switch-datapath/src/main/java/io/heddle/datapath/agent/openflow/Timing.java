package io.heddle.datapath.agent.openflow;

/**
 * How long connections wait, in milliseconds.
 *
 * @param helloMs for the other side's hello, then the connection is closed
 * @param probeMs of silence before an echo request, and again before the connection is closed
 * @param firstBackOffMs before the first attempt to connect again; doubles with each failure
 * @param lastBackOffMs most between two attempts
 * @param bundleMs that a bundle lasts when nothing is done with it
 */
public record Timing(long helloMs, long probeMs, long firstBackOffMs, long lastBackOffMs, long bundleMs) {
    private static final long BUNDLE_MS = 10_000;

    public Timing(long helloMs, long probeMs, long firstBackOffMs, long lastBackOffMs) {
        this(helloMs, probeMs, firstBackOffMs, lastBackOffMs, BUNDLE_MS);
    }

    /** What a switch uses. */
    public static final Timing DEFAULT = new Timing(10_000, 5_000, 100, 8_000);
}
