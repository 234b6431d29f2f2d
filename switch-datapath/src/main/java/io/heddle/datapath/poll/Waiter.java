package io.heddle.datapath.poll;

/**
 * Puts an idle poll loop to sleep until a port has packets or somebody has a command.
 *
 * <p>Threading: {@link #wakeUp} from any thread, the rest from the loop's.
 */
public interface Waiter extends AutoCloseable {
    /** Wakes up when {@code fd} is readable. */
    void watch(int fd);

    /** Does not look at {@code fd} any more; it may be closed already. */
    void unwatch(int fd);

    /** Sleeps until there is something to do, or for {@code timeoutMs} milliseconds. May return early. */
    void await(int timeoutMs);

    /** Ends the sleep, or the next one if there is none now. */
    void wakeUp();

    @Override
    void close();
}
