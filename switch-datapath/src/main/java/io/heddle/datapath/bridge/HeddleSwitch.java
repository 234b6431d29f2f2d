package io.heddle.datapath.bridge;

import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.LoopStatistics;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.poll.Waiter;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortContext;
import io.heddle.datapath.port.PortSpec;
import io.heddle.datapath.port.SoftwareOffload;
import io.heddle.datapath.upcall.EffectQueue;
import io.heddle.datapath.upcall.Punt;
import io.heddle.datapath.upcall.PuntQueue;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.conntrack.ConnectionState;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.conntrack.TrackerSettings;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.DatapathAction;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.pipeline.PacketInReason;
import io.heddle.flow.pipeline.Pipeline;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.RecirculationTable;
import io.heddle.flow.pipeline.TableEffect;
import io.heddle.flow.pipeline.Topology;
import io.heddle.flow.pipeline.TraceListener;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.table.TableLimit;
import io.heddle.flow.table.TableTransaction;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A whole switch: bridges, the control loop that owns them, and the poll loops that own their ports.
 *
 * <pre>
 *   agents --SwitchControl--> control loop --tables, topology, revision--> Pipeline <--translate-- poll loops <--> ports
 *                                   ^------------------------- punts --------------------------------'
 * </pre>
 *
 * <p>Threading: {@link #start} gives each loop a thread; without it a test calls {@link #doWork} and everything happens there. What
 * {@link SwitchControl} does not promise to any thread is the control loop's.
 */
public final class HeddleSwitch implements SwitchControl, AutoCloseable {
    private static final long LINK_CHECK_NS = 100_000_000;
    private static final long AGEING_NS = 1_000_000_000;
    private static final long RECLAIM_NS = 10_000_000;
    private static final int PUNTS_PER_TURN = 256;
    private static final int EFFECTS_PER_TURN = 1024;

    /**
     * What a poll loop is made of.
     *
     * @param pool closed with the switch
     * @param waiter that the loop sleeps by; closed with the switch
     */
    public record LoopParts(PacketPool pool, SoftwareOffload offload, Waiter waiter) {}

    /**
     * What a switch is made of.
     *
     * @param loops one for each poll loop; with several the switch must be {@linkplain #start started}
     * @param clock monotonic time in nanoseconds
     * @param hashSeed of the caches
     * @param tableLimit how much the flow tables may hold
     * @param onException told of exceptions, which are bugs
     */
    public record Parts(
            List<LoopParts> loops,
            PortOpener opener,
            StateStore store,
            LongSupplier clock,
            long hashSeed,
            TableLimit tableLimit,
            Consumer<Throwable> onException) {}

    private final Parts parts;
    private final VersionClock clock = new VersionClock();
    private final Pipeline pipeline = new Pipeline(clock, new RecirculationTable());
    private final PollLoops pollLoops;

    /** Packets for controllers that were not there. The control loop adds, any thread reads. */
    private final LongAdder unheard = new LongAdder();

    private final ConnectionTracker tracker;
    private final ControlLoop controlLoop;
    private final BarrierTracker barriers;
    private final PortAttachments attachments;
    private final PortNumbers portNumbers;
    private final TableSaver saver;
    private final Tracer tracer = new Tracer(pipeline);
    private final Map<String, Bridge> bridges = new ConcurrentSkipListMap<>();
    private final Map<Integer, Bridge> byId = new HashMap<>();
    private final List<BridgeListener> listeners = new CopyOnWriteArrayList<>();
    private final Reconciler reconciler = new Reconciler(this);
    /** What the tracker has been told. Control loop. */
    private ConntrackConfiguration conntrack = ConntrackConfiguration.DEFAULT;

    private volatile Configured configured = new Configured(1, SwitchConfiguration.EMPTY);

    /** Open devices, replaced as a whole by the control loop. */
    private volatile List<Port> devices = List.of();

    private final long startedNs;
    private int lastBridgeId;
    private long linkCheckNs;
    private long ageingNs;
    private long reclaimNs;
    private @Nullable Thread controlThread;
    private final Map<PollLoop, Thread> pollThreads = new HashMap<>();
    private BiConsumer<String, Throwable> onLoopDeath;
    private boolean isClosed;

    public HeddleSwitch(Parts parts) {
        this.parts = parts;
        this.onLoopDeath = (_, failure) -> parts.onException().accept(failure);
        this.startedNs = parts.clock().getAsLong();
        this.controlLoop = new ControlLoop(parts.clock(), parts.onException());
        this.tracker = new ConnectionTracker(parts.hashSeed() ^ 0x3c6ef372fe94f82bL);
        List<PollLoop> loops = new ArrayList<>();
        for (LoopParts loop : parts.loops()) {
            loops.add(newLoop(loops.size(), loop));
        }
        this.pollLoops = new PollLoops(loops);
        this.saver = new TableSaver(parts.store(), parts.onException());
        this.barriers = new BarrierTracker(clock, pollLoops);
        this.attachments = new PortAttachments(pollLoops, controlLoop, parts.onException());
        this.portNumbers = new PortNumbers(clock, pollLoops);
        loops.forEach(loop -> loop.onPunt(controlLoop::wakeUp));
        loops.forEach(loop -> loop.memoryShort(parts.tableLimit()::isMemoryShort));
        controlLoop.add(barriers);
        controlLoop.add(this::deliverPunts);
        controlLoop.add(this::applyEffects);
        // Each a task of its own: what goes wrong in one does not keep the others from their turn.
        controlLoop.add(this::expireFlows);
        controlLoop.add(this::watchLinks);
        controlLoop.add(this::ageAddresses);
        controlLoop.add(this::reclaimVersions);
        controlLoop.add(this::saveWhenDue);
    }

    private PollLoop newLoop(int number, LoopParts loop) {
        return new PollLoop(
                PollLoop.Settings.defaults(number, parts.hashSeed()),
                clock,
                (key, nowNs) -> pipeline.translate(key, nowNs, true),
                this::passMeter,
                loop.pool(),
                loop.offload(),
                tracker,
                loop.waiter(),
                parts.onException());
    }

    // ---- threads

    /** Gives the loops their threads. */
    public void start() {
        attachments.begin();
        controlThread = Thread.ofPlatform().name("heddle-control").start(() -> live(controlLoop::run));
        for (PollLoop loop : pollLoops.all()) {
            pollThreads.put(
                    loop,
                    Thread.ofPlatform().name("heddle-poll-" + loop.number()).start(() -> live(loop::run)));
        }
    }

    /**
     * Hears of a loop that an {@link Error} has ended, with the name of its thread, on that thread. All loops end then, and what waits for
     * them fails: a switch without one of them is none, and should be started again. Before {@link #start}.
     */
    public void onLoopDeath(BiConsumer<String, Throwable> listener) {
        onLoopDeath = listener;
    }

    private void live(Runnable loop) {
        try {
            loop.run();
        } catch (Throwable e) { // no loop ends unnoticed
            controlLoop.stop();
            pollLoops.stop();
            onLoopDeath.accept(Thread.currentThread().getName(), e);
        }
    }

    /** Has something done on the control loop again and again. Before {@link #start}. */
    public void addTask(ControlLoop.Task task) {
        controlLoop.add(task);
    }

    /** A port's link, MTU or address has changed: bridges and subscribers learn it at once. Control loop. */
    public void portChanged() {
        linkCheckNs = nowNs();
        checkLinks(nowNs());
        pollLoops.wakeUp();
    }

    /** One turn of all loops, for a switch that was not started; returns how much was done. */
    public int doWork(long nowNs) {
        int work = controlLoop.doWork(nowNs);
        for (PollLoop loop : pollLoops.all()) {
            work += loop.doWork(nowNs);
        }
        return work;
    }

    /**
     * Saves what is to be saved, closes all ports and ends the threads. Flows and configuration stay saved: the next start finds them. What
     * is still waited for fails with {@link SwitchStoppedException}. A poll loop that does not end keeps its buffers and devices, which it
     * may be using, until the process ends; that is told as an exception.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        CompletableFuture<Boolean> done = controlLoop.ask(answer -> {
            try {
                saveChanged();
            } finally {
                reconciler.closeAll();
            }
            answer.complete(true);
        });
        if (controlThread == null) {
            controlLoop.doWork(parts.clock().getAsLong());
        }
        done.orTimeout(attachments.patienceMs(), TimeUnit.MILLISECONDS)
                .exceptionally(e -> false)
                .join();
        controlLoop.stop();
        boolean isControlEnded = hasEnded(controlThread);
        pollLoops.stop();
        boolean arePollsEnded = true;
        for (PollLoop loop : pollLoops.all()) {
            boolean isEnded = hasEnded(pollThreads.get(loop));
            if (isEnded) {
                loop.end();
            }
            arePollsEnded &= isEnded;
        }
        if (isControlEnded) {
            controlLoop.end();
        }
        if (isControlEnded && arePollsEnded) {
            attachments.closeLeft();
        }
        saver.close();
        if (arePollsEnded) {
            pollLoops.all().forEach(PollLoop::close);
        }
    }

    private boolean hasEnded(@Nullable Thread thread) {
        if (thread == null) {
            return true;
        }
        try {
            thread.join(attachments.patienceMs());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            parts.onException()
                    .accept(new IllegalStateException(
                            "%s did not end within %d ms: what it uses stays open until the process ends"
                                    .formatted(thread.getName(), attachments.patienceMs())));
            return false;
        }
        return true;
    }

    // ---- what the control loop's other classes need

    VersionClock clock() {
        return clock;
    }

    ControlLoop loop() {
        return controlLoop;
    }

    BarrierTracker barriers() {
        return barriers;
    }

    TableSaver saver() {
        return saver;
    }

    Tracer tracer() {
        return tracer;
    }

    Parts parts() {
        return parts;
    }

    long nowNs() {
        return controlLoop.nowNs();
    }

    Map<String, Bridge> bridgeMap() {
        return bridges;
    }

    /** Chooses a poll loop for a port that is to be opened, and says what the port works with there. */
    PortContext portContext(int number, PortSpec spec) {
        PollLoop loop = pollLoops.assign(number, spec);
        return new PortContext(loop.pool(), parts.loops().get(loop.number()).offload(), loop.oversize());
    }

    PortNumbers portNumbers() {
        return portNumbers;
    }

    /** A port is closed, or was not opened: another one may have its number, later. */
    void freePort(int datapathNumber) {
        pollLoops.forget(datapathNumber);
        portNumbers.free(datapathNumber, nowNs());
    }

    PortAttachments attachments() {
        return attachments;
    }

    PollLoops datapathLoops() {
        return pollLoops;
    }

    Bridge addBridge(BridgeConfiguration configuration) {
        long datapathId = Long.parseUnsignedLong(configuration.datapathId(), 16);
        Bridge bridge = new Bridge(this, ++lastBridgeId, datapathId, configuration, parts.tableLimit());
        bridges.put(bridge.name(), bridge);
        byId.put(bridge.id(), bridge);
        return bridge;
    }

    void removeBridge(Bridge bridge) {
        bridge.markGone();
        bridges.remove(bridge.name());
        byId.remove(bridge.id());
    }

    void tellListeners(Consumer<BridgeListener> message) {
        listeners.forEach(message);
    }

    /** Shows the pipeline the bridges and ports as they are now. Everything is translated again. */
    void updateTopology() {
        Topology.Builder topology = Topology.builder();
        Map<String, BridgePort> patches = new HashMap<>();
        for (Bridge bridge : bridges.values()) {
            topology.bridge(bridge.view());
            for (BridgePort port : bridge.ports().all()) {
                if (port.device() == null) {
                    patches.put(port.name(), port);
                }
            }
        }
        for (Bridge bridge : bridges.values()) {
            for (BridgePort port : bridge.ports().all()) {
                topology.port(info(bridge, port, patches));
            }
        }
        pipeline.use(topology.build());
    }

    private static PortInfo info(Bridge bridge, BridgePort port, Map<String, BridgePort> patches) {
        BridgePort peer =
                port.device() == null ? patches.get(port.configuration().peer()) : null;
        boolean isMutual = peer != null && peer.configuration().peer().equals(port.name());
        return port.info(
                bridge.id(),
                peer != null && isMutual ? peer.datapathNumber() : 0,
                bridge.layer2().view(port));
    }

    /** Translates and executes a controller's packet. */
    void send(Bridge bridge, BridgeControl.PacketOut packetOut, int datapathPort) {
        byte[] frame = packetOut.frame();
        FlowKey key = new FlowKey();
        FlowKeyExtractor.extract(MemorySegment.ofArray(frame), 0, frame.length, key);
        key.set(MatchField.IN_PORT, Integer.toUnsignedLong(datapathPort));
        Translation translation = pipeline.packetOut(
                key, bridge.id(), packetOut.inPort(), packetOut.actions(), nowNs(), true, TraceListener.NONE);
        translation.counters().forEach(counter -> counter.add(1, frame.length, nowNs()));
        if (!translation.effects().isEmpty()) {
            apply(translation.effects(), nowNs());
        }
        ActionProgram program = new ActionProgram(translation.actions());
        inject(frame, datapathPort, program);
    }

    /** Goes on with a packet that waited for a controller; what is left to do was checked. */
    void resume(byte[] frame, FrozenState state, int datapathPort) {
        FlowKey key = new FlowKey();
        FlowKeyExtractor.extract(MemorySegment.ofArray(frame), 0, frame.length, key);
        key.set(MatchField.IN_PORT, Integer.toUnsignedLong(datapathPort));
        Match fields = state.pipelineFields();
        for (int word = KeyLayout.W_TUN_ID; word < KeyLayout.PACKET_WORDS; word++) {
            key.word(word, fields.value(word));
        }
        // Of these words a client may say nothing but the mark.
        key.word(KeyLayout.W_RECIRC_MARK, key.word(KeyLayout.W_RECIRC_MARK) & 0xffffffffL);
        key.word(KeyLayout.W_HASH_PRIORITY, 0);
        Translation translation = pipeline.resume(key, state, nowNs());
        translation.counters().forEach(counter -> counter.add(1, frame.length, nowNs()));
        if (!translation.effects().isEmpty()) {
            apply(translation.effects(), nowNs());
        }
        ActionProgram program = new ActionProgram(translation.actions());
        PollLoop loop = pollLoops.first();
        loop.submit(() -> loop.inject(frame, key, program));
    }

    /** Sends a frame of the bridge's own by a port; by a patch port it arrives at the other end. */
    void sendFrame(Bridge bridge, BridgePort port, byte[] frame) {
        PortInfo info = pipeline.topology().port(bridge.id(), port.number());
        if (info == null) {
            return;
        }
        int number = info.datapathPort();
        List<DatapathAction> actions = List.of(new DatapathAction.Output(number));
        if (port.device() == null) {
            FlowKey key = new FlowKey();
            FlowKeyExtractor.extract(MemorySegment.ofArray(frame), 0, frame.length, key);
            key.set(MatchField.IN_PORT, Integer.toUnsignedLong(info.peer()));
            actions = pipeline.translate(key, nowNs(), true).actions();
            number = info.peer();
        }
        int inPort = port.device() == null ? number : 0;
        ActionProgram program = new ActionProgram(actions);
        inject(frame, inPort, program);
    }

    private void inject(byte[] frame, int inPort, ActionProgram program) {
        PollLoop loop = pollLoops.first();
        loop.submit(() -> loop.inject(frame, inPort, program));
    }

    /** Called by poll loops. */
    private int passMeter(int bridgeId, int meterId, int octets, long nowNs) {
        BridgeView bridge = pipeline.topology().bridge(bridgeId);
        Meter meter = bridge == null ? null : bridge.tables().meters().find(meterId, clock.tableVersion());
        return meter == null ? 0 : meter.consume(nowNs, octets);
    }

    // ---- what is done again and again

    private int deliverPunts(long nowNs) {
        int count = 0;
        for (PollLoop loop : pollLoops.all()) {
            count += deliverPunts(loop.protocols(), nowNs); // before all others: a late one costs a link
        }
        for (PollLoop loop : pollLoops.all()) {
            count += deliverPunts(loop.punts(), nowNs);
        }
        return count;
    }

    private int deliverPunts(PuntQueue punts, long nowNs) {
        int count = 0;
        while (count < PUNTS_PER_TURN) {
            Punt punt = punts.poll();
            if (punt == null) {
                break;
            }
            count++;
            Bridge bridge = byId.get(punt.action().bridge());
            if (bridge == null) {
                continue;
            }
            if (PacketInReason.isOwn(punt.action().reason())) {
                bridge.layer2().received(punt, nowNs);
            } else if (!bridge.punted(punt)) {
                unheard.increment();
            }
        }
        return count;
    }

    /** Makes the changes of tables that packets have caused, all at once. */
    private int applyEffects(long nowNs) {
        int count = 0;
        for (PollLoop loop : pollLoops.all()) {
            count += applyEffects(loop.effects(), nowNs);
        }
        return count;
    }

    private int applyEffects(EffectQueue queue, long nowNs) {
        TableEffect effect = queue.poll();
        if (effect == null) {
            return 0;
        }
        List<TableEffect> effects = new ArrayList<>();
        while (effect != null) {
            effects.add(effect);
            effect = effects.size() < EFFECTS_PER_TURN ? queue.poll() : null;
        }
        apply(effects, nowNs);
        return effects.size();
    }

    private void apply(List<TableEffect> effects, long nowNs) {
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            boolean isStaged = false;
            for (TableEffect effect : effects) {
                Bridge bridge = byId.get(effect.bridge());
                if (bridge != null) {
                    isStaged |= bridge.stage(effect, transaction);
                }
            }
            if (isStaged) {
                transaction.commit();
                barriers.onPublished();
            }
        }
    }

    private int expireFlows(long nowNs) {
        int work = 0;
        for (Bridge bridge : bridges.values()) {
            try {
                work += bridge.expire(nowNs);
            } catch (RuntimeException e) {
                parts.onException().accept(e); // the other bridges' flows expire all the same
            }
        }
        return work;
    }

    private int watchLinks(long nowNs) {
        if (nowNs - linkCheckNs >= LINK_CHECK_NS) {
            linkCheckNs = nowNs;
            checkLinks(nowNs);
            bridges.values().forEach(bridge -> bridge.layer2().runBonds(nowNs));
        }
        return 0;
    }

    private int ageAddresses(long nowNs) {
        if (nowNs - ageingNs >= AGEING_NS) {
            ageingNs = nowNs;
            bridges.values().forEach(bridge -> {
                bridge.macs().expire(nowNs);
                bridge.layer2().run(nowNs);
            });
            if (pipeline.recirculations().expire(nowNs) > 0) {
                clock.touchAddresses();
            }
        }
        return 0;
    }

    private int reclaimVersions(long nowNs) {
        if (nowNs - reclaimNs >= RECLAIM_NS) {
            reclaimNs = nowNs;
            long oldest = barriers.oldestTableVersion();
            bridges.values().forEach(bridge -> bridge.tables().reclaim(oldest));
        }
        return 0;
    }

    private int saveWhenDue(long nowNs) {
        if (saver.isDue(nowNs)) {
            saveChanged();
        }
        return 0;
    }

    private void checkLinks(long nowNs) {
        boolean isChanged = false;
        for (Bridge bridge : bridges.values()) {
            for (BridgePort port : bridge.ports().all()) {
                if (port.hasLinkChanged()) {
                    isChanged = true;
                    bridge.layer2().linkChanged(port);
                    bridge.portChanged(BridgeEvent.Change.MODIFIED, port, nowNs);
                }
            }
        }
        if (isChanged) {
            updateTopology();
            pollLoops.wakeUp();
        }
    }

    private void saveChanged() {
        for (Bridge bridge : bridges.values()) {
            boolean isChanged = bridge.takeChanged();
            if (saver.takeFailed(bridge.name()) || isChanged) {
                reconciler.saveTables(bridge);
            }
        }
    }

    // ---- SwitchControl: any thread

    @Override
    public List<BridgeControl> bridges() {
        return List.copyOf(bridges.values());
    }

    @Override
    public Optional<BridgeControl> bridge(String name) {
        return Optional.ofNullable(bridges.get(name));
    }

    @Override
    public Configured configuration() {
        return configured;
    }

    void setConfigured(SwitchConfiguration configuration) {
        configured = new Configured(configured.revision() + 1, configuration);
    }

    @Override
    public CompletableFuture<ConfigurationResult> configure(
            List<ConfigurationChange> changes, long expectedRevision, boolean validateOnly) {
        List<ConfigurationChange> copy = List.copyOf(changes);
        return controlLoop.ask(answer -> answer.complete(reconciler.configure(copy, expectedRevision, validateOnly)));
    }

    @Override
    public <T> CompletableFuture<List<T>> read(SequencedMap<String, Function<BridgeReader, T>> questions) {
        return controlLoop.ask(answer -> {
            List<T> answers = new ArrayList<>();
            for (Map.Entry<String, Function<BridgeReader, T>> each : questions.entrySet()) {
                Bridge bridge = bridges.get(each.getKey());
                if (bridge == null) {
                    throw new BridgeGoneException(each.getKey());
                }
                answers.add(each.getValue().apply(new Reader(bridge, nowNs())));
            }
            answer.complete(answers);
        });
    }

    @Override
    public long failedTableSaves() {
        return saver.failures();
    }

    @Override
    public List<DropCount> drops() {
        List<DropCount> counts = new ArrayList<>();
        List<Port> open = devices;
        for (DropReason reason : DropReason.ALL) {
            counts.add(new DropCount(reason.name(), reason.sentence(), "", dropsOf(reason)));
            for (Port port : open) {
                long packets = port.statistics().receiveDrops(reason)
                        + port.statistics().transmitDrops(reason);
                if (packets > 0) {
                    counts.add(new DropCount(reason.name(), reason.sentence(), port.name(), packets));
                }
            }
        }
        return counts;
    }

    private long dropsOf(DropReason reason) {
        return reason == DropReason.NO_CONTROLLER ? unheard.sum() : pollLoops.drops(reason);
    }

    /** Open devices. Any thread. */
    public List<Port> devices() {
        return devices;
    }

    void refreshDevices() {
        List<Port> open = new ArrayList<>();
        for (Bridge bridge : bridges.values()) {
            for (BridgePort port : bridge.ports().all()) {
                Port device = port.device();
                if (device != null) {
                    open.add(device);
                }
            }
        }
        devices = List.copyOf(open);
    }

    @Override
    public CompletableFuture<List<MegaflowState>> megaflows(int limit) {
        return MegaflowQuery.ask(pollLoops.all(), parts.clock(), limit);
    }

    @Override
    public CompletableFuture<List<ConnectionState>> connections(@Nullable Integer zone, int limit) {
        return ConnectionQuery.ask(pollLoops.first(), tracker, parts.clock(), zone, limit);
    }

    @Override
    public CompletableFuture<Integer> flushConnections(ConnectionFilter filter) {
        return PollQuestion.ask(pollLoops.first(), () -> {
            synchronized (tracker) {
                return tracker.flush(filter);
            }
        });
    }

    @Override
    public CompletableFuture<ConntrackLimits> conntrackLimits(List<Integer> zones) {
        return PollQuestion.ask(pollLoops.first(), () -> {
            synchronized (tracker) {
                return limits(tracker, zones);
            }
        });
    }

    private static ConntrackLimits limits(ConnectionTracker tracker, List<Integer> zones) {
        TrackerSettings settings = tracker.settings();
        SortedSet<Integer> asked = new TreeSet<>(zones);
        if (asked.isEmpty()) {
            asked.addAll(settings.zones().keySet());
        }
        List<ZoneLimit> limits = new ArrayList<>();
        for (int zone : asked) {
            TrackerSettings.Zone own = settings.zones().get(zone);
            if (!zones.isEmpty() || own != null && own.limit() != null) {
                limits.add(new ZoneLimit(zone, settings.limitOf(zone), tracker.size(zone)));
            }
        }
        return new ConntrackLimits(settings.limit(), tracker.size(), settings.zoneLimit(), limits);
    }

    /** Makes the tracker remember as much and as long as the configuration says. Control loop. Returns false when it does so already. */
    boolean setConntrack(ConntrackConfiguration wanted) {
        if (wanted.equals(conntrack)) {
            return false;
        }
        conntrack = wanted;
        TrackerSettings settings = wanted.settings();
        pollLoops.first().submit(() -> {
            synchronized (tracker) {
                tracker.configure(settings);
            }
        });
        return true;
    }

    @Override
    public ConntrackCounters conntrack() {
        return new ConntrackCounters(
                pollLoops.count(LoopStatistics.Counter.CONNECTIONS),
                pollLoops.count(LoopStatistics.Counter.CONNECTIONS_REFUSED),
                pollLoops.count(LoopStatistics.Counter.NAT_EXHAUSTED),
                pollLoops.count(LoopStatistics.Counter.CONNTRACK_INVALID));
    }

    @Override
    public List<PollLoopState> pollLoops() {
        long upNs = Math.max(1, parts.clock().getAsLong() - startedNs);
        return pollLoops.all().stream()
                .map(loop -> state(loop.number(), loop.statistics(), upNs))
                .toList();
    }

    private static PollLoopState state(int loop, LoopStatistics counters, long upNs) {
        return new PollLoopState(
                loop,
                counters.get(LoopStatistics.Counter.EXACT_HITS),
                counters.get(LoopStatistics.Counter.MEGAFLOW_HITS),
                counters.get(LoopStatistics.Counter.UPCALLS),
                (int) counters.get(LoopStatistics.Counter.EXACT_ENTRIES),
                (int) counters.get(LoopStatistics.Counter.MEGAFLOW_ENTRIES),
                (int) counters.get(LoopStatistics.Counter.MEGAFLOW_LIMIT),
                (int) counters.get(LoopStatistics.Counter.MEGAFLOW_MASKS),
                counters.get(LoopStatistics.Counter.MASKS_PROBED),
                counters.get(LoopStatistics.Counter.MASKS_REFUSED),
                counters.get(LoopStatistics.Counter.TURNS_DEFERRED),
                Math.min(1.0, (double) counters.get(LoopStatistics.Counter.BUSY_NS) / upNs),
                counters.get(LoopStatistics.Counter.CYCLES),
                counters.get(LoopStatistics.Counter.STALLS),
                counters.get(LoopStatistics.Counter.PUNTS),
                counters.get(LoopStatistics.Counter.REVALIDATIONS),
                counters.get(LoopStatistics.Counter.EXCEPTIONS));
    }

    @Override
    public AutoCloseable watchBridges(BridgeListener listener) {
        Runnable begin = () -> {
            listeners.add(listener);
            bridges.values().forEach(listener::added);
        };
        if (controlLoop.isInside()) {
            begin.run();
        } else {
            try {
                controlLoop
                        .<Boolean>ask(answer -> {
                            begin.run();
                            answer.complete(true);
                        })
                        .join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : e;
            }
        }
        return () -> listeners.remove(listener);
    }
}
