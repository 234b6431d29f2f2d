package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.buffer.SuperFrame;
import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.SoftwareOffload;
import io.heddle.datapath.upcall.Punt;
import io.heddle.datapath.upcall.PuntQueue;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.match.HeaderRewriter;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.PacketEditor;
import io.heddle.flow.pipeline.DatapathAction;
import io.heddle.flow.pipeline.PacketInReason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Executes megaflows' programs on packets.
 *
 * <p>The last output moves the packet, each earlier one takes a share of it: octets are copied only when something is written to a
 * frame that others hold too.
 *
 * <p>Threading: one poll loop.
 */
final class ActionExecutor {
    /** Shortest Ethernet frame without FCS; a frame that a pop made shorter is padded. */
    private static final int MIN_FRAME = 60;

    /** What writes each DSCP. */
    private static final Match[] DSCP = new Match[64];

    static {
        for (int dscp = 0; dscp < DSCP.length; dscp++) {
            DSCP[dscp] = Match.builder()
                    .masked(MatchField.IP_DSCP, Bits.of(dscp), MatchField.IP_DSCP.allOnes())
                    .build();
        }
    }

    private final PacketPool pool;
    private final SoftwareOffload offload;
    private final OutputQueues outputs;
    private final MeterGate meters;
    private final PuntQueue punts;
    private final PuntQueue protocols;
    private final LoopStatistics statistics;
    private final PacketBatch recirculated;
    private final ConnectionTracker tracker;
    private final FragmentTable fragments;
    private final HeaderRewriter rewriter = new HeaderRewriter();
    private final FlowKey key = new FlowKey();
    private @Nullable PacketRoom room;
    private int depth;

    /** Packets that the tracker has seen and whose fragments have not gone on, first to last. */
    private @Nullable Reassembly firstReady;

    private @Nullable Reassembly lastReady;
    /** The packet that is being worked on, as long as nobody else has it. */
    private @Nullable Packet current;

    ActionExecutor(
            PacketPool pool,
            SoftwareOffload offload,
            OutputQueues outputs,
            MeterGate meters,
            PuntQueue punts,
            PuntQueue protocols,
            LoopStatistics statistics,
            PacketBatch recirculated,
            ConnectionTracker tracker,
            FragmentTable fragments) {
        this.pool = pool;
        this.offload = offload;
        this.outputs = outputs;
        this.meters = meters;
        this.punts = punts;
        this.protocols = protocols;
        this.statistics = statistics;
        this.recirculated = recirculated;
        this.tracker = tracker;
        this.fragments = fragments;
    }

    /** Says how often the packets that come now have been looked up again. */
    void setDepth(int lookups) {
        depth = lookups;
    }

    /** Executes all steps and takes the packet over. */
    void execute(ActionProgram program, Packet packet, long nowNs) {
        execute(program, packet, nowNs, 0);
    }

    private void execute(ActionProgram program, Packet packet, long nowNs, int firstStep) {
        current = packet;
        try {
            run(program, packet, nowNs, firstStep);
        } catch (RuntimeException e) {
            Packet left = current;
            current = null;
            if (left != null) {
                statistics.drop(DropReason.INTERNAL_ERROR, 1);
                left.release();
            }
            throw e;
        }
    }

    private void run(ActionProgram program, Packet received, long nowNs, int firstStep) {
        Packet packet = received;
        int truncateTo = Integer.MAX_VALUE;
        int steps = program.size();
        for (int i = firstStep; i < steps; i++) {
            switch (program.operation(i)) {
                case ActionProgram.OUTPUT -> {
                    outputShare(program.first(i), packet, truncateTo);
                    truncateTo = Integer.MAX_VALUE;
                }
                case ActionProgram.OUTPUT_LAST -> {
                    if (isCutWithOffload(packet, truncateTo)) {
                        outputCut(program.first(i), packet, truncateTo);
                        current = null;
                        packet.release();
                        return;
                    }
                    packet.truncate(truncateTo);
                    current = null;
                    outputs.add(program.first(i), packet);
                    return;
                }
                case ActionProgram.TRUNCATE -> truncateTo = program.first(i);
                case ActionProgram.METER -> {
                    int levels = meters.pass(program.first(i), program.second(i), packet.length(), nowNs);
                    if (levels == Meter.DROP) {
                        drop(packet, DropReason.METER);
                        return;
                    }
                    Packet marked = levels == 0 ? packet : remark(packet, levels);
                    if (marked == null) {
                        return;
                    }
                    packet = marked;
                }
                case ActionProgram.PUNT -> punt(program.punt(i), packet);
                case ActionProgram.CLONE -> {
                    Packet clone = pool.share(packet);
                    if (clone == null) {
                        statistics.drop(DropReason.NO_BUFFER, 1);
                    } else {
                        try {
                            execute(program.nested(i), clone, nowNs);
                        } finally {
                            current = packet; // also for execute() of the outer program, which releases it
                        }
                    }
                }
                case ActionProgram.CONNTRACK -> {
                    Packet tracked = track(program, i, packet, nowNs);
                    if (tracked == null) {
                        return;
                    }
                    packet = tracked;
                }
                case ActionProgram.CONNTRACK_CLEAR -> packet.setTracked(false);
                case ActionProgram.CHECK_LENGTH -> {
                    run(program.branch(i, SuperFrame.wireLength(packet) > program.first(i)), packet, nowNs, 0);
                    return;
                }
                case ActionProgram.RECIRCULATE -> {
                    recirculate(program.first(i), packet);
                    return;
                }
                default -> {
                    Packet edited = edit(program, i, packet);
                    if (edited == null) {
                        return;
                    }
                    packet = edited;
                }
            }
        }
        current = null;
        packet.release();
    }

    /** Returns the packet to go on with, null when it is gone. */
    private @Nullable Packet track(ActionProgram program, int step, Packet packet, long nowNs) {
        TrackRequest request = program.trackRequest(step);
        Packet own = packet;
        boolean isTight = packet.tailroom() < ConnectionTracker.MOST_GROWTH && mayGrow();
        if (request.nat() != null && (packet.isShared() || isTight)) {
            own = copyOf(packet);
            if (own == null) {
                return null;
            }
        }
        int length;
        synchronized (tracker) {
            length = tracker.track(
                    request,
                    own.memory(),
                    own.offset(),
                    own.length(),
                    own.tailroom(),
                    own.needsChecksum(),
                    own.needsChecksum() || own.checksumValid(),
                    own.isTracked(),
                    own.connection(),
                    nowNs);
        }
        if (length == ConnectionTracker.FRAGMENT) {
            current = null;
            Reassembly complete = fragments.add(own, request.zone(), nowNs);
            if (complete != null) {
                track(complete, program, step, nowNs);
            }
            return null;
        }
        if (length < 0) {
            drop(own, dropReason(length));
            return null;
        }
        if (length != own.length()) {
            int before = own.length();
            own.resize(length);
            pad(own, before);
        }
        own.setTracked(true);
        return own;
    }

    private static DropReason dropReason(int verdict) {
        return verdict == ConnectionTracker.FULL ? DropReason.CONNTRACK_FULL : DropReason.NO_HEADROOM;
    }

    private boolean mayGrow() {
        synchronized (tracker) {
            return tracker.mayGrow();
        }
    }

    /** Has the tracker see a packet whose fragments are all there; they go on when {@link #resume} is called. */
    private void track(Reassembly complete, ActionProgram program, int step, long nowNs) {
        DropReason reason = trackWhole(complete, program.trackRequest(step), nowNs);
        if (reason != null) {
            statistics.drop(reason, complete.count);
            for (int i = 0; i < complete.count; i++) {
                complete.take(i).release();
            }
            fragments.done(complete);
            return;
        }
        complete.program = program;
        complete.step = step + 1;
        complete.depth = depth;
        complete.next = null;
        Reassembly last = lastReady;
        if (last == null) {
            firstReady = complete;
        } else {
            last.next = complete;
        }
        lastReady = complete;
    }

    /** Returns why the packet goes no further, null if it does. */
    private @Nullable DropReason trackWhole(Reassembly complete, TrackRequest request, long nowNs) {
        if (!complete.isPossible()) {
            return DropReason.MALFORMED;
        }
        Packet whole = pool.allocate();
        if (whole == null) {
            return DropReason.NO_BUFFER;
        }
        try {
            complete.assemble(whole);
            int length;
            synchronized (tracker) {
                length = tracker.track(
                        request,
                        whole.memory(),
                        whole.offset(),
                        whole.length(),
                        0,
                        false,
                        false,
                        whole.isTracked(),
                        whole.connection(),
                        nowNs);
            }
            if (length != whole.length()) {
                return dropReason(length);
            }
            complete.tell(whole);
            if (request.nat() != null) {
                complete.writeBack(whole);
            }
            return null;
        } finally {
            whole.release();
        }
    }

    /**
     * Goes on with the fragments of a packet that the tracker has seen. Each may be looked up again once or more, so call it when nothing
     * waits for that.
     *
     * @return how often the packet had been looked up again, -1 when there is no such packet
     */
    int resume(long nowNs) {
        Reassembly ready = firstReady;
        if (ready == null) {
            return -1;
        }
        firstReady = ready.next;
        if (ready.next == null) {
            lastReady = null;
        }
        int given = 0;
        try {
            while (given < ready.count) {
                execute(Objects.requireNonNull(ready.program), ready.take(given++), nowNs, ready.step);
            }
        } finally {
            while (given < ready.count) {
                ready.take(given++).release();
            }
            fragments.done(ready);
        }
        return ready.depth;
    }

    private static boolean isCutWithOffload(Packet packet, int truncateTo) {
        return truncateTo < packet.length() && (packet.isGso() || packet.needsChecksum());
    }

    /**
     * Outputs the beginning of what the packet would be on the wire: of each segment of a super-frame, with the checksum of the whole
     * segment. Nobody could complete the checksum of a frame that is cut, nor segment it.
     */
    private void outputCut(int port, Packet packet, int truncateTo) {
        completed(packet, frame -> {
            frame.truncate(truncateTo);
            outputs.add(port, frame);
        });
    }

    /** Gives {@code sink} the frames that the packet would be on the wire, and leaves the packet as it is. */
    private void completed(Packet packet, SoftwareOffload.SegmentSink sink) {
        if (packet.isGso()) {
            int segments = offload.segment(packet, pool, sink);
            if (segments <= 0) {
                statistics.drop(segments == 0 ? DropReason.MALFORMED : DropReason.NO_BUFFER, 1);
            }
            return;
        }
        Packet copy = pool.copy(packet);
        if (copy == null) {
            statistics.drop(DropReason.NO_BUFFER, 1);
            return;
        }
        offload.completeChecksum(copy);
        sink.accept(copy);
    }

    private void outputShare(int port, Packet packet, int truncateTo) {
        if (isCutWithOffload(packet, truncateTo)) {
            outputCut(port, packet, truncateTo);
            return;
        }
        Packet share = pool.share(packet);
        if (share == null) {
            statistics.drop(DropReason.NO_BUFFER, 1);
            return;
        }
        share.truncate(truncateTo);
        outputs.add(port, share);
    }

    private void recirculate(int recirculationId, Packet packet) {
        current = null;
        packet.setRecirculationId(recirculationId);
        if (recirculated.isFull()) {
            drop(packet, DropReason.RECIRC_LIMIT);
        } else {
            recirculated.add(packet);
        }
    }

    private void drop(Packet packet, DropReason reason) {
        statistics.drop(reason, 1);
        current = null;
        packet.release();
    }

    /** Raises the drop precedence of an IP packet. Returns the packet to go on with, null when it is gone. */
    private @Nullable Packet remark(Packet packet, int levels) {
        FlowKeyExtractor.extract(packet.memory(), packet.offset(), packet.length(), key);
        long type = key.getLong(MatchField.ETH_TYPE);
        if (type != EtherTypes.IPV4 && type != EtherTypes.IPV6) {
            return packet;
        }
        int dscp = (int) key.getLong(MatchField.IP_DSCP);
        int remarked = Meter.remark(dscp, levels);
        if (remarked == dscp) {
            return packet;
        }
        Packet own = packet.isShared() ? copyOf(packet) : packet;
        if (own != null) {
            int partialStart = own.needsChecksum() ? own.checksumStart() : -1;
            rewriter.rewrite(DSCP[remarked], own.memory(), own.offset(), own.length(), partialStart);
        }
        return own;
    }

    /** Returns the packet to go on with, null when it is gone. */
    private @Nullable Packet edit(ActionProgram program, int step, Packet packet) {
        if (program.operation(step) == ActionProgram.SET_FIELDS) {
            Match rewrite = program.rewrite(step);
            MetadataRewriter.rewrite(rewrite, packet);
            if (!MetadataRewriter.touchesFrame(rewrite)) {
                return packet;
            }
        }
        Packet own = packet;
        if (packet.isShared()) {
            own = copyOf(packet);
            if (own == null) {
                return null;
            }
        }
        if (apply(program, step, own)) {
            return own;
        }
        // No headroom: a frame of a receive ring has little. A frame of the pool has enough.
        Packet roomy = copyOf(own);
        if (roomy == null) {
            return null;
        }
        if (!apply(program, step, roomy)) {
            drop(roomy, DropReason.NO_HEADROOM);
            return null;
        }
        return roomy;
    }

    private @Nullable Packet copyOf(Packet packet) {
        Packet copy = pool.copy(packet);
        if (copy == null) {
            statistics.drop(DropReason.NO_BUFFER, 1);
        }
        current = copy;
        packet.release();
        return copy;
    }

    /** Returns false when there is no headroom. */
    private boolean apply(ActionProgram program, int step, Packet packet) {
        int first = program.first(step);
        int second = program.second(step);
        return switch (program.operation(step)) {
            case ActionProgram.SET_FIELDS -> {
                int partialStart = packet.needsChecksum() ? packet.checksumStart() : -1;
                rewriter.rewrite(
                        program.rewrite(step), packet.memory(), packet.offset(), packet.length(), partialStart);
                yield true;
            }
            case ActionProgram.PUSH_VLAN -> PacketEditor.pushVlan(roomOf(packet), first, second);
            case ActionProgram.PUSH_MPLS -> PacketEditor.pushMpls(roomOf(packet), first, second);
            case ActionProgram.PUSH_PBB -> PacketEditor.pushPbb(roomOf(packet), first, second);
            case ActionProgram.POP_VLAN -> {
                int before = packet.length();
                PacketEditor.popVlan(roomOf(packet));
                yield pad(packet, before);
            }
            case ActionProgram.POP_MPLS -> {
                int before = packet.length();
                PacketEditor.popMpls(roomOf(packet), first);
                yield pad(packet, before);
            }
            case ActionProgram.COPY_TTL -> {
                PacketEditor.copyTtl(roomOf(packet), first == 1);
                yield true;
            }
            case ActionProgram.POP_PBB -> {
                int before = packet.length();
                PacketEditor.popPbb(roomOf(packet));
                yield pad(packet, before);
            }
            default -> throw new IllegalStateException("operation " + program.operation(step));
        };
    }

    private PacketRoom roomOf(Packet packet) {
        PacketRoom known = room;
        if (known == null) {
            known = new PacketRoom(packet);
            room = known;
        }
        return known.of(packet);
    }

    /** Pads a frame that was long enough before; always true. */
    private static boolean pad(Packet packet, int before) {
        int missing = Math.min(before, MIN_FRAME) - packet.length();
        if (missing > 0 && missing <= packet.tailroom() && !packet.needsChecksum()) {
            long end = packet.offset() + packet.length();
            packet.append(missing);
            for (int i = 0; i < missing; i++) {
                packet.memory()
                        .set(ValueLayout.JAVA_BYTE, end + i, (byte) 0); // a slice would not always be optimised away
            }
        }
        return true;
    }

    /** Copies the packet to the controllers, if there is room: as it would be on the wire, a super-frame segment by segment. */
    private void punt(DatapathAction.Punt action, Packet packet) {
        if (!packet.isGso() && !packet.needsChecksum()) {
            offer(action, packet);
        } else if (queueOf(action).hasRoom(packet.inPort(), action.reason())) {
            completed(packet, frame -> {
                offer(action, frame);
                frame.release();
            });
        } else {
            statistics.drop(DropReason.PUNT_FULL, 1);
        }
    }

    private PuntQueue queueOf(DatapathAction.Punt action) {
        return action.reason() == PacketInReason.OWN_PROTOCOL ? protocols : punts;
    }

    private void offer(DatapathAction.Punt action, Packet packet) {
        if (!queueOf(action).hasRoom(packet.inPort(), action.reason())) {
            statistics.drop(DropReason.PUNT_FULL, 1);
            return;
        }
        byte[] frame = new byte[Math.min(packet.length(), action.maxLength())];
        MemorySegment.copy(packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame, 0, frame.length);
        queueOf(action).offer(packet.inPort(), new Punt(action, frame, packet.length()));
        statistics.add(LoopStatistics.Counter.PUNTS, 1);
    }
}
