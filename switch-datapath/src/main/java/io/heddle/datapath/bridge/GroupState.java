package io.heddle.datapath.bridge;

import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.Selection;
import java.util.List;

/**
 * A group with its counters at one moment.
 *
 * @param selection how a select group chooses
 * @param buckets in their order; without numbers where those are their places
 * @param bucketCounts of the buckets, in the same order
 * @param referenceCount flows and groups that refer to it
 */
public record GroupState(
        int groupId,
        GroupMod.GroupType type,
        Selection selection,
        List<GroupMod.BucketSpec> buckets,
        List<BucketCount> bucketCounts,
        long packets,
        long octets,
        long durationNs,
        int referenceCount) {
    /** A group as a request would make it, without counters. */
    public static GroupState of(GroupMod mod) {
        return new GroupState(mod.groupId(), mod.type(), mod.selection(), mod.buckets(), List.of(), 0, 0, 0, 0);
    }

    /** The request that makes the group, or makes it anew. */
    public GroupMod as(GroupMod.Command command) {
        return new GroupMod(command, type, groupId, buckets, selection, GroupMod.ALL_BUCKETS);
    }

    /** Packets that went through a bucket. */
    public record BucketCount(long packets, long octets) {}
}
