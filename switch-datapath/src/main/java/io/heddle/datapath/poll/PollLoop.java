package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.cache.ExactMatchCache;
import io.heddle.datapath.cache.FlowLimit;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.LoopStatistics.Counter;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.SoftwareOffload;
import io.heddle.datapath.queue.EgressQueues;
import io.heddle.datapath.queue.IngressPolicer;
import io.heddle.datapath.upcall.EffectQueue;
import io.heddle.datapath.upcall.PuntQueue;
import io.heddle.datapath.upcall.SlowPath;
import io.heddle.datapath.upcall.Translator;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Owns ports, buffers and caches, and moves packets between them.
 *
 * <pre>
 *   duty cycle:  commands -> read the revision, acknowledge it -> what other loops give, for ports of this one
 *                -> each port: receive a batch, FastPath -> transmit all queues: by ports, and to other loops
 * </pre>
 *
 * <p>Reading the revision once per cycle is what makes a barrier a datapath barrier: when the loop acknowledges revision r, every
 * packet that was treated under an earlier one has left, and every packet from now on is treated under r or a later one. A loop that
 * sleeps holds no packet, but for those in queues of ports, which have been treated; it counts as having acknowledged everything, and reads the revision again before it touches a packet
 * ({@link #hasSeen}).
 *
 * <p>Threading: {@link #doWork} and everything that is said to be the loop's run on one thread, whichever that is; {@link #run} is such
 * a thread. {@link #submit}, {@link #hasSeen} and {@link #statistics} may be called from any thread.
 */
public final class PollLoop implements AutoCloseable {
    /** A cycle that takes longer than this is counted as a stall, in nanoseconds. */
    public static final long STALL_NS = 10_000_000;

    private static final int MAX_SLEEP_MS = 500;

    /** About what the wake-ups of a request and its answer cost where two switches forward them. */
    private static final long MAX_SPIN_NS = 150_000;

    /** Packets of link protocols that may wait for the control loop. */
    private static final int PROTOCOL_CAPACITY = 256;

    private static final long HOUSEKEEPING_NS = 100_000_000;
    private static final long RANK_NS = 1_000_000_000;

    /** Megaflows that housekeeping looks at at a time, so that it does not hold packets up. */
    private static final int MOST_PER_TURN = 2048;

    private static final int RUNNING = 0;
    private static final int SLEEPING = 1;

    private static final VarHandle ACKNOWLEDGED;
    private static final VarHandle STATE;
    private static final VarHandle FINISHED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ACKNOWLEDGED = lookup.findVarHandle(PollLoop.class, "acknowledged", long.class);
            FINISHED = lookup.findVarHandle(PollLoop.class, "finished", long.class);
            STATE = lookup.findVarHandle(PollLoop.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * What a loop is made with.
     *
     * @param number from 0
     * @param exactEntries of the exact-match cache, a power of two
     * @param flowLimit most megaflows; see {@link FlowLimit}
     * @param maskLimit most masks of megaflows of one port
     * @param megaflowIdleNs after which a megaflow is evicted
     * @param puntCapacity packets that may wait for the control loop, a power of two
     * @param hashSeed of the caches
     */
    public record Settings(
            int number,
            int exactEntries,
            int flowLimit,
            int maskLimit,
            long megaflowIdleNs,
            int puntCapacity,
            long hashSeed) {
        public static Settings defaults(int number, long hashSeed) {
            return new Settings(number, 8192, 200_000, 128, 10_000_000_000L, 1024, hashSeed);
        }
    }

    private final Settings settings;
    private final VersionClock clock;
    private final PacketPool pool;
    private final Waiter waiter;
    private final ExactMatchCache exact;
    private final MegaflowCache megaflows;
    private final FlowLimit flowLimit;
    private final SlowPath slowPath;
    private final PuntQueue punts;
    private final PuntQueue protocols = new PuntQueue(PROTOCOL_CAPACITY);
    private final OutputQueues outputs;
    private final ActionExecutor executor;
    private final FastPath fastPath;
    private final OversizeReplies oversize;
    private final ConnectionTracker tracker;
    private final FragmentTable fragments;
    private final LoopStatistics statistics = new LoopStatistics();
    private final PacketBatch batch = new PacketBatch();
    private final List<Port> ports = new ArrayList<>();

    /** Of {@link #ports}, by place. */
    private final List<@Nullable IngressPolicer> policers = new ArrayList<>();

    /** Of {@link #ports}, by place. */
    private final MissBudget misses = new MissBudget();

    private final List<Integer> watched = new ArrayList<>();
    private final CommandQueue commands = new CommandQueue();
    private final List<MegaflowDump> dumps = new ArrayList<>();
    private final LoopLinks links = new LoopLinks();
    private final Consumer<Throwable> onException;
    private Runnable puntSignal = () -> {};
    private BooleanSupplier isMemoryShort = () -> false;

    private long housekeepingNs;
    private long rankNs;
    private long sweepNs;
    private long nowNs;

    /** Revision under which packets are treated now; written by the loop with release, read by the control loop with acquire. */
    private long acknowledged = -1;

    /** Written by the loop, read by the control loop, both volatile: see {@link #hasSeen}. */
    private int state = RUNNING;

    /** Commands taken out so far. Loop. */
    private long taken;

    /** Commands that are done, and whose packets have left; written by the loop with release, read by the control loop with acquire. */
    private long finished;

    // With other loops: what is acknowledged when the packets up to the mark have left.
    private boolean isMarked;
    private long markedRevision;
    private long markedCommands;
    private long flushedCommands;

    private volatile boolean isStopped;
    private volatile boolean hasEnded;

    /**
     * A loop without ports.
     *
     * @param pool for packets that the loop itself makes; closed with the loop
     * @param offload completes checksums of packets to the controllers
     * @param tracker of the connections of all loops; used under its monitor
     * @param onException told of exceptions, which are bugs; called on the loop
     */
    public PollLoop(
            Settings settings,
            VersionClock clock,
            Translator translator,
            MeterGate meters,
            PacketPool pool,
            SoftwareOffload offload,
            ConnectionTracker tracker,
            Waiter waiter,
            Consumer<Throwable> onException) {
        this.settings = settings;
        this.clock = clock;
        this.pool = pool;
        this.tracker = tracker;
        this.waiter = waiter;
        this.onException = onException;
        exact = new ExactMatchCache(settings.exactEntries(), settings.hashSeed());
        megaflows = new MegaflowCache(settings.flowLimit(), settings.maskLimit(), settings.hashSeed() ^ 0x5bf03635L);
        flowLimit = new FlowLimit(settings.flowLimit());
        slowPath = new SlowPath(translator, megaflows);
        punts = new PuntQueue(settings.puntCapacity());
        outputs = new OutputQueues(statistics, pool, this::failed);
        PacketBatch recirculated = new PacketBatch();
        fragments = new FragmentTable(pool, statistics, settings.hashSeed() ^ 0xa54ff53a5f1d36f1L);
        executor = new ActionExecutor(
                pool, offload, outputs, meters, punts, protocols, statistics, recirculated, tracker, fragments);
        fastPath = new FastPath(exact, megaflows, slowPath, executor, statistics, recirculated);
        oversize = new OversizeReplies(pool, outputs);
    }

    public int number() {
        return settings.number();
    }

    public LoopStatistics statistics() {
        return statistics;
    }

    /** Packets for the controllers; the control loop takes them. */
    public PuntQueue punts() {
        return punts;
    }

    /**
     * Packets of the link protocols that the switch speaks. They wait for themselves: what controllers are sent cannot keep them away, and so
     * make a loop of a tree or take a bond apart.
     */
    public PuntQueue protocols() {
        return protocols;
    }

    /** What packets change in tables; the control loop takes it. */
    public EffectQueue effects() {
        return slowPath.effects();
    }

    /** Answers packets that do not fit; give it to the ports of this loop. */
    public OversizeReplies oversize() {
        return oversize;
    }

    /** The pool that packets of this loop come from. */
    public PacketPool pool() {
        return pool;
    }

    /** Called on the loop after a cycle that punted or has something to be changed in tables. Set before the loop runs. */
    public void onPunt(Runnable signal) {
        puntSignal = signal;
    }

    /** Asked once a second whether megaflows should make room. Set before the loop runs. */
    public void memoryShort(BooleanSupplier isShort) {
        isMemoryShort = isShort;
    }

    /** Has a command run on the loop, after those submitted before, and wakes it up. Any thread. */
    public void submit(Runnable command) {
        commands.add(command);
        waiter.wakeUp();
    }

    /** Wakes the loop up, if it sleeps. Any thread. */
    public void wakeUp() {
        waiter.wakeUp();
    }

    /**
     * Says whether no packet will be treated under a revision before {@code revision} any more. Any thread, after that revision was
     * published.
     */
    public boolean hasSeen(long revision) {
        // The loop writes RUNNING and then reads the revision, we have published the revision and now read the state,
        // all sequentially
        // consistent: if we see SLEEPING, the loop will see the revision when it wakes up.
        VarHandle.fullFence();
        return (int) STATE.getVolatile(this) == SLEEPING || (long) ACKNOWLEDGED.getAcquire(this) >= revision;
    }

    /** How many commands have been submitted: at least all whose {@link #submit} has returned. Any thread. */
    public long submitted() {
        return commands.submitted();
    }

    /**
     * Says whether so many commands are done, and the packets that they sent have left. Any thread.
     *
     * @param count what {@link #submitted} has said
     */
    public boolean hasFinished(long count) {
        return (long) FINISHED.getAcquire(this) >= count;
    }

    /** Lets all loops of a switch give packets to each other. Before they run. */
    public static void connect(List<PollLoop> loops) {
        for (int i = 0; i < loops.size(); i++) {
            for (int j = 0; j < i; j++) {
                LoopLinks.connect(loops.get(i), loops.get(j));
            }
        }
    }

    LoopLinks links() {
        return links;
    }

    /** Adds a port. Loop. */
    public void attach(Port port) {
        ports.add(port);
        policers.add(null);
        misses.attach();
        outputs.attach(port, null);
    }

    /**
     * Limits what leaves by a port of this loop, and what comes in. Loop.
     *
     * @param egress null for no queues
     * @param policer null for none
     */
    public void shape(Port port, @Nullable EgressQueues egress, @Nullable IngressPolicer policer) {
        int index = ports.indexOf(port);
        if (index >= 0) {
            policers.set(index, policer);
            outputs.shape(port, egress);
        }
    }

    /** Lets packets of this loop leave by a port of another loop. Loop. */
    public void attachRemote(Port port, PollLoop owner) {
        outputs.attach(port, links.to(owner));
    }

    /** Packets of this loop do not leave by a port of another loop any more. Loop. */
    public void detachRemote(Port port) {
        outputs.flush();
        outputs.detach(port);
    }

    /** Lets a port go. What it has received and not yet been forwarded is forwarded; what it keeps itself is released. Loop. */
    public void detach(Port port) {
        outputs.flush();
        outputs.detach(port);
        int index = ports.indexOf(port);
        if (index >= 0) {
            ports.remove(index);
            policers.remove(index);
            misses.detach(index);
        }
        unwatchAll(); // the next port may get the descriptor's number
        recall();
        port.drain();
    }

    /** Waits for the packets that other loops have: some of them may be in memory of the port. */
    @SuppressWarnings("ThreadPriorityCheck") // the other loop may need this very core
    private void recall() {
        while (links.isOutstanding()) {
            links.take(outputs); // of a loop that waits as well
            outputs.flush();
            links.flushed();
            Thread.yield();
        }
    }

    /** Ports of this loop. Loop. */
    public List<Port> ports() {
        return List.copyOf(ports);
    }

    /** Copies the megaflows, some in each duty cycle, for whom the dump says. Loop. */
    public void dumpMegaflows(MegaflowDump dump) {
        megaflows.forEach(dump::add);
        exact.forEachExactOnly(dump::add);
        dumps.add(dump);
    }

    /** Forgets every megaflow; the next packets are translated. Loop. */
    public void flushCaches() {
        exact.clear();
        megaflows.clear();
    }

    /** Executes a program on a frame that a controller sends. Loop, within a command. */
    public void inject(byte[] frame, int inPort, ActionProgram program) {
        inject(frame, new FlowKey().set(MatchField.IN_PORT, Integer.toUnsignedLong(inPort)), program);
    }

    /**
     * As above, with a packet that has metadata.
     *
     * @param metadata words that no header brings: input port, tunnel, mark, what the connection tracker said
     */
    public void inject(byte[] frame, FlowKey metadata, ActionProgram program) {
        Packet packet = frame.length > PacketPool.MAX_FRAME_LENGTH ? null : pool.allocate();
        if (packet == null) {
            statistics.drop(DropReason.NO_BUFFER, 1);
            return;
        }
        packet.append(frame.length);
        MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
        MetadataRewriter.restore(metadata, packet);
        executor.execute(program, packet, nowNs);
    }

    /**
     * One duty cycle.
     *
     * @param nowNs monotonic time
     * @return packets received and commands run; 0: there was nothing to do
     */
    public int doWork(long nowNs) {
        this.nowNs = nowNs;
        outputs.begin(nowNs);
        slowPath.begin(nowNs);
        int work = runCommands();
        long revision = clock.revision();
        acknowledge(revision);
        fastPath.begin(revision, nowNs);
        work += links.take(outputs);
        for (int i = 0; i < ports.size(); i++) {
            if (misses.mayReceive(i)) {
                long before = slowPath.translations();
                int received = receive(ports.get(i), policers.get(i));
                misses.received(i, received, slowPath.translations() - before);
                work += received;
            }
        }
        outputs.flush();
        oversize.flush();
        flushed();
        try {
            work += dump();
            housekeep(nowNs);
        } catch (RuntimeException e) {
            report(e);
        }
        return work;
    }

    /** Packets of earlier revisions have left, but for those that other loops have been given and not yet sent. */
    private void acknowledge(long revision) {
        if (links.isAlone()) {
            ACKNOWLEDGED.setRelease(this, revision);
            return;
        }
        if (!isMarked) {
            links.mark();
            markedRevision = revision;
            markedCommands = flushedCommands;
            isMarked = true;
        }
        if (links.isMarkReached()) {
            ACKNOWLEDGED.setRelease(this, markedRevision);
            FINISHED.setRelease(this, markedCommands);
            isMarked = false;
        }
    }

    private void flushed() {
        if (links.isAlone()) {
            FINISHED.setRelease(this, taken);
        } else {
            links.flushed();
            flushedCommands = taken;
        }
    }

    /** Looks up again what a controller's packet has left for that, by the rules that were there when it was sent or by later ones. */
    private void finishInjected() {
        try {
            fastPath.begin(clock.revision(), nowNs);
            fastPath.process(batch);
        } catch (RuntimeException e) {
            fastPath.reset();
            report(e);
        }
    }

    /** What goes wrong with packets of one port is no matter of the others. */
    private int receive(Port port, @Nullable IngressPolicer policer) {
        int received = 0;
        try {
            received = port.receive(batch);
            if (received > 0) {
                if (policer != null) {
                    policer.police(batch, port.statistics(), nowNs);
                }
                fastPath.process(batch);
            }
        } catch (RuntimeException e) {
            port.statistics().countReceiveError();
            port.statistics().countReceiveDrop(DropReason.INTERNAL_ERROR, batch.size());
            batch.release();
            fastPath.reset();
            failed(port, "handling received packets", e);
        }
        return received;
    }

    private void failed(Port port, String doing, RuntimeException failure) {
        report(new IllegalStateException("port " + port.name() + " failed while " + doing, failure));
    }

    private void report(RuntimeException failure) {
        statistics.add(Counter.EXCEPTIONS, 1);
        onException.accept(failure);
    }

    private int runCommands() {
        int count = 0;
        long most = commands.submitted() - taken; // a command that submits itself again has the next cycle
        while (count < most) {
            Runnable command = commands.poll();
            if (command == null) {
                break; // counted before it is there
            }
            count++;
            try {
                command.run();
            } catch (RuntimeException e) {
                report(e);
            }
            if (fastPath.hasRecirculated()) {
                finishInjected(); // not after all commands: there is room for a batch
            }
        }
        taken += count;
        return count;
    }

    private int dump() {
        if (dumps.isEmpty()) {
            return 0;
        }
        MegaflowDump first = dumps.getFirst();
        boolean isDone = true; // also if it throws
        try {
            isDone = first.copySome();
        } finally {
            if (isDone) {
                dumps.removeFirst();
            }
        }
        return 1;
    }

    private void housekeep(long nowNs) {
        if (nowNs - housekeepingNs < HOUSEKEEPING_NS) {
            return;
        }
        housekeepingNs = nowNs;
        megaflows.evictIdle(Math.min(megaflows.size() / 8 + 64, MOST_PER_TURN), nowNs, settings.megaflowIdleNs());
        megaflows.shrink(MOST_PER_TURN);
        fragments.expire(nowNs);
        if (settings.number() == 0) {
            synchronized (tracker) {
                tracker.expire(tracker.records() / 100 + 64, nowNs);
                statistics.set(Counter.CONNECTIONS, tracker.size());
                statistics.set(Counter.CONNECTIONS_REFUSED, tracker.overLimit());
                statistics.set(Counter.NAT_EXHAUSTED, tracker.natExhausted());
                statistics.set(Counter.CONNTRACK_INVALID, tracker.invalid());
            }
        }
        if (nowNs - rankNs >= RANK_NS) {
            rankNs = nowNs;
            megaflows.rank();
            megaflows.setFlowLimit(flowLimit.adapt(isMemoryShort.getAsBoolean()));
        }
        if (nowNs - sweepNs >= RANK_NS) {
            sweepNs = nowNs;
            statistics.set(Counter.EXACT_ENTRIES, exact.sweep(nowNs, settings.megaflowIdleNs()));
        }
        publishCounters();
    }

    /** Copies counters of caches to where other threads read them. Loop. */
    public void publishCounters() {
        statistics.set(Counter.EXACT_HITS, exact.hits());
        statistics.set(Counter.EXACT_MISSES, exact.misses());
        statistics.set(Counter.MEGAFLOW_HITS, megaflows.hits());
        statistics.set(Counter.MEGAFLOW_MISSES, megaflows.misses());
        statistics.set(Counter.MEGAFLOW_ENTRIES, megaflows.size());
        statistics.set(Counter.MEGAFLOW_LIMIT, flowLimit.limit());
        statistics.set(Counter.MEGAFLOW_MASKS, megaflows.maskCount());
        statistics.set(Counter.MEGAFLOW_EVICTIONS, megaflows.evictions());
        statistics.set(Counter.MASKS_PROBED, megaflows.masksProbed());
        statistics.set(Counter.MASKS_REFUSED, megaflows.masksRefused());
        statistics.set(Counter.TURNS_DEFERRED, misses.deferrals());
        statistics.set(Counter.UPCALLS, slowPath.upcalls());
        statistics.set(Counter.REVALIDATIONS, slowPath.revalidations());
        statistics.set(Counter.REPLACEMENTS, slowPath.replacements());
    }

    /**
     * Works until {@link #stop}: spins while there is work, sleeps when there is none. No exception ends it, but an {@link Error} does:
     * whatever ends it, what waits for it is told.
     */
    public void run() {
        try {
            work();
        } finally {
            end();
        }
    }

    /** Says whether the loop will touch no packet any more. Any thread. */
    boolean hasEnded() {
        return hasEnded;
    }

    /** Wakes the loop up if it sleeps; what it is to see was published before. Any thread. */
    void wakeUpIfAsleep() {
        VarHandle.fullFence(); // as in hasSeen: the loop writes SLEEPING, and then looks once more
        if ((int) STATE.getVolatile(this) == SLEEPING) {
            waiter.wakeUp();
        }
    }

    /** Refuses what waits, and every command from now on. On the loop's thread, or when that has ended. */
    public void end() {
        hasEnded = true;
        commands.end();
        dumps.forEach(MegaflowDump::refuse);
        dumps.clear();
    }

    @SuppressWarnings("ThreadPriorityCheck") // see IdleSpin
    private void work() {
        IdleSpin idle = new IdleSpin(MAX_SPIN_NS);
        long told = 0;
        while (!isStopped) {
            long start = System.nanoTime();
            long revalidations = slowPath.revalidations();
            int work = doWork(start);
            statistics.add(Counter.CYCLES, 1);
            if (work > 0) {
                idle.busy();
                long spent = System.nanoTime() - start;
                statistics.add(Counter.BUSY_CYCLES, 1);
                statistics.add(Counter.BUSY_NS, spent);
                flowLimit.measured(spent, slowPath.revalidations() - revalidations);
                if (spent > STALL_NS) {
                    statistics.add(Counter.STALLS, 1);
                }
            } else if (idle.shouldSleep(start) && isQuiet()) {
                trySleep();
                idle.slept(System.nanoTime());
            } else {
                Thread.yield();
            }
            long toldNow = statistics.get(Counter.PUNTS) + slowPath.effects().offered();
            if (toldNow != told) {
                told = toldNow;
                puntSignal.run();
            }
        }
        do {
            doWork(System.nanoTime());
        } while (!dumps.isEmpty());
    }

    /** Says whether everything that was given to other loops has left, and that has been said. */
    private boolean isQuiet() {
        return links.isAlone() || !isMarked && finished == taken;
    }

    private void trySleep() {
        try {
            sleep();
        } catch (RuntimeException e) {
            STATE.setVolatile(this, RUNNING);
            VarHandle.fullFence();
            report(e);
        }
    }

    private void sleep() {
        watchPorts();
        STATE.setVolatile(this, SLEEPING);
        VarHandle.fullFence();
        if (commands.isEmpty() && !links.hasWaiting() && !isStopped) {
            waiter.await(sleepMs());
        }
        STATE.setVolatile(this, RUNNING);
        VarHandle.fullFence();
    }

    /** Until a packet in a port's queues may leave: their bursts make up for a sleep that is a little longer. */
    private int sleepMs() {
        return (int) Math.clamp(outputs.delayNs() / 1_000_000, 1L, MAX_SLEEP_MS);
    }

    /** Brings the watched descriptors up to date: a port's may change when its device comes and goes. */
    private void watchPorts() {
        boolean isSame = watched.size() == ports.size();
        for (int i = 0; isSame && i < ports.size(); i++) {
            isSame = watched.get(i) == ports.get(i).pollFd();
        }
        if (isSame) {
            return;
        }
        unwatchAll();
        for (Port port : ports) {
            int fd = port.pollFd();
            watched.add(fd);
            if (fd >= 0) {
                waiter.watch(fd);
            }
        }
    }

    private void unwatchAll() {
        for (int fd : watched) {
            if (fd >= 0) {
                waiter.unwatch(fd);
            }
        }
        watched.clear();
    }

    /** Ends {@link #run} soon; commands submitted before are still run. Any thread. */
    public void stop() {
        isStopped = true;
        waiter.wakeUp();
    }

    /** Gives memory back. When the loop has ended and its ports are closed. */
    @Override
    public void close() {
        fragments.close();
        megaflows.clear();
        waiter.close();
        pool.close();
    }
}
