package io.heddle.flow.group;

import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.VersionedEntry;
import io.heddle.flow.counter.HitCounter;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A group as it was added or last modified: immutable but for its counters.
 *
 * <p>Threading: any thread reads; poll loops count.
 */
public final class Group extends VersionedEntry {
    /** {@code watchGroup} of a bucket that watches none. */
    public static final int ANY_GROUP = 0xffffffff;

    /** A bucket with its number in the group and its counter. */
    public record Bucket(int index, GroupMod.BucketSpec spec, HitCounter counter) {
        /** Says whether the bucket's liveness depends on a port or a group. */
        public boolean isWatching() {
            return spec.watchPort() != Ports.ANY || spec.watchGroup() != ANY_GROUP;
        }
    }

    private final GroupMod.GroupType type;
    private final List<Bucket> buckets;
    private final HitCounter counter;
    private final long createdNs;

    Group(GroupMod mod, HitCounter counter, long createdNs, long nowNs, long version) {
        super(mod.groupId(), version);
        this.type = mod.type();
        this.buckets = IntStream.range(0, mod.buckets().size())
                .mapToObj(i -> new Bucket(i, mod.buckets().get(i), new HitCounter(nowNs)))
                .toList();
        this.counter = counter;
        this.createdNs = createdNs;
    }

    public GroupMod.GroupType type() {
        return type;
    }

    public List<Bucket> buckets() {
        return buckets;
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
