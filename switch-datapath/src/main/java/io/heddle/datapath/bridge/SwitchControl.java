package io.heddle.datapath.bridge;

import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.conntrack.ConnectionState;
import io.heddle.flow.match.Match;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A switch process as its control channel endpoints see it: its bridges, its configuration and what belongs to no bridge.
 *
 * <p>Threading: any thread. Futures complete on the control loop's thread, but for {@link #megaflows} and what is asked of connections: what hangs on them must be short and must not
 * wait. They fail with a {@link SwitchStoppedException} when the switch stops before.
 */
public interface SwitchControl {
    /** The bridges there are now, by name. */
    List<BridgeControl> bridges();

    /** The bridge of that name, if there is one now. */
    Optional<BridgeControl> bridge(String name);

    /** What the switch should have, and how often that has changed. */
    Configured configuration();

    /**
     * Changes what the switch should have, and makes it so. All changes or none; untouched ports and flows lose no packet and no counter.
     * The result is durable when the future completes.
     *
     * @param changes in order
     * @param expectedRevision refuse when {@link Configured#revision} is another; 0 for whatever it is
     * @param validateOnly change nothing, say what would change
     * @return fails with a {@link ConfigurationException}
     */
    CompletableFuture<ConfigurationResult> configure(
            List<ConfigurationChange> changes, long expectedRevision, boolean validateOnly);

    /**
     * Asks several bridges at one moment: nothing changes between the answers.
     *
     * @param questions by name of the bridge
     * @return the answers in the order of {@code questions}; fails with a {@link BridgeGoneException} when one of the bridges is gone
     */
    <T> CompletableFuture<List<T>> read(SequencedMap<String, Function<BridgeReader, T>> questions);

    /** Dropped packets by reason and port, of the whole process; reasons that never happened have a count of 0 and no port. */
    List<DropCount> drops();

    /** What the megaflow caches hold, the most recently used first. */
    CompletableFuture<List<MegaflowState>> megaflows(int limit);

    /**
     * Connections that the tracker knows.
     *
     * @param zone null for all
     * @param limit at most so many
     */
    CompletableFuture<List<ConnectionState>> connections(@Nullable Integer zone, int limit);

    /** Forgets connections; completes with how many. */
    CompletableFuture<Integer> flushConnections(ConnectionFilter filter);

    /**
     * How many connections there may be and are.
     *
     * @param zones to tell of; empty for those that have a limit of their own
     */
    CompletableFuture<ConntrackLimits> conntrackLimits(List<Integer> zones);

    /** Counters of the connection tracker. */
    ConntrackCounters conntrack();

    /** How often saving the tables of a bridge has failed since the start; each is tried again. */
    default long failedTableSaves() {
        return 0;
    }

    /** Counters of the poll loops and their caches. */
    List<PollLoopState> pollLoops();

    /**
     * Follows the coming and going of bridges. The listener is called once for each bridge that there is, before this returns.
     *
     * @return to end it
     */
    AutoCloseable watchBridges(BridgeListener listener);

    /** Hears of bridges. Called on the control loop's thread. */
    interface BridgeListener {
        void added(BridgeControl bridge);

        /** All ports and flows of the bridge are gone. */
        void removed(BridgeControl bridge);

        /** Its controllers, its listeners or its fail mode are others; see {@link BridgeControl#configuration}. */
        void changed(BridgeControl bridge);
    }

    /** A configuration and the number of changes that led to it, from 1. */
    record Configured(long revision, SwitchConfiguration configuration) {}

    /**
     * What a configuration change did.
     *
     * @param revision of the configuration afterwards
     * @param applied each difference for people, such as {@code br0: added port tap0 (1)}
     */
    record ConfigurationResult(long revision, List<String> applied) {}

    /** Packets dropped for one reason; {@code port} is empty where the count is the process's. */
    record DropCount(String reason, String description, String port, long packets) {}

    /**
     * What a cache knows about one kind of packet.
     *
     * @param match with datapath port numbers
     * @param matchText such as {@code in_port(2),eth(src=...)}
     * @param actionsText such as {@code push_vlan(vid=10),3}; {@code drop} for none
     * @param idleNs since the last packet
     * @param revision it was translated under
     * @param dropReason empty when the packets go somewhere
     */
    record MegaflowState(
            Match match,
            String matchText,
            String actionsText,
            long packets,
            long octets,
            long idleNs,
            long revision,
            int pollLoop,
            String dropReason) {}

    /**
     * How many connections there may be and are.
     *
     * @param limit of all zones together
     * @param zoneLimit of a zone without a limit of its own, 0 for none
     */
    record ConntrackLimits(int limit, int count, int zoneLimit, List<ZoneLimit> zones) {}

    /** How many connections a zone may have, 0 for any number, and has. */
    record ZoneLimit(int zone, int limit, int count) {}

    /**
     * Counters of the connection tracker.
     *
     * @param connections remembered now
     * @param overLimit connections not remembered because the tracker or their zone was full
     * @param natExhausted connections whose translation found no free address and port
     * @param invalid packets that were of no connection and could not begin one
     */
    record ConntrackCounters(long connections, long overLimit, long natExhausted, long invalid) {}

    /**
     * Counters of a poll loop and its caches.
     *
     * @param megaflowLimit how many megaflows there may be now
     * @param masksProbed over all lookups in the megaflow cache
     * @param masksRefused megaflows not kept because their port has as many masks as it may have
     * @param turnsDeferred how often a port was passed over because of its misses
     * @param busy share of the time, 0 to 1
     * @param cycles duty cycles
     * @param stalls duty cycles that took longer than 10 ms
     * @param punts packets queued for the controllers; those that found the queue full are drops
     * @param revalidations stale megaflows that were translated again
     * @param exceptions internal errors
     */
    record PollLoopState(
            int pollLoop,
            long exactHits,
            long megaflowHits,
            long misses,
            int exactEntries,
            int megaflowEntries,
            int megaflowLimit,
            int megaflowMasks,
            long masksProbed,
            long masksRefused,
            long turnsDeferred,
            double busy,
            long cycles,
            long stalls,
            long punts,
            long revalidations,
            long exceptions) {}
}
