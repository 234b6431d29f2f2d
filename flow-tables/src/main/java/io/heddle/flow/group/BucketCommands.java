package io.heddle.flow.group;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.group.GroupMod.Command;
import io.heddle.flow.group.GroupMod.GroupType;
import java.util.ArrayList;
import java.util.List;

/**
 * What commands for single buckets make of a group.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 section 7.3.4.3</a>
 */
final class BucketCommands {
    private BucketCommands() {}

    /**
     * The whole group as it is to be.
     *
     * @throws FlowException when there is no such bucket
     */
    static GroupMod applied(GroupMod mod, Group existing) throws FlowException {
        List<BucketSpec> buckets = new ArrayList<>();
        existing.buckets().forEach(bucket -> buckets.add(bucket.spec()));
        if (mod.command() == Command.INSERT_BUCKET) {
            insert(buckets, mod, existing.type());
        } else {
            remove(buckets, mod);
        }
        return new GroupMod(
                Command.MODIFY, existing.type(), existing.id(), buckets, existing.selection(), GroupMod.ALL_BUCKETS);
    }

    private static void insert(List<BucketSpec> buckets, GroupMod mod, GroupType type) throws FlowException {
        int at = switch (mod.commandBucketId()) {
            case GroupMod.FIRST_BUCKET -> 0;
            case GroupMod.LAST_BUCKET -> buckets.size();
            default -> indexOf(buckets, mod) + 1;
        };
        // The request need not say the type, and so not that a weight which is left out is 1.
        buckets.addAll(
                at,
                mod.buckets().stream()
                        .map(bucket -> type == GroupType.SELECT && bucket.weight() == 0 ? bucket.withWeight(1) : bucket)
                        .toList());
    }

    private static void remove(List<BucketSpec> buckets, GroupMod mod) throws FlowException {
        if (!mod.buckets().isEmpty()) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET,
                    "group.buckets",
                    "buckets are removed by their number: leave the buckets themselves out");
        }
        if (mod.commandBucketId() == GroupMod.ALL_BUCKETS) {
            buckets.clear();
        } else if (mod.commandBucketId() == GroupMod.FIRST_BUCKET && !buckets.isEmpty()) {
            buckets.removeFirst();
        } else if (mod.commandBucketId() == GroupMod.LAST_BUCKET && !buckets.isEmpty()) {
            buckets.removeLast();
        } else {
            buckets.remove(indexOf(buckets, mod));
        }
    }

    private static int indexOf(List<BucketSpec> buckets, GroupMod mod) throws FlowException {
        for (int i = 0; i < buckets.size(); i++) {
            if (buckets.get(i).id() == mod.commandBucketId()) {
                return i;
            }
        }
        throw new FlowException(
                ErrorCode.GROUP_MOD_FAILED_UNKNOWN_BUCKET,
                "group.command_bucket_id",
                "group %s has no bucket %s"
                        .formatted(
                                Integer.toUnsignedString(mod.groupId()),
                                Integer.toUnsignedString(mod.commandBucketId())));
    }
}
