package io.heddle.flow.group;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import java.util.List;

/**
 * A request to change a group.
 *
 * @param command what to do
 * @param type kind of group; not looked at by a delete
 * @param groupId 0 to 0xffffff00; {@link #ALL_GROUPS} to delete all
 * @param buckets the new buckets
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.3.4.2</a>
 */
public record GroupMod(Command command, GroupType type, int groupId, List<BucketSpec> buckets) {
    /** Largest group number ({@code OFPG_MAX}). */
    public static final int MAX_GROUP = 0xffffff00;

    /** {@code OFPG_ALL}. */
    public static final int ALL_GROUPS = 0xfffffffc;

    /** What to do with the group. */
    public enum Command {
        ADD,
        MODIFY,
        DELETE
    }

    /** Kind of group, in the order of {@code OFPGT_*}. */
    public enum GroupType {
        ALL,
        SELECT,
        INDIRECT,
        FAST_FAILOVER
    }

    /**
     * One bucket.
     *
     * @param weight relative share in a select group, 0 to 65535
     * @param watchPort port whose state decides whether the bucket is live, {@link Ports#ANY} for none
     * @param watchGroup group whose liveness decides, {@code 0xffffffff} for none
     */
    public record BucketSpec(int weight, int watchPort, int watchGroup, List<Action> actions) {
        public BucketSpec {
            if (weight < 0 || weight > 0xffff) {
                throw new IllegalArgumentException("weight " + weight + " is not in 0-65535");
            }
            actions = List.copyOf(actions);
        }
    }

    public GroupMod {
        buckets = List.copyOf(buckets);
    }
}
