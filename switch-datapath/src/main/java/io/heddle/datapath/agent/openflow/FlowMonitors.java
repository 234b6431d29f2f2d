package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.FlowFollower;
import io.heddle.datapath.bridge.FlowInterest;
import io.heddle.datapath.bridge.FlowNotice;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.FlowMonitor;
import io.heddle.proto.openflow.FlowUpdate;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The flow monitors of one client: tells it of changes of flows, once for each change however many monitors select it, and before the
 * reply to a barrier that came after the change.
 *
 * <p>A client that reads too slowly is paused: {@link FlowFollower} says what it hears then.
 *
 * <p>Threading: the session's event loop.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.3.5.17</a>
 */
final class FlowMonitors {
    private static final Logger LOG = LoggerFactory.getLogger(FlowMonitors.class);

    private static final int MOST = 256;
    private static final int NOTICES_THAT_WAIT = 4096;
    private static final int UPDATES_IN_A_MESSAGE = 64;

    private final Session session;
    private final RequestHandler requests;
    private final Map<Integer, FlowMonitor> monitors = new LinkedHashMap<>();
    private @Nullable FlowFollower follower;

    /** Requests whose answer must come before anything that happens after them. */
    private int unanswered;

    /** The message of the client's own that was told of last in short. */
    private TableUpdate.Source abbreviated = TableUpdate.Source.NONE;

    FlowMonitors(Session session, RequestHandler requests) {
        this.session = session;
        this.requests = requests;
    }

    void close() {
        if (follower != null) {
            follower.close();
            follower = null;
        }
        monitors.clear();
    }

    /** Who asks for the change of a message, as far as that matters. */
    TableUpdate.Source sourceOf(int xid) {
        return monitors.isEmpty() ? TableUpdate.Source.NONE : new TableUpdate.Source(session, xid);
    }

    // ---- requests

    /** Changes the monitors, all or none of those that are named, and answers with what the new ones begin with. */
    void request(int xid, Octets head, List<FlowMonitor> wanted) throws FlowException {
        Map<Integer, FlowMonitor> changed = new LinkedHashMap<>(monitors);
        List<FlowMonitor> fresh = new ArrayList<>();
        for (FlowMonitor monitor : wanted) {
            change(changed, monitor);
            if (monitor.command() != FlowMonitor.Command.DELETE && (monitor.flags() & FlowMonitor.INITIAL) != 0) {
                fresh.add(monitor);
            }
        }
        monitors.clear();
        monitors.putAll(changed);
        follow(xid, head, fresh, true);
    }

    private static void change(Map<Integer, FlowMonitor> monitors, FlowMonitor monitor) throws FlowException {
        String which = "monitor " + Integer.toUnsignedString(monitor.id());
        boolean isThere = monitors.containsKey(monitor.id());
        if (isThere && monitor.command() == FlowMonitor.Command.ADD) {
            throw new FlowException(
                    ErrorCode.FLOW_MONITOR_FAILED_MONITOR_EXISTS, "monitor_id", "there is a " + which + " already");
        }
        if (!isThere && monitor.command() != FlowMonitor.Command.ADD) {
            throw unknown(monitor.id());
        }
        if (monitor.command() == FlowMonitor.Command.DELETE) {
            monitors.remove(monitor.id());
            return;
        }
        if (monitor.tableId() > FlowMod.MAX_TABLE && monitor.tableId() != FlowMod.ALL_TABLES) {
            throw new FlowException(
                    ErrorCode.FLOW_MONITOR_FAILED_BAD_TABLE_ID,
                    "table_id",
                    "table " + monitor.tableId() + " is not in 0-253, and not 255 for all");
        }
        if (monitors.size() >= MOST && !isThere) {
            throw new FlowException(
                    ErrorCode.FLOW_MONITOR_FAILED_INVALID_MONITOR,
                    "monitor_id",
                    "the connection has " + MOST + " flow monitors, the limit");
        }
        monitors.put(monitor.id(), monitor);
    }

    private static FlowException unknown(int id) {
        return new FlowException(
                ErrorCode.FLOW_MONITOR_FAILED_UNKNOWN_MONITOR,
                "monitor_id",
                "there is no monitor " + Integer.toUnsignedString(id));
    }

    void cancel(int xid, Octets head, int id) throws FlowException {
        if (monitors.remove(id) == null) {
            throw unknown(id);
        }
        follow(xid, head, List.of(), false);
    }

    private void follow(int xid, Octets head, List<FlowMonitor> fresh, boolean isAnswered) {
        FlowFollower current = follower;
        if (current == null) {
            current = new FlowFollower(session, NOTICES_THAT_WAIT, this::wakeUp);
            follower = current;
        }
        FlowFollower following = current;
        List<FlowInterest> all =
                monitors.values().stream().map(FlowMonitors::interest).toList();
        List<FlowInterest> initial = fresh.stream().map(FlowMonitors::interest).toList();
        unanswered++;
        session.hold();
        requests.ask(
                xid,
                head,
                reader -> reader.follow(following, all, initial),
                found -> {
                    if (isAnswered) {
                        session.answer(xid, initial(found), this::answered);
                    } else {
                        answered();
                    }
                },
                this::answered);
    }

    private void answered() {
        unanswered--;
        drain();
        session.release();
    }

    private Answer initial(List<FlowNotice.Changed> found) {
        return Answer.of(
                found,
                some -> new MultipartBody.FlowUpdates(some.stream()
                        .map(changed -> full(changed, FlowUpdate.Event.INITIAL))
                        .toList()));
    }

    /**
     * ONLY_OWN alone is how Open vSwitch's clients say NO_ABBREV: own changes in short and nothing else, which it says by the
     * specification, is what nobody needs to be told.
     */
    private static FlowInterest interest(FlowMonitor monitor) {
        int flags = monitor.flags();
        boolean isInFull = (flags & (FlowMonitor.NO_ABBREV | FlowMonitor.ONLY_OWN)) != 0;
        boolean isOnlyOwn = (flags & FlowMonitor.NO_ABBREV) != 0 && (flags & FlowMonitor.ONLY_OWN) != 0;
        Set<BridgeEvent.Change> changes = EnumSet.noneOf(BridgeEvent.Change.class);
        if ((flags & FlowMonitor.ADD) != 0) {
            changes.add(BridgeEvent.Change.ADDED);
        }
        if ((flags & FlowMonitor.REMOVED) != 0) {
            changes.add(BridgeEvent.Change.REMOVED);
        }
        if ((flags & FlowMonitor.MODIFY) != 0) {
            changes.add(BridgeEvent.Change.MODIFIED);
        }
        FlowSelector selector =
                new FlowSelector(monitor.tableId(), monitor.match(), -1, 0, 0, monitor.outPort(), monitor.outGroup());
        return new FlowInterest(selector, changes, isOnlyOwn, isInFull ? flags | FlowMonitor.NO_ABBREV : flags);
    }

    // ---- updates

    /** On the control loop's thread. */
    private void wakeUp() {
        try {
            session.eventLoop().execute(this::drain);
        } catch (RejectedExecutionException e) {
            // The process ends: nobody is left to tell.
            LOG.trace("{}: a change came too late", session.peer(), e);
        }
    }

    /** Sends what waits while the client reads it. */
    void drain() {
        while (unanswered == 0 && session.isWritable() && send(UPDATES_IN_A_MESSAGE)) {
            // There may be more.
        }
    }

    /** Sends all that waits. */
    void drainAll() {
        while (unanswered == 0 && send(UPDATES_IN_A_MESSAGE)) {
            // There may be more.
        }
    }

    /** Sends some of what waits; false when nothing is left. */
    private boolean send(int most) {
        FlowFollower current = follower;
        if (current == null) {
            return false;
        }
        boolean hasMarkers = session.version().isAtLeast(OpenFlowVersion.OPENFLOW_14);
        List<FlowUpdate> updates = new ArrayList<>();
        while (updates.size() < most) {
            FlowNotice notice = current.poll();
            switch (notice) {
                case null -> {
                    flush(updates);
                    return false;
                }
                case FlowNotice.Changed changed -> add(updates, changed);
                case FlowNotice.Paused _ -> {
                    LOG.debug("{}: flow monitor paused", session.peer());
                    mark(updates, hasMarkers, new FlowUpdate.Paused(), new OpenFlowMessage.FlowMonitorPaused());
                }
                case FlowNotice.Resumed _ ->
                    mark(updates, hasMarkers, new FlowUpdate.Resumed(), new OpenFlowMessage.FlowMonitorResumed());
            }
        }
        flush(updates);
        return true;
    }

    private void mark(List<FlowUpdate> updates, boolean hasMarkers, FlowUpdate marker, OpenFlowMessage message) {
        if (hasMarkers) {
            updates.add(marker);
        } else {
            flush(updates);
            session.send(0, message);
        }
    }

    private void flush(List<FlowUpdate> updates) {
        if (!updates.isEmpty()) {
            session.sendMultipart(0, new MultipartBody.FlowUpdates(updates));
            updates.clear();
        }
    }

    private void add(List<FlowUpdate> updates, FlowNotice.Changed changed) {
        boolean isOwn = session.equals(changed.source().client());
        if (isOwn && (changed.details() & FlowMonitor.NO_ABBREV) == 0) {
            if (changed.source() != abbreviated) {
                abbreviated = changed.source();
                updates.add(new FlowUpdate.Abbreviated(abbreviated.xid()));
            }
            return;
        }
        updates.add(full(
                changed,
                switch (changed.change()) {
                    case ADDED -> FlowUpdate.Event.ADDED;
                    case MODIFIED -> FlowUpdate.Event.MODIFIED;
                    case REMOVED -> FlowUpdate.Event.REMOVED;
                }));
    }

    private FlowUpdate full(FlowNotice.Changed changed, FlowUpdate.Event event) {
        var flow = changed.flow();
        boolean isRemoved = event == FlowUpdate.Event.REMOVED;
        boolean hasInstructions = (changed.details() & FlowMonitor.INSTRUCTIONS) != 0;
        return new FlowUpdate.Full(
                event,
                flow.tableId(),
                isRemoved ? Replies.reason(changed.reason(), session.version()) : 0,
                flow.priority(),
                flow.idleTimeoutSeconds(),
                flow.hardTimeoutSeconds(),
                flow.cookie(),
                flow.match(),
                hasInstructions ? flow.instructions() : List.of());
    }
}
