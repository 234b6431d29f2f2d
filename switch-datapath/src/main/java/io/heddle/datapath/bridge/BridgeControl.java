package io.heddle.datapath.bridge;

import io.heddle.flow.action.Action;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.TunnelOptionsMod;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.FrozenState;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * One bridge as its control channel endpoints see it.
 *
 * <pre>
 *   write ---> [commands] ---> control loop: commit, publish version v ---> future: CommitResult(v)
 *   barrier -> [commands] ---> control loop: wait until every poll loop works with v or later ---> future
 *   events <-- [bounded queues] <-- control loop
 * </pre>
 *
 * <p>Everything that one thread submits is done in the order of its calls. A bridge that has been removed refuses everything with a
 * {@link BridgeGoneException}.
 *
 * <p>Threading: any thread. Futures complete on the control loop's thread: what hangs on them must be short and must not wait.
 */
public interface BridgeControl {
    /** Unique in the process; never changes. */
    String name();

    /** Number in the process; what {@link FrozenState#bridge} says. */
    int number();

    /** OpenFlow's 64-bit datapath id; unique in the process; never changes. */
    long datapathId();

    /** What the bridge should be: controllers, listeners, protocols, fail mode, ports. */
    BridgeConfiguration configuration();

    /**
     * Changes tables and port settings.
     *
     * <p>The future completes when the result is published: packets begin to see it. Whoever must know that <em>all</em> packets see it
     * calls {@link #barrier} after this. It completes normally also when updates were refused.
     *
     * @param updates in order; may be empty
     * @param atomicity what happens when an update is refused
     * @param validateOnly check, change nothing
     * @param permission is run on the control loop's thread when it is this write's turn, right before it is done; what it throws fails
     *     the future, and nothing is changed. Must be quick
     */
    CompletableFuture<CommitResult> write(
            List<TableUpdate> updates, Atomicity atomicity, boolean validateOnly, Runnable permission);

    /** As above, by someone who may always write. */
    default CompletableFuture<CommitResult> write(
            List<TableUpdate> updates, Atomicity atomicity, boolean validateOnly) {
        return write(updates, atomicity, validateOnly, () -> {});
    }

    /** Forgets the addresses that the bridge has learned; completes with how many. */
    CompletableFuture<Integer> flushAddresses();

    /** Forgets connections of the whole switch, as Open vSwitch does for a bridge; completes with how many. */
    CompletableFuture<Integer> flushConnections(ConnectionFilter filter);

    /**
     * Waits for the datapath: completes when all that was submitted before has been done and no packet will be forwarded by older rules
     * any more.
     *
     * @return the revision that holds from then on, or a later one
     */
    CompletableFuture<Long> barrier();

    /**
     * Reads several things as they were at one moment.
     *
     * @param question is run on the control loop's thread; must be quick, and must not keep the reader
     */
    <T> CompletableFuture<T> read(Function<BridgeReader, T> question);

    /**
     * Lets the bridge process a packet.
     *
     * @return fails with a {@link FlowException} when the packet is refused
     */
    CompletableFuture<Void> packetOut(PacketOut packetOut);

    /**
     * Goes on with a packet that waited for a controller.
     *
     * @param frame from the Ethernet header, without FCS; not modified by anyone afterwards
     * @param state what is left to do, and the fields that the packet is to have, of this bridge; from wherever it comes, it is checked
     * @return fails with a {@link FlowException} when it is refused
     */
    CompletableFuture<Void> resume(byte[] frame, FrozenState state);

    /**
     * Changes which Geneve options are which {@code tun_metadata} fields.
     *
     * @return fails with a {@link FlowException} when nothing was changed
     */
    CompletableFuture<Void> mapTunnelOptions(TunnelOptionsMod mod);

    /** Changes what happens to fragments; until the process ends, as in Open vSwitch. */
    CompletableFuture<Void> handleFragments(BridgeView.FragmentHandling wanted);

    /**
     * Says what would happen to a packet, without sending it or counting it.
     *
     * @param ctNext {@code ct_state} of the copies that come back from the connection tracker, in turn; then {@code trk|new}
     * @return fails with a {@link FlowException}
     */
    CompletableFuture<TraceReport> trace(TraceSubject subject, List<Integer> ctNext);

    /** As above: what goes to the connection tracker comes back as new. */
    default CompletableFuture<TraceReport> trace(TraceSubject subject) {
        return trace(subject, List.of());
    }

    /**
     * Follows what happens. Nothing is lost between a {@link BridgeReader#subscribe} in a read and the state it read.
     *
     * @param interest kinds of events and how many of them may wait
     */
    EventSubscription subscribe(EventInterest interest);

    /** Registers a controller's connection or the intention to have one; it counts for the fail mode while it is connected. */
    ControllerRegistration registerController(String target, String protocol);

    /** Decides who is the primary of a role, for clients with election ids. */
    Election election(String role);

    /** What happens to a batch when one of its updates is refused. */
    enum Atomicity {
        /** The others are applied. */
        CONTINUE_ON_ERROR,
        /** Nothing remains. Here the same as {@link #DATAPLANE_ATOMIC}: nothing was ever visible. */
        ROLLBACK_ON_ERROR,
        /** All or nothing, and every packet sees all or nothing. */
        DATAPLANE_ATOMIC
    }

    /**
     * What became of a batch.
     *
     * @param revision of the bridge's tables that contains the batch
     * @param failures ascending by index; empty when all was done
     */
    record CommitResult(long revision, List<UpdateFailure> failures) {
        public CommitResult {
            failures = List.copyOf(failures);
        }
    }

    /**
     * A packet that a controller sends.
     *
     * @param frame from the Ethernet header, without FCS; not modified by anyone afterwards
     * @param inPort OpenFlow port that it is said to come from, {@link io.heddle.flow.action.Ports#CONTROLLER} for none
     */
    @SuppressWarnings("ArrayRecordComponent") // identity is never asked for
    record PacketOut(byte[] frame, int inPort, List<Action> actions) {
        public PacketOut {
            actions = List.copyOf(actions);
        }
    }
}
