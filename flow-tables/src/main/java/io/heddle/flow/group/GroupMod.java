package io.heddle.flow.group;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A request to change a group.
 *
 * @param command what to do
 * @param type kind of group; not looked at by a delete and by commands for buckets
 * @param groupId 0 to 0xffffff00; {@link #ALL_GROUPS} to delete all
 * @param buckets the new buckets, or those to insert
 * @param selection how a select group chooses; not looked at by commands for buckets
 * @param commandBucketId where buckets are inserted, or which are removed: a bucket's number, {@link #FIRST_BUCKET}, {@link #LAST_BUCKET}
 *     or {@link #ALL_BUCKETS}
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 section 7.3.4.3</a>
 */
public record GroupMod(
        Command command,
        GroupType type,
        int groupId,
        List<BucketSpec> buckets,
        Selection selection,
        int commandBucketId) {
    /** Largest group number ({@code OFPG_MAX}). */
    public static final int MAX_GROUP = 0xffffff00;

    /** {@code OFPG_ALL}. */
    public static final int ALL_GROUPS = 0xfffffffc;

    /** Largest number of a bucket ({@code OFPG_BUCKET_MAX}). */
    public static final int MAX_BUCKET = 0xffffff00;

    /** {@code OFPG_BUCKET_FIRST}. */
    public static final int FIRST_BUCKET = 0xfffffffd;

    /** {@code OFPG_BUCKET_LAST}. */
    public static final int LAST_BUCKET = 0xfffffffe;

    /** {@code OFPG_BUCKET_ALL}. */
    public static final int ALL_BUCKETS = 0xffffffff;

    /** What to do with the group. */
    public enum Command {
        ADD,
        MODIFY,
        DELETE,
        /** Adds buckets to those that are there: first, last, or behind the one with that number. */
        INSERT_BUCKET,
        /** Takes one bucket away, or all. */
        REMOVE_BUCKET;

        /** Says whether it changes single buckets of a group that is there. */
        public boolean isOfBuckets() {
            return this == INSERT_BUCKET || this == REMOVE_BUCKET;
        }
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
     * @param id its number in the group, to {@link #MAX_BUCKET}; {@link #UNNUMBERED} has it numbered when the group is changed
     * @param weight relative share in a select group, 0 to 65535
     * @param watchPort port whose state decides whether the bucket is live, {@link Ports#ANY} for none
     * @param watchGroup group whose liveness decides, {@code 0xffffffff} for none
     */
    public record BucketSpec(int id, int weight, int watchPort, int watchGroup, List<Action> actions) {
        /** Has no number of its own. */
        public static final int UNNUMBERED = ALL_BUCKETS;

        public BucketSpec {
            if (weight < 0 || weight > 0xffff) {
                throw new IllegalArgumentException("weight " + weight + " is not in 0-65535");
            }
            actions = List.copyOf(actions);
        }

        /** A bucket without a number of its own. */
        public BucketSpec(int weight, int watchPort, int watchGroup, List<Action> actions) {
            this(UNNUMBERED, weight, watchPort, watchGroup, actions);
        }

        /** The same with another number. */
        public BucketSpec withId(int newId) {
            return new BucketSpec(newId, weight, watchPort, watchGroup, actions);
        }

        BucketSpec withWeight(int newWeight) {
            return new BucketSpec(id, newWeight, watchPort, watchGroup, actions);
        }
    }

    public GroupMod {
        buckets = List.copyOf(buckets);
    }

    /** A change of a whole group that chooses by default. */
    public GroupMod(Command command, GroupType type, int groupId, List<BucketSpec> buckets) {
        this(command, type, groupId, buckets, Selection.DEFAULT, ALL_BUCKETS);
    }

    /** The same with another command. */
    public GroupMod as(Command newCommand) {
        return new GroupMod(newCommand, type, groupId, buckets, selection, commandBucketId);
    }

    /** The buckets; where each has its place as its number, from 0, none with a number of its own. */
    public static List<BucketSpec> withoutPlaces(List<BucketSpec> buckets) {
        for (int i = 0; i < buckets.size(); i++) {
            if (buckets.get(i).id() != i) {
                return buckets;
            }
        }
        return buckets.stream()
                .map(bucket -> bucket.withId(BucketSpec.UNNUMBERED))
                .toList();
    }

    /**
     * The buckets, those without a number with the smallest ones that no other has.
     *
     * @throws FlowException when two have the same number
     */
    static List<BucketSpec> numbered(List<BucketSpec> buckets) throws FlowException {
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < buckets.size(); i++) {
            int id = buckets.get(i).id();
            if (id != BucketSpec.UNNUMBERED && !taken.add(id)) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BUCKET_EXISTS,
                        "group.buckets[" + i + "].id",
                        "the group has a bucket " + Integer.toUnsignedString(id) + " already");
            }
        }
        List<BucketSpec> numbered = new ArrayList<>(buckets.size());
        int next = 0;
        for (BucketSpec bucket : buckets) {
            if (bucket.id() == BucketSpec.UNNUMBERED) {
                while (!taken.add(next)) {
                    next++;
                }
                numbered.add(bucket.withId(next));
            } else {
                numbered.add(bucket);
            }
        }
        return numbered;
    }
}
