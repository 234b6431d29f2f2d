package io.heddle.flow.group;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionValidator;
import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.VersionedMap;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.group.GroupMod.GroupType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one bridge.
 *
 * <p>A group may forward to other groups, but never, over any number of steps, to itself: that is refused when the group is added or
 * modified, so that a translation needs no check for it.
 *
 * <p>Threading: the control loop changes; any thread finds.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 sections 5.6 and
 *     6.5</a>
 */
public final class GroupTable {
    /** Most groups of a bridge. */
    public static final int MAX_GROUPS = 65_536;

    /** Most buckets of a group. */
    public static final int MAX_BUCKETS = 4096;

    private static final int MAX_LIVENESS_DEPTH = 16;

    private final VersionedMap<Group> groups = new VersionedMap<>();

    /** The group as seen in a version, or null. */
    public @Nullable Group find(int groupId, long version) {
        return groups.find(groupId, version);
    }

    /** The groups visible in a version, by number. */
    public List<Group> visibleIn(long version) {
        return groups.visibleIn(version);
    }

    /**
     * Stages a change for {@code version}, which nobody reads yet.
     *
     * @return numbers of the groups that are deleted by it: flows that refer to them are to be deleted too
     * @throws FlowException when the change is refused; nothing is staged then
     */
    public Set<Integer> stage(GroupMod mod, long version, long nowNs) throws FlowException {
        Group existing = groups.find(mod.groupId(), version);
        switch (mod.command()) {
            case ADD -> {
                if (existing != null) {
                    throw new FlowException(
                            ErrorCode.GROUP_MOD_FAILED_GROUP_EXISTS,
                            "group.group_id",
                            "group " + unsigned(mod.groupId()) + " exists already; modify it or delete it first");
                }
                if (groups.size() >= MAX_GROUPS) {
                    throw new FlowException(
                            ErrorCode.GROUP_MOD_FAILED_OUT_OF_GROUPS,
                            "group.group_id",
                            "the bridge holds " + MAX_GROUPS + " groups, its limit");
                }
                List<BucketSpec> buckets = validated(mod, version);
                groups.stageAdd(new Group(mod, buckets, Map.of(), new HitCounter(nowNs), nowNs, nowNs, version));
            }
            case MODIFY, INSERT_BUCKET, REMOVE_BUCKET -> {
                if (existing == null) {
                    throw new FlowException(
                            ErrorCode.GROUP_MOD_FAILED_UNKNOWN_GROUP,
                            "group.group_id",
                            "there is no group " + unsigned(mod.groupId()) + " to modify; add it first");
                }
                boolean isOfBuckets = mod.command().isOfBuckets();
                GroupMod whole = isOfBuckets ? BucketCommands.applied(mod, existing) : mod;
                List<BucketSpec> buckets = validated(whole, version);
                groups.stageRemove(existing, version);
                groups.stageAdd(new Group(
                        whole,
                        buckets,
                        isOfBuckets ? existing.bucketCounters() : Map.of(),
                        existing.counter(),
                        existing.createdNs(),
                        nowNs,
                        version));
            }
            case DELETE -> {
                return stageDelete(mod.groupId(), existing, version);
            }
        }
        return Set.of();
    }

    private Set<Integer> stageDelete(int groupId, @Nullable Group existing, long version) throws FlowException {
        Set<Integer> deleted = new HashSet<>();
        if (groupId == GroupMod.ALL_GROUPS) {
            for (Group group : groups.visibleIn(version)) {
                groups.stageRemove(group, version);
                deleted.add(group.id());
            }
        } else if (Integer.compareUnsigned(groupId, GroupMod.MAX_GROUP) > 0) {
            throw invalid("group.group_id", "group number " + unsigned(groupId) + " is not in 0-0xffffff00");
        } else if (existing != null) {
            groups.stageRemove(existing, version);
            deleted.add(groupId);
        }
        return deleted;
    }

    /** The buckets with their numbers. */
    private List<BucketSpec> validated(GroupMod mod, long version) throws FlowException {
        if (Integer.compareUnsigned(mod.groupId(), GroupMod.MAX_GROUP) > 0) {
            throw invalid("group.group_id", "group number " + unsigned(mod.groupId()) + " is not in 0-0xffffff00");
        }
        if (mod.buckets().size() > MAX_BUCKETS) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_OUT_OF_BUCKETS,
                    "group.buckets",
                    mod.buckets().size() + " buckets are more than " + MAX_BUCKETS);
        }
        if (mod.type() == GroupType.INDIRECT && mod.buckets().size() != 1) {
            throw invalid(
                    "group.buckets",
                    "an indirect group has exactly one bucket, not "
                            + mod.buckets().size());
        }
        for (int i = 0; i < mod.buckets().size(); i++) {
            String path = "group.buckets[" + i + "]";
            BucketSpec bucket = mod.buckets().get(i);
            if (bucket.id() != BucketSpec.UNNUMBERED && Integer.compareUnsigned(bucket.id(), GroupMod.MAX_BUCKET) > 0) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET,
                        path + ".id",
                        "a bucket's number is in 0-0xffffff00, not " + unsigned(bucket.id()));
            }
            validateWatch(mod.type(), bucket, path);
            if (mod.type() == GroupType.SELECT && bucket.weight() == 0) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET,
                        path + ".weight",
                        "a bucket of a select group weighs at least 1");
            }
            if (mod.type() != GroupType.SELECT && bucket.weight() > 1) {
                throw invalid(path + ".weight", "only buckets of select groups have a weight");
            }
            IntPredicate knowsGroup = id -> id == mod.groupId() || groups.find(id, version) != null;
            new ActionValidator(knowsGroup, meter -> false).bucket(bucket.actions(), path + ".actions");
            refuseLoop(mod.groupId(), bucket, path, version);
        }
        if (mod.type() != GroupType.SELECT && mod.selection().method() != Selection.Method.DEFAULT) {
            throw new FlowException(
                    ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE,
                    "group.selection",
                    "only select groups have a selection method");
        }
        return GroupMod.numbered(mod.buckets());
    }

    private static void validateWatch(GroupType type, BucketSpec bucket, String path) throws FlowException {
        boolean isWatching = bucket.watchPort() != Ports.ANY || bucket.watchGroup() != Group.ANY_GROUP;
        switch (type) {
            case ALL, INDIRECT -> {
                if (isWatching) {
                    throw new FlowException(
                            ErrorCode.GROUP_MOD_FAILED_WATCH_UNSUPPORTED,
                            path + ".watch_port",
                            "only buckets of select and fast failover groups watch a port or a group");
                }
            }
            case FAST_FAILOVER -> {
                if (!isWatching) {
                    throw invalid(path + ".watch_port", "a bucket of a fast failover group watches a port or a group");
                }
            }
            case SELECT -> {}
        }
        int port = bucket.watchPort();
        if (port != Ports.ANY && !Ports.isPhysicalOrLocal(port)) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_BAD_WATCH,
                    path + ".watch_port",
                    "port " + unsigned(port) + " has no state to watch");
        }
    }

    private void refuseLoop(int groupId, BucketSpec bucket, String path, long version) throws FlowException {
        for (Action action : bucket.actions()) {
            if (action instanceof Action.GroupAction chained
                    && reaches(chained.groupId(), groupId, version, new HashSet<>())) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_LOOP,
                        path + ".actions",
                        "group " + unsigned(chained.groupId()) + " leads back to group " + unsigned(groupId));
            }
        }
    }

    private boolean reaches(int from, int to, long version, Set<Integer> visited) {
        if (from == to) {
            return true;
        }
        // Not by recursion: a chain may be as long as there are groups.
        Deque<Integer> open = new ArrayDeque<>(List.of(from));
        visited.add(from);
        while (!open.isEmpty()) {
            Group group = groups.find(open.pop(), version);
            if (group == null) {
                continue;
            }
            for (Group.Bucket bucket : group.buckets()) {
                for (Action action : bucket.spec().actions()) {
                    if (action instanceof Action.GroupAction chained && visited.add(chained.groupId())) {
                        if (chained.groupId() == to) {
                            return true;
                        }
                        open.push(chained.groupId());
                    }
                }
            }
        }
        return false;
    }

    /**
     * Says whether a bucket can be used: what it watches is up. A bucket that watches nothing is live.
     *
     * @param isPortLive says whether a port, by its OpenFlow number, exists and is up
     */
    public boolean isLive(Group.Bucket bucket, long version, IntPredicate isPortLive) {
        return isLive(bucket, version, isPortLive, 0, new HashMap<>());
    }

    /** @param known liveness of groups that have been looked at; one that is being looked at does not make itself live */
    private boolean isLive(
            Group.Bucket bucket, long version, IntPredicate isPortLive, int depth, Map<Integer, Boolean> known) {
        if (!bucket.isWatching()) {
            return true;
        }
        int port = bucket.spec().watchPort();
        if (port != Ports.ANY && isPortLive.test(port)) {
            return true;
        }
        int watched = bucket.spec().watchGroup();
        Group group = watched == Group.ANY_GROUP || depth >= MAX_LIVENESS_DEPTH ? null : groups.find(watched, version);
        if (group == null) {
            return false;
        }
        Boolean before = known.putIfAbsent(watched, false);
        if (before != null) {
            return before;
        }
        boolean isLive = group.buckets().stream().anyMatch(b -> isLive(b, version, isPortLive, depth + 1, known));
        known.put(watched, isLive);
        return isLive;
    }

    /** Takes back what is staged. */
    public void revert() {
        groups.revert();
    }

    /** Keeps what is staged. */
    public void finish() {
        groups.finish();
    }

    /** Drops groups that no reader of {@code oldestVersion} or a later one can see. */
    public void reclaim(long oldestVersion) {
        groups.reclaim(oldestVersion);
    }

    private static FlowException invalid(String path, String message) {
        return new FlowException(ErrorCode.GROUP_MOD_FAILED_INVALID_GROUP, path, message);
    }

    private static String unsigned(int number) {
        return Integer.toUnsignedString(number);
    }
}
