package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.cache.ExactMatchCache;
import io.heddle.datapath.cache.Megaflow;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.upcall.SlowPath;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.pipeline.Translation.DropCause;
import org.jspecify.annotations.Nullable;

/**
 * Takes a batch from a port through the caches to the executor.
 *
 * <pre>
 *   extract key -> exact-match cache -> megaflow cache -> translation      for every packet, then
 *   group by megaflow -> count -> execute                                  for every group, in the order of first packets
 * </pre>
 *
 * <p>Packets of one megaflow keep their order. Groups are detached from their megaflows before the first is executed, so nothing that a
 * program does can touch a batch that is being worked on. A megaflow of an earlier revision than the cycle's is translated again before
 * it is used.
 *
 * <p>Threading: one poll loop.
 */
final class FastPath {
    /** How often a packet may be looked up again. */
    static final int MAX_RECIRCULATIONS = 8;

    private final ExactMatchCache exact;
    private final MegaflowCache megaflows;
    private final SlowPath slowPath;
    private final ActionExecutor executor;
    private final LoopStatistics statistics;
    private final PacketBatch recirculated;
    private final PacketBatch again = new PacketBatch();

    private final FlowKey key = new FlowKey();
    private final @Nullable Megaflow[] groups = new @Nullable Megaflow[PacketBatch.CAPACITY];
    /** Packets of the batch at hand that nobody has taken over yet. */
    private final @Nullable Packet[] work = new @Nullable Packet[PacketBatch.CAPACITY];

    private final int[] firstOf = new int[PacketBatch.CAPACITY];
    private final int[] lastOf = new int[PacketBatch.CAPACITY];
    private final int[] next = new int[PacketBatch.CAPACITY];
    private int groupCount;

    private long revision;
    private long nowNs;

    FastPath(
            ExactMatchCache exact,
            MegaflowCache megaflows,
            SlowPath slowPath,
            ActionExecutor executor,
            LoopStatistics statistics,
            PacketBatch recirculated) {
        this.exact = exact;
        this.megaflows = megaflows;
        this.slowPath = slowPath;
        this.executor = executor;
        this.statistics = statistics;
        this.recirculated = recirculated;
    }

    /** A duty cycle begins: no megaflow of an earlier revision is used in it. */
    void begin(long revision, long nowNs) {
        this.revision = revision;
        this.nowNs = nowNs;
    }

    /** Says whether packets wait to be looked up again: {@link #process} does. */
    boolean hasRecirculated() {
        return !recirculated.isEmpty();
    }

    /** Takes all packets over and leaves the batch empty. */
    void process(PacketBatch batch) {
        executor.setDepth(0);
        processOnce(batch);
        for (int depth = 0; depth >= 0; depth = executor.resume(nowNs)) {
            processRecirculated(depth + 1);
        }
        executor.setDepth(0);
    }

    private void processRecirculated(int firstDepth) {
        for (int depth = firstDepth; !recirculated.isEmpty(); depth++) {
            executor.setDepth(depth);
            if (depth > MAX_RECIRCULATIONS) {
                statistics.drop(DropReason.RECIRC_LIMIT, recirculated.size());
                recirculated.release();
                return;
            }
            for (int i = 0; i < recirculated.size(); i++) {
                again.add(recirculated.get(i));
            }
            recirculated.clear();
            processOnce(again);
        }
    }

    private void processOnce(PacketBatch batch) {
        groupCount = 0;
        int size = batch.size();
        for (int i = 0; i < size; i++) {
            work[i] = batch.get(i);
        }
        batch.clear();
        for (int i = 0; i < size; i++) {
            assign(i, classify(packetAt(i)));
        }
        for (int g = 0; g < groupCount; g++) {
            groupAt(g).setGroup(-1);
        }
        for (int g = 0; g < groupCount; g++) {
            execute(g);
        }
    }

    private Packet packetAt(int index) {
        Packet packet = work[index];
        if (packet == null) {
            throw new IllegalStateException("packet " + index + " is gone");
        }
        return packet;
    }

    private Megaflow classify(Packet packet) {
        MetadataRewriter.extract(packet, key);
        FlowKeyExtractor.extract(packet.memory(), packet.offset(), packet.length(), key);
        Megaflow megaflow = exact.lookup(key);
        if (megaflow != null) {
            if (megaflow.revision() >= revision) {
                return megaflow;
            }
            Megaflow current = slowPath.revalidate(megaflow, key, nowNs);
            return current.equals(megaflow) ? megaflow : remember(current);
        }
        megaflow = megaflows.lookup(key);
        if (megaflow == null) {
            megaflow = slowPath.miss(key, nowNs);
        } else if (megaflow.revision() < revision) {
            megaflow = slowPath.revalidate(megaflow, key, nowNs);
        }
        return remember(megaflow);
    }

    private Megaflow remember(Megaflow megaflow) {
        exact.insert(key, megaflow);
        return megaflow;
    }

    private void assign(int index, Megaflow megaflow) {
        next[index] = -1;
        int group = megaflow.group();
        if (group < 0) {
            group = groupCount++;
            megaflow.setGroup(group);
            groups[group] = megaflow;
            firstOf[group] = index;
        } else {
            next[lastOf[group]] = index;
        }
        lastOf[group] = index;
    }

    private Megaflow groupAt(int group) {
        Megaflow megaflow = groups[group];
        if (megaflow == null) {
            throw new IllegalStateException("group " + group + " is empty");
        }
        return megaflow;
    }

    private void execute(int group) {
        Megaflow megaflow = groupAt(group);
        groups[group] = null;
        long packets = 0;
        long octets = 0;
        for (int i = firstOf[group]; i >= 0; i = next[i]) {
            packets++;
            octets += packetAt(i).length();
        }
        megaflow.count(packets, octets, nowNs);
        DropCause cause = megaflow.translation().drop();
        if (cause != null) {
            statistics.drop(reason(cause), packets);
        }
        for (int i = firstOf[group]; i >= 0; i = next[i]) {
            Packet packet = packetAt(i);
            work[i] = null;
            executor.execute(megaflow.program(), packet, nowNs);
        }
    }

    /** Releases what an exception has left behind. */
    void reset() {
        for (int g = 0; g < PacketBatch.CAPACITY; g++) {
            Megaflow megaflow = groups[g];
            if (megaflow != null) {
                megaflow.setGroup(-1);
                groups[g] = null;
            }
        }
        groupCount = 0;
        for (int i = 0; i < work.length; i++) {
            Packet packet = work[i];
            if (packet != null) {
                work[i] = null;
                statistics.drop(DropReason.INTERNAL_ERROR, 1);
                packet.release();
            }
        }
        statistics.drop(DropReason.INTERNAL_ERROR, again.size() + recirculated.size());
        again.release();
        recirculated.release();
    }

    private static DropReason reason(DropCause cause) {
        return switch (cause) {
            case TABLE_MISS -> DropReason.TABLE_MISS;
            case NO_OUTPUT -> DropReason.NO_OUTPUT;
            case OUTPUT_TO_IN_PORT -> DropReason.OUTPUT_TO_IN_PORT;
            case INVALID_TTL -> DropReason.TTL_EXPIRED;
            case NO_LIVE_BUCKET -> DropReason.NO_LIVE_BUCKET;
            case TRANSLATION_LIMIT -> DropReason.TRANSLATION_LIMIT;
            case PORT_DOWN -> DropReason.LINK_DOWN;
            case NO_RECEIVE -> DropReason.PORT_BLOCKED;
            case UNKNOWN_RECIRCULATION -> DropReason.RECIRC_LIMIT;
            case RECIRCULATION_LIMIT -> DropReason.RECIRC_TABLE_FULL;
            case FRAGMENT -> DropReason.FRAGMENT;
            case VLAN -> DropReason.VLAN;
            case SPANNING_TREE -> DropReason.SPANNING_TREE;
            case BOND -> DropReason.BOND;
        };
    }
}
