package io.heddle.flow.group;

import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.VersionedEntry;
import io.heddle.flow.counter.HitCounter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A group as it was added or last modified: immutable but for its counters.
 *
 * <p>Threading: any thread reads; poll loops count.
 */
public final class Group extends VersionedEntry {
    /** {@code watchGroup} of a bucket that watches none. */
    public static final int ANY_GROUP = 0xffffffff;

    /** A bucket with its place in the group and its counter. Its number is {@link GroupMod.BucketSpec#id}. */
    public record Bucket(int index, GroupMod.BucketSpec spec, HitCounter counter) {
        /** Says whether the bucket's liveness depends on a port or a group. */
        public boolean isWatching() {
            return spec.watchPort() != Ports.ANY || spec.watchGroup() != ANY_GROUP;
        }
    }

    private final GroupMod.GroupType type;
    private final Selection selection;
    private final List<Bucket> buckets;
    private final HitCounter counter;
    private final long createdNs;

    /** @param counters of buckets that stay, by their numbers */
    Group(
            GroupMod mod,
            List<GroupMod.BucketSpec> specs,
            Map<Integer, HitCounter> counters,
            HitCounter counter,
            long createdNs,
            long nowNs,
            long version) {
        super(mod.groupId(), version);
        this.type = mod.type();
        this.selection = mod.selection();
        this.buckets = IntStream.range(0, specs.size())
                .mapToObj(i -> new Bucket(
                        i, specs.get(i), counters.getOrDefault(specs.get(i).id(), new HitCounter(nowNs))))
                .toList();
        this.counter = counter;
        this.createdNs = createdNs;
    }

    public GroupMod.GroupType type() {
        return type;
    }

    /** How a select group chooses. */
    public Selection selection() {
        return selection;
    }

    public List<Bucket> buckets() {
        return buckets;
    }

    Map<Integer, HitCounter> bucketCounters() {
        Map<Integer, HitCounter> counters = new HashMap<>();
        buckets.forEach(bucket -> counters.put(bucket.spec().id(), bucket.counter()));
        return counters;
    }

    /** Packets that the group has processed. */
    public HitCounter counter() {
        return counter;
    }

    /** When the group was added, on the monotonic clock. */
    public long createdNs() {
        return createdNs;
    }
}
