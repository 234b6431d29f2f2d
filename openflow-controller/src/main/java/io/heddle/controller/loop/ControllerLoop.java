package io.heddle.controller.loop;

import io.heddle.controller.channel.SessionListener;
import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.FlowIdentity;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.IntentStore;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.Reconciler;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.pipeline.PipelineVerifier;
import io.heddle.controller.store.Lease;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.table.FlowMod;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries events to the apps and their commands to where they belong.
 *
 * <pre>
 *   session --event--> apps --commands--> intents --flow mods--> session     one write of a bridge at a time, in order
 *                                    +--> packets ------------> session
 *                                    +--> leases --> disk --> the rest of the command
 *                                    +--> events for all apps
 * </pre>
 *
 * <p>When a bridge comes up, the apps say what they want there, and what it has is brought in line with that. The same comparison is
 * repeated every few seconds, and a second after a refused write, so that nothing stays wrong. What is refused again and again is
 * tried ever more seldom, up to once a minute.
 *
 * <p>Thread: the controller loop, which is the executor that is given.
 */
public final class ControllerLoop implements SessionListener {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerLoop.class);
    private static final long AUDIT_NANOS = 10_000_000_000L;
    private static final long AUDIT_AFTER_ERROR_NANOS = 1_000_000_000L;
    private static final int MOST_DOUBLINGS = 6;

    /** Writes leases and then runs the rest. */
    public interface DurableWrites extends BiConsumer<List<Lease>, Runnable> {}

    private final List<ControllerApp> apps;
    private final Executor executor;
    private final Supplier<Now> clock;
    private final DurableWrites durable;
    private final IntentStore intents = new IntentStore();
    private final Map<SwitchId, ManagedBridge> bridges = new ConcurrentHashMap<>();
    private final Map<String, TargetStatus> targets = new ConcurrentHashMap<>();
    private final Map<SwitchId, SwitchStatus> secondaries = new HashMap<>();
    private final Counter packetIns;
    private final Counter packetOuts;
    private final Counter writesDone;
    private final Counter writesRefused;
    private final Counter defects;
    private boolean flushing;

    /**
     * A loop without sessions.
     *
     * @param apps in the order in which they see an event
     * @param executor the loop's thread
     * @param clock read once for each event
     */
    public ControllerLoop(
            List<ControllerApp> apps,
            Executor executor,
            Supplier<Now> clock,
            DurableWrites durable,
            MeterRegistry meters) {
        this.apps = List.copyOf(apps);
        this.executor = executor;
        this.clock = clock;
        this.durable = durable;
        packetIns = meters.counter("heddle.packet.ins");
        packetOuts = meters.counter("heddle.packet.outs");
        writesDone = meters.counter("heddle.flow.writes", "result", "done");
        writesRefused = meters.counter("heddle.flow.writes", "result", "refused");
        defects = meters.counter("heddle.app.defects");
    }

    /** Begins with a switch. */
    public void add(SwitchSession session) {
        targets.put(
                session.target(),
                new TargetStatus(false, "not tried yet", clock.get().epochMillis()));
        session.start(this);
    }

    /** Time has passed. */
    public void tick() {
        dispatch(new Event.Tick());
        long nanos = clock.get().nanos();
        bridges.values().stream()
                .filter(bridge -> bridge.isReady() && bridge.auditAtNanos - nanos <= 0)
                .forEach(bridge -> audit(bridge, nanos));
    }

    /** How the switches are, one for each bridge, or for each target without one. */
    public List<SwitchStatus> switches() {
        List<SwitchStatus> all = new ArrayList<>();
        for (ManagedBridge bridge : bridges.values()) {
            all.add(bridge.status(intents.of(bridge.view.id()).size()));
        }
        all.addAll(secondaries.values());
        targets.forEach((target, status) -> {
            if (bridges.values().stream()
                    .noneMatch(bridge -> bridge.session.target().equals(target))) {
                all.add(status.of(target));
            }
        });
        return all;
    }

    /** The bridges that are connected, by id. */
    public Map<SwitchId, SwitchView> views() {
        Map<SwitchId, SwitchView> views = new HashMap<>();
        bridges.forEach((id, bridge) -> views.put(id, bridge.view));
        return views;
    }

    @Override
    public void onState(SwitchSession session, State state, String reason) {
        TargetStatus before = targets.get(session.target());
        boolean connected = state == State.CONNECTED;
        if (!connected) {
            secondaries.values().removeIf(status -> status.target().equals(session.target()));
        }
        if (state == State.ENDED) {
            targets.remove(session.target());
            LOG.warn("{}: gone: {}", session.target(), reason);
            return;
        }
        if (before == null
                || before.connected() != connected
                || !before.reason().equals(reason)) {
            if (connected) {
                LOG.info("{}: connected", session.target());
            } else {
                LOG.warn("{}: not connected: {}", session.target(), reason);
            }
            targets.put(
                    session.target(),
                    new TargetStatus(connected, reason, clock.get().epochMillis()));
        }
    }

    @Override
    public void onBridgeUp(SwitchSession session, SwitchView view, List<FlowMod> flows) {
        ManagedBridge there = bridges.get(view.id());
        if (there != null && !there.session.equals(session)) {
            LOG.error(
                    "{}: bridge {} has datapath id {}, which bridge {} of {} has too; it is not controlled until they differ",
                    session.target(),
                    view.bridge(),
                    view.id(),
                    there.view.bridge(),
                    there.session.target());
            return;
        }
        Now now = clock.get();
        List<FlowIntent> own = flows.stream()
                .filter(flow -> Cookies.isOwn(flow.cookie()))
                .map(FlowIntent::of)
                .toList();
        if (there != null && (there.isWriting || !there.pending.isEmpty())) {
            // It was read again while changes are on their way: what was read is older than they are. The next audit
            // compares.
            there.view = view;
            there.auditAtNanos = now.nanos();
            dispatch(new Event.SwitchUp(view, own));
            return;
        }
        ManagedBridge bridge = new ManagedBridge(session, view, now.epochMillis());
        bridge.auditAtNanos = now.nanos() + AUDIT_NANOS;
        bridges.put(view.id(), bridge);
        secondaries.remove(view.id());
        dispatch(new Event.SwitchUp(view, own));
        reconcile(bridge, flows);
        bridge.reconciling = true;
        LOG.info(
                "{}: bridge {} ({}) up, {} flows to write",
                session.target(),
                view.bridge(),
                view.id(),
                bridge.pending.size());
        flush();
    }

    private void reconcile(ManagedBridge bridge, List<FlowMod> flows) {
        Reconciler.Difference difference = Reconciler.difference(intents.of(bridge.view.id()), flows);
        bridge.pending.clear();
        bridge.pending.addAll(difference.flowMods());
        for (FlowIntent blocked : difference.blocked()) {
            LOG.warn(
                    "bridge {}: a flow with another cookie stands where the controller's should be: table {}, priority {}",
                    bridge.view.bridge(),
                    blocked.identity().tableId(),
                    blocked.identity().priority());
        }
    }

    @Override
    public void onBridgeDown(SwitchSession session, SwitchView view, boolean secondary) {
        SwitchId id = view.id();
        if (secondary) {
            long millis = clock.get().epochMillis();
            secondaries.put(id, new SwitchStatus(session.target(), view, SwitchStatus.State.SECONDARY, millis, 0, ""));
        } else {
            secondaries.remove(id);
        }
        ManagedBridge bridge = bridges.get(id);
        if (bridge == null || !bridge.session.equals(session)) {
            return;
        }
        bridges.remove(id);
        LOG.warn(
                "{}: bridge {} ({}) down{}",
                session.target(),
                bridge.view.bridge(),
                id,
                secondary ? ": another controller is the primary" : "");
        dispatch(new Event.SwitchDown(id));
    }

    @Override
    public void onPacketIn(SwitchSession session, SwitchView view, int inPort, int tableId, Frame frame) {
        packetIns.increment();
        if (isManaged(session, view.id())) {
            dispatch(new Event.PacketIn(view, inPort, tableId, frame));
        }
    }

    @Override
    public void onPortChanged(SwitchSession session, SwitchView view, SwitchPort port) {
        if (isManaged(session, view.id())) {
            bridge(view.id()).view = view;
            dispatch(new Event.PortChanged(view, port));
        }
    }

    @Override
    public void onPortRemoved(SwitchSession session, SwitchView view, SwitchPort port) {
        if (isManaged(session, view.id())) {
            bridge(view.id()).view = view;
            dispatch(new Event.PortRemoved(view, port));
        }
    }

    @Override
    public void onFlowRemoved(SwitchSession session, SwitchId id, FlowMod flow, Removal reason) {
        if (!Cookies.isOwn(flow.cookie()) || !isManaged(session, id)) {
            return;
        }
        FlowIdentity identity = FlowIdentity.of(flow);
        FlowIntent intent = intents.get(id, identity);
        if (intent == null) {
            return;
        }
        boolean mayEnd = intent.idleTimeoutSeconds() > 0 || intent.hardTimeoutSeconds() > 0;
        if (reason == Removal.TIMEOUT || (reason == Removal.EVICTED && mayEnd)) {
            intents.remove(id, identity);
            dispatch(new Event.FlowExpired(id, intent));
        } else if (reason == Removal.EVICTED) {
            // The table is full. The flow should be there, but to add it at once would only push out another.
            refused(bridge(id), "table " + identity.tableId() + " is full: a flow was evicted");
        } else {
            // Somebody else deleted it: it should be there all the same.
            bridge(id).pending.add(intent.toFlowMod(FlowMod.Command.ADD));
            flush();
        }
    }

    /** Compares again after a pause that grows as long as something is refused; says what was refused once. */
    private void refused(ManagedBridge bridge, String reason) {
        long pause = AUDIT_AFTER_ERROR_NANOS << Math.min(bridge.refusals, MOST_DOUBLINGS);
        bridge.refusals++;
        bridge.auditAtNanos = clock.get().nanos() + pause;
        if (!reason.equals(bridge.lastRefusal)) {
            bridge.lastRefusal = reason;
            LOG.warn("bridge {}: {}; trying again ever more seldom", bridge.view.bridge(), reason);
        }
    }

    private boolean isManaged(SwitchSession session, SwitchId id) {
        ManagedBridge bridge = bridges.get(id);
        return bridge != null && bridge.session.equals(session);
    }

    private ManagedBridge bridge(SwitchId id) {
        ManagedBridge bridge = bridges.get(id);
        if (bridge == null) {
            throw new IllegalStateException("bridge " + id + " is not connected");
        }
        return bridge;
    }

    private void dispatch(Event event) {
        Now now = clock.get();
        for (ControllerApp app : apps) {
            try {
                for (Command command : app.onEvent(event, now)) {
                    execute(app, command);
                }
            } catch (RuntimeException e) {
                // A defect of one app must not stop the others, nor the next event.
                defects.increment();
                LOG.error("app {} failed on {}", app.name(), event.getClass().getSimpleName(), e);
            }
        }
    }

    private void execute(ControllerApp app, Command command) {
        switch (command) {
            case Command.PutFlow put -> put(app, put.id(), put.intent());
            case Command.RemoveFlow remove -> {
                FlowIntent intent = intents.remove(remove.id(), remove.identity());
                ManagedBridge bridge = bridges.get(remove.id());
                if (intent != null && bridge != null) {
                    bridge.pending.add(intent.toFlowMod(FlowMod.Command.DELETE_STRICT));
                    flush();
                }
            }
            case Command.SendPacket send -> {
                ManagedBridge bridge = bridges.get(send.id());
                if (bridge != null) {
                    packetOuts.increment();
                    bridge.send(send);
                }
            }
            case Command.Publish publish -> dispatch(publish.event());
            case Command.Durably durably ->
                durable.accept(
                        durably.leases(),
                        () -> executor.execute(() -> durably.then().forEach(then -> execute(app, then))));
        }
    }

    private void put(ControllerApp app, SwitchId id, FlowIntent intent) {
        FlowError error = PipelineVerifier.verify(app.name(), intent);
        if (error != null) {
            defects.increment();
            LOG.error("app {} wants a flow against the pipeline's declaration: {}", app.name(), error);
            return;
        }
        FlowIntent before = intents.get(id, intent.identity());
        if (!intents.put(id, intent)) {
            return;
        }
        ManagedBridge bridge = bridges.get(id);
        if (bridge != null) {
            boolean modify = before != null
                    && before.cookie() == intent.cookie()
                    && before.idleTimeoutSeconds() == intent.idleTimeoutSeconds()
                    && before.hardTimeoutSeconds() == intent.hardTimeoutSeconds();
            bridge.pending.add(intent.toFlowMod(modify ? FlowMod.Command.MODIFY_STRICT : FlowMod.Command.ADD));
            flush();
        }
    }

    /** Sends what has gathered, after the events that wait have been handled. */
    private void flush() {
        if (!flushing) {
            flushing = true;
            executor.execute(() -> {
                flushing = false;
                List.copyOf(bridges.values()).forEach(this::write);
            });
        }
    }

    private void write(ManagedBridge bridge) {
        if (bridge.isWriting) {
            return;
        }
        if (bridge.pending.isEmpty()) {
            becomeReady(bridge);
            return;
        }
        List<FlowMod> mods = List.copyOf(bridge.pending);
        bridge.pending.clear();
        bridge.isWriting = true;
        bridge.writes++;
        bridge.session.write(bridge.view.id(), mods, result -> {
            bridge.isWriting = false;
            bridge.release();
            writesDone.increment((double) mods.size() - result.errors().size());
            writesRefused.increment(result.errors().size());
            if (!result.errors().isEmpty()) {
                refused(
                        bridge,
                        "refused %d of %d flow changes: %s"
                                .formatted(
                                        result.errors().size(),
                                        mods.size(),
                                        result.errors().get(0)));
            }
            if (result.delivered() && bridges.get(bridge.view.id()) == bridge) {
                write(bridge);
            }
        });
    }

    private void becomeReady(ManagedBridge bridge) {
        if (bridge.reconciling) {
            bridge.reconciling = false;
            bridge.sinceMillis = clock.get().epochMillis();
            LOG.info("{}: bridge {} ready", bridge.session.target(), bridge.view.bridge());
        }
    }

    /** Compares again; only when nothing was written meanwhile, as the answer would be older than the wish. */
    private void audit(ManagedBridge bridge, long nanos) {
        bridge.auditAtNanos = nanos + AUDIT_NANOS;
        if (bridge.isWriting || !bridge.pending.isEmpty()) {
            return;
        }
        long writes = bridge.writes;
        bridge.session.readFlows(bridge.view.id(), flows -> {
            if (bridges.get(bridge.view.id()) == bridge && bridge.writes == writes && bridge.pending.isEmpty()) {
                reconcile(bridge, flows);
                if (bridge.pending.isEmpty()) {
                    bridge.refusals = 0;
                    bridge.lastRefusal = "";
                }
                flush();
            }
        });
    }

    /** How a target is. */
    private record TargetStatus(boolean connected, String reason, long sinceMillis) {
        SwitchStatus of(String target) {
            return new SwitchStatus(target, null, SwitchStatus.State.CONNECTING, sinceMillis, 0, reason);
        }
    }
}
