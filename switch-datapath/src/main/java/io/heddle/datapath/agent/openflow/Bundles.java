package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.BridgeControl.CommitResult;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.datapath.bridge.UpdateFailure;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.MessageType;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.BundleControl;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bundles that one client has open: messages that wait to be done together, in their order, all or none of them.
 *
 * <pre>
 *   open ---> add, add ... ---> close ---> commit: one batch for the bridge ---> its datapath ---> reply
 *     \--------^  (an add or a commit may be the first)     \--> discard
 * </pre>
 *
 * <p>Every bundle is atomic and ordered, whatever its flags say: packets see all of it or nothing. A message is checked as far as it can be
 * when it is added; what is refused then is not part of the bundle. A commit that is refused is answered with the error of the first message
 * that could not be done and with one of its own, and the bundle is gone. So is one that nothing is added to for a while.
 *
 * <p>Threading: the session's event loop.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 sections 6.9 and 7.3.9</a>
 */
final class Bundles {
    private static final Logger LOG = LoggerFactory.getLogger(Bundles.class);

    private static final int MOST_OPEN = 16;
    private static final int AT_A_TIME = 4;
    private static final int KNOWN_FLAGS = 3;
    private static final int LAST_TYPE = 7;

    /** What may wait to be done: {@code update} is null for an echo, whose {@code data} is sent back. */
    private record Entry(int xid, Octets head, @Nullable TableUpdate update, Octets data) {}

    /** A bundle; {@code xid} and {@code head} are those of the message that opened it. */
    private static final class Bundle {
        private final int xid;
        private final Octets head;
        private final int flags;
        private final List<Entry> entries = new ArrayList<>();
        private long octets;
        private boolean isClosed;
        private boolean isUsed;
        private @Nullable Future<?> timer;

        private Bundle(int xid, Octets head, int flags) {
            this.xid = xid;
            this.head = head;
            this.flags = flags;
        }

        /** The timer would keep the messages in memory. */
        private void endTimer() {
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }

    private final Session session;
    private final RequestHandler requests;
    private final BridgeControl bridge;
    private final AgentCounters counters;
    private final long idleMs;
    private final Map<Integer, Bundle> open = new HashMap<>();

    /** @param idleMs after which a bundle that nothing is done with is discarded */
    Bundles(Session session, RequestHandler requests, BridgeControl bridge, AgentCounters counters, long idleMs) {
        this.session = session;
        this.requests = requests;
        this.bridge = bridge;
        this.counters = counters;
        this.idleMs = idleMs;
    }

    /** Discards all. */
    void close() {
        open.values().forEach(this::release);
        open.clear();
    }

    // ---- control

    void control(int xid, Octets head, BundleControl control) throws FlowException {
        if (control.type() < 0 || control.type() > LAST_TYPE || control.type() % 2 != 0) {
            throw refused(
                    ErrorCode.BUNDLE_FAILED_BAD_TYPE,
                    "type",
                    "type " + control.type() + " is no request: 0, 2, 4 or 6 is");
        }
        switch (control.type()) {
            case BundleControl.OPEN_REQUEST -> open(xid, head, control);
            case BundleControl.CLOSE_REQUEST -> close(control);
            case BundleControl.COMMIT_REQUEST -> {
                commit(xid, head, control);
                return;
            }
            default -> discard(control.bundleId());
        }
        reply(xid, control);
    }

    private void reply(int xid, BundleControl request) {
        session.send(xid, new BundleControl(request.bundleId(), request.type() + 1, request.flags()));
    }

    private void open(int xid, Octets head, BundleControl control) throws FlowException {
        checkFlags(control.flags());
        if (open.containsKey(control.bundleId())) {
            throw discarded(control.bundleId(), ErrorCode.BUNDLE_FAILED_BUNDLE_EXIST, "was open already");
        }
        make(xid, head, control.bundleId(), control.flags());
    }

    private static void checkFlags(int flags) throws FlowException {
        if ((flags & AT_A_TIME) != 0) {
            throw refused(
                    ErrorCode.BUNDLE_FAILED_SCHED_NOT_SUPPORTED,
                    "flags",
                    "bundles are committed at once, not at a time");
        }
        if ((flags & ~KNOWN_FLAGS) != 0) {
            throw refused(
                    ErrorCode.BUNDLE_FAILED_BAD_FLAGS,
                    "flags",
                    "flags 0x%x: only atomic (1) and ordered (2) are known".formatted(flags));
        }
    }

    private Bundle make(int xid, Octets head, int id, int flags) throws FlowException {
        if (open.size() >= MOST_OPEN) {
            throw refused(
                    ErrorCode.BUNDLE_FAILED_OUT_OF_BUNDLES,
                    "bundle_id",
                    MOST_OPEN + " bundles are open on this connection, the limit");
        }
        Bundle made = new Bundle(xid, head, flags);
        open.put(id, made);
        expireIdle(id, made);
        return made;
    }

    /** Discards the bundle when nothing is done with it from now on. */
    private void expireIdle(int id, Bundle bundle) {
        bundle.isUsed = false;
        bundle.timer = session.eventLoop().schedule(() -> onIdle(id, bundle), idleMs, TimeUnit.MILLISECONDS);
    }

    private void onIdle(int id, Bundle bundle) {
        if (!bundle.equals(open.get(id))) {
            return;
        }
        if (bundle.isUsed) {
            expireIdle(id, bundle);
            return;
        }
        open.remove(id);
        release(bundle);
        LOG.info("{}: {}: bundle {} timed out", bridge.name(), session.peer(), number(id));
        session.sendError(
                bundle.xid,
                bundle.head,
                new FlowError(
                        ErrorCode.BUNDLE_FAILED_TIMEOUT,
                        "bundle_id",
                        "nothing was done with bundle " + number(id) + " for " + idleMs + " ms"));
    }

    private void close(BundleControl control) throws FlowException {
        Bundle bundle = find(control.bundleId());
        if (bundle.isClosed) {
            throw discarded(control.bundleId(), ErrorCode.BUNDLE_FAILED_BUNDLE_CLOSED, "is closed already");
        }
        requireFlags(control.bundleId(), bundle, control.flags());
        bundle.isClosed = true;
        bundle.isUsed = true;
    }

    private void discard(int id) throws FlowException {
        release(find(id));
        open.remove(id);
    }

    private Bundle find(int id) throws FlowException {
        Bundle bundle = open.get(id);
        if (bundle == null) {
            throw refused(ErrorCode.BUNDLE_FAILED_BAD_ID, "bundle_id", "there is no bundle " + number(id));
        }
        return bundle;
    }

    /** What is done with a bundle is wrong: it is gone. */
    private FlowException discarded(int id, ErrorCode error, String what) {
        Bundle bundle = open.remove(id);
        if (bundle != null) {
            release(bundle);
        }
        return refused(error, "bundle_id", "bundle " + number(id) + " " + what + "; it is discarded");
    }

    private void requireFlags(int id, Bundle bundle, int flags) throws FlowException {
        if (flags != bundle.flags) {
            throw discarded(
                    id,
                    ErrorCode.BUNDLE_FAILED_BAD_FLAGS,
                    "was opened with flags 0x%x, not 0x%x".formatted(bundle.flags, flags));
        }
    }

    private void release(Bundle bundle) {
        bundle.endTimer();
        counters.releaseBundleOctets(bundle.octets);
        bundle.octets = 0;
    }

    private static String number(int id) {
        return Integer.toUnsignedString(id);
    }

    private static FlowException refused(ErrorCode error, String path, String message) {
        return new FlowException(error, path, message);
    }

    // ---- messages

    void add(int xid, Octets head, OpenFlowMessage.BundleAdd add) throws FlowException {
        Entry entry = entry(xid, add.message());
        int id = add.bundleId();
        Bundle bundle = open.get(id);
        if (bundle == null) {
            checkFlags(add.flags());
            bundle = make(xid, head, id, add.flags());
        } else {
            if (bundle.isClosed) {
                throw discarded(id, ErrorCode.BUNDLE_FAILED_BUNDLE_CLOSED, "is closed");
            }
            requireFlags(id, bundle, add.flags());
        }
        int octets = AgentCounters.MESSAGE_OCTETS + add.message().length();
        if (!counters.takeBundleOctets(octets)) {
            throw discarded(
                    id,
                    ErrorCode.BUNDLE_FAILED_MSG_TOO_MANY,
                    "has no room: messages in bundles may have " + AgentCounters.MOST_BUNDLE_OCTETS
                            + " octets in all, each counted with " + AgentCounters.MESSAGE_OCTETS + " more");
        }
        bundle.octets += octets;
        bundle.entries.add(entry);
        bundle.isUsed = true;
    }

    /** Reads a message that is to be put into a bundle. */
    private Entry entry(int xid, Octets message) throws FlowException {
        byte[] octets = message.array();
        OpenFlowVersion version = session.version();
        int innerXid = (octets[4] & 0xff) << 24 | (octets[5] & 0xff) << 16 | (octets[6] & 0xff) << 8 | octets[7] & 0xff;
        if (innerXid != xid) {
            throw refused(
                    ErrorCode.BUNDLE_FAILED_MSG_BAD_XID,
                    "message.xid",
                    "the message has transaction id 0x%08x, what adds it 0x%08x: they must be the same"
                            .formatted(innerXid, xid));
        }
        int type = octets[1] & 0xff;
        if (octets[0] != version.wire() || !isAllowed(type)) {
            throw refused(
                    ErrorCode.BUNDLE_FAILED_MSG_UNSUP,
                    "message.type",
                    "a message of type %d and version %d cannot be in a bundle".formatted(type, octets[0]));
        }
        Frame frame = session.decode(message);
        if (Updates.hasBuffer(frame.message())) {
            throw RequestHandler.unknownBuffer();
        }
        Octets head = message.length() <= Session.ERROR_DATA_OCTETS
                ? message
                : Octets.of(Arrays.copyOf(octets, Session.ERROR_DATA_OCTETS));
        return switch (frame.message()) {
            case OpenFlowMessage.EchoRequest echo -> new Entry(xid, head, null, echo.data());
            case OpenFlowMessage.PacketOut packet ->
                new Entry(xid, head, new TableUpdate.PacketSend(RequestHandler.packetOf(packet)), Octets.EMPTY);
            default -> new Entry(xid, head, Updates.of(frame.message(), version, requests.sourceOf(xid)), Octets.EMPTY);
        };
    }

    private boolean isAllowed(int number) {
        return MessageType.of(session.version(), number)
                .filter(type -> switch (type) {
                    case ECHO_REQUEST, PACKET_OUT, FLOW_MOD, GROUP_MOD, METER_MOD, PORT_MOD -> true;
                    case TABLE_MOD -> session.version().isAtLeast(OpenFlowVersion.OPENFLOW_14);
                    default -> false;
                })
                .isPresent();
    }

    // ---- commit

    private void commit(int xid, Octets head, BundleControl control) throws FlowException {
        int id = control.bundleId();
        Bundle bundle = find(id);
        requireFlags(id, bundle, control.flags());
        open.remove(id);
        bundle.endTimer();
        List<Entry> changes =
                bundle.entries.stream().filter(entry -> entry.update != null).toList();
        List<TableUpdate> updates = new ArrayList<>(changes.size());
        changes.forEach(entry -> updates.add(Objects.requireNonNull(entry.update)));
        long octets = bundle.octets;
        requests.answer(
                xid,
                head,
                () -> write(updates).whenComplete((result, failure) -> counters.releaseBundleOctets(octets)),
                result -> committed(xid, head, control, bundle, changes, result));
    }

    /** Done when no packet is forwarded by older rules any more. */
    private CompletableFuture<CommitResult> write(List<TableUpdate> updates) {
        return bridge.write(updates, Atomicity.DATAPLANE_ATOMIC, false)
                .thenCompose(result -> result.failures().isEmpty()
                        ? bridge.barrier().thenApply(revision -> result)
                        : CompletableFuture.completedFuture(result));
    }

    private void committed(
            int xid, Octets head, BundleControl control, Bundle bundle, List<Entry> changes, CommitResult result) {
        for (UpdateFailure failure : result.failures()) {
            if (failure.kind() != UpdateFailure.Kind.ABORTED) {
                Entry first = changes.get(failure.index());
                LOG.debug("{}: {}: bundle refused: {}", bridge.name(), session.peer(), failure.error());
                session.sendError(first.xid, first.head, failure.error());
                session.sendError(
                        xid,
                        head,
                        new FlowError(
                                ErrorCode.BUNDLE_FAILED_MSG_FAILED,
                                "message",
                                "message %d of the bundle was refused: nothing is changed"
                                        .formatted(bundle.entries.indexOf(first) + 1)));
                return;
            }
        }
        for (Entry entry : bundle.entries) {
            if (entry.update == null) {
                session.send(entry.xid, new OpenFlowMessage.EchoReply(entry.data));
            } else {
                requests.forward(entry.xid, entry.update);
            }
        }
        reply(xid, control);
    }
}
