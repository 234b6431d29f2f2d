package io.heddle.datapath.bridge;

import io.heddle.flow.group.GroupMod;
import java.util.List;

/**
 * A group with its counters at one moment.
 *
 * @param buckets as they were given
 * @param bucketCounts of the buckets, in the same order
 * @param referenceCount flows and groups that refer to it
 */
public record GroupState(
        int groupId,
        GroupMod.GroupType type,
        List<GroupMod.BucketSpec> buckets,
        List<BucketCount> bucketCounts,
        long packets,
        long octets,
        long durationNs,
        int referenceCount) {
    /** Packets that went through a bucket. */
    public record BucketCount(long packets, long octets) {}
}
