package io.heddle.flow.table;

import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.group.GroupTable;
import io.heddle.flow.meter.MeterTable;
import io.heddle.flow.table.TableListener.RemovalReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All tables of one bridge: flow tables 0 to 253, groups and meters.
 *
 * <p>Changed only through a {@link TableTransaction}. Entries that a commit removes stay for readers of older versions until
 * {@link #reclaim} says that there are none.
 *
 * <p>Threading: the control loop changes and expires; any thread looks up.
 */
public final class TableSet {
    /** Most entries of a table, unless configured otherwise. */
    public static final int DEFAULT_MAX_ENTRIES = 1_000_000;

    /** Flows that are deleted with the last flow that learns them. */
    private record Learned(int tableId, long cookie) {
        static List<Learned> deletedWith(FlowEntry entry) {
            List<LearnSpec> specs = entry.learns();
            return specs.isEmpty()
                    ? List.of()
                    : specs.stream()
                            .filter(LearnSpec::isDeletedWithIt)
                            .map(spec -> new Learned(spec.tableId(), spec.cookie()))
                            .toList();
        }
    }

    /** What a commit will tell the listener. */
    sealed interface Change {
        /** See {@link TableTransaction#setCause}. */
        int cause();

        record Added(FlowEntry entry, int cause) implements Change {}

        record Replaced(FlowEntry old, FlowEntry entry, int cause) implements Change {}

        record Removed(FlowEntry entry, RemovalReason reason, int cause) implements Change {}
    }

    private final VersionClock clock;
    private final TableListener listener;
    private final TableLimit limit;
    private final AtomicReferenceArray<@Nullable FlowTable> tables = new AtomicReferenceArray<>(FlowMod.MAX_TABLE + 1);
    private final GroupTable groups = new GroupTable();
    private final MeterTable meters = new MeterTable();
    private final List<Change> staged = new ArrayList<>();
    private final Map<FlowTable, FlowTable.PolicyState> policiesBefore = new LinkedHashMap<>();

    /** Some table has, or had, vacancy events. */
    private boolean watchesVacancy;

    private int cause = TableTransaction.NO_CAUSE;
    private final Deque<FlowEntry> dead = new ArrayDeque<>();
    private final TimeoutQueue timeouts = new TimeoutQueue();
    private final List<TableSnapshot> snapshots = new ArrayList<>();

    /**
     * Empty tables.
     *
     * @param clock shared by all bridges of the process
     */
    public TableSet(VersionClock clock, TableListener listener, TableLimit limit) {
        this.clock = clock;
        this.listener = listener;
        this.limit = limit;
    }

    /** Empty tables of {@link #DEFAULT_MAX_ENTRIES} that tell nobody. */
    public TableSet(VersionClock clock) {
        this(clock, TableListener.NONE, TableLimit.of(DEFAULT_MAX_ENTRIES));
    }

    public VersionClock clock() {
        return clock;
    }

    public GroupTable groups() {
        return groups;
    }

    public MeterTable meters() {
        return meters;
    }

    public TableLimit limit() {
        return limit;
    }

    /** The table of that number, 0 to 253; made when it is first asked for. */
    public FlowTable table(int tableId) {
        FlowTable table = tables.get(tableId);
        if (table == null) {
            tables.compareAndSet(tableId, null, new FlowTable(tableId, 0));
            table = tables.get(tableId);
            if (table == null) {
                throw new IllegalStateException("table " + tableId + " vanished");
            }
        }
        return table;
    }

    /** The tables that were ever used, by number. */
    public List<FlowTable> usedTables() {
        List<FlowTable> used = new ArrayList<>();
        for (int id = 0; id <= FlowMod.MAX_TABLE; id++) {
            FlowTable table = tables.get(id);
            if (table != null) {
                used.add(table);
            }
        }
        return used;
    }

    /**
     * Reads one version, however the tables change meanwhile. Control loop; the snapshot may then be read by another thread, and is
     * closed by the control loop.
     */
    public TableSnapshot snapshot() {
        TableSnapshot snapshot = new TableSnapshot(this, clock.tableVersion());
        snapshots.add(snapshot);
        return snapshot;
    }

    void release(TableSnapshot snapshot) {
        snapshots.remove(snapshot);
    }

    /** What is staged from now on was caused by this. */
    void setCause(int newCause) {
        cause = newCause;
    }

    /** Changes what a table does when it fills up: from now on for changes of this transaction. */
    void stagePolicy(FlowTable table, TablePolicy policy) {
        policiesBefore.putIfAbsent(table, table.policyState());
        watchesVacancy |= policy.hasVacancyEvents();
        table.setPolicy(policy, limit.maxEntries());
    }

    void stageAdd(FlowEntry entry) {
        insert(entry);
        staged.add(new Change.Added(entry, cause));
    }

    void stageReplace(FlowEntry old, FlowEntry entry) {
        hide(old, entry.addedIn());
        insert(entry);
        staged.add(new Change.Replaced(old, entry, cause));
    }

    void stageRemove(FlowEntry entry, RemovalReason reason, long version) {
        hide(entry, version);
        staged.add(new Change.Removed(entry, reason, cause));
    }

    private void insert(FlowEntry entry) {
        FlowTable table = table(entry.tableId());
        table.classifier().insert(entry);
        table.changeActiveCount(1);
        table.inserted(entry);
    }

    private void hide(FlowEntry entry, long version) {
        entry.removeIn(version);
        table(entry.tableId()).changeActiveCount(-1);
    }

    private void unhide(FlowEntry entry) {
        FlowTable table = table(entry.tableId());
        entry.removeIn(Long.MAX_VALUE);
        table.changeActiveCount(1);
        table.reverted();
    }

    private void uninsert(FlowEntry entry) {
        FlowTable table = table(entry.tableId());
        table.classifier().remove(entry);
        table.changeActiveCount(-1);
        table.reverted();
    }

    /** Stages the removal of the flows that were learned by flows that are gone and that are to go with them. */
    void stageRemoveOrphans(long version) {
        for (int i = 0; i < staged.size(); ) {
            Set<Learned> suspects = new LinkedHashSet<>();
            for (; i < staged.size(); i++) {
                switch (staged.get(i)) {
                    case Change.Added added -> {}
                    case Change.Replaced replaced -> suspects.addAll(Learned.deletedWith(replaced.old()));
                    case Change.Removed removed -> suspects.addAll(Learned.deletedWith(removed.entry()));
                }
            }
            if (!suspects.isEmpty()) {
                forEach(version, entry -> suspects.removeAll(Learned.deletedWith(entry)));
                suspects.forEach(learned -> table(learned.tableId()).forEach(version, entry -> {
                    if (entry.cookie() == learned.cookie()) {
                        stageRemove(entry, RemovalReason.DELETE, version);
                    }
                }));
            }
        }
    }

    boolean hasStagedChanges() {
        return !staged.isEmpty();
    }

    int stagedCount() {
        return staged.size();
    }

    void revert() {
        revertTo(0);
        policiesBefore.keySet().forEach(FlowTable::reverted);
        policiesBefore.forEach(FlowTable::restore);
        policiesBefore.clear();
        groups.revert();
        meters.revert();
    }

    /** Takes back the changes of entries that were staged last, until {@code count} of them are left. */
    void revertTo(int count) {
        while (staged.size() > count) {
            Change change = staged.removeLast();
            switch (change) {
                case Change.Added added -> uninsert(added.entry());
                case Change.Replaced replaced -> {
                    uninsert(replaced.entry());
                    unhide(replaced.old());
                }
                case Change.Removed removed -> {
                    unhide(removed.entry());
                    switch (removed.reason()) {
                        // Its timeout was taken off the queue when it was staged.
                        case IDLE_TIMEOUT, HARD_TIMEOUT -> timeouts.add(removed.entry());
                        case DELETE, GROUP_DELETE, METER_DELETE, EVICTION -> {
                            // Still watched.
                        }
                    }
                }
            }
        }
    }

    /** Keeps what is staged; cannot fail. */
    List<Change> finish() {
        groups.finish();
        meters.finish();
        policiesBefore.clear();
        List<Change> changes = List.copyOf(staged);
        staged.clear();
        for (Change change : changes) {
            switch (change) {
                case Change.Added added -> watch(added.entry());
                case Change.Replaced replaced -> {
                    dead.add(replaced.old());
                    timeouts.forget(replaced.old());
                    countCookie(replaced.old(), -1);
                    watch(replaced.entry());
                }
                case Change.Removed removed -> {
                    dead.add(removed.entry());
                    switch (removed.reason()) {
                        case IDLE_TIMEOUT, HARD_TIMEOUT -> {
                            // Its timeout was taken off the queue when it was staged.
                        }
                        case DELETE, GROUP_DELETE, METER_DELETE, EVICTION -> timeouts.forget(removed.entry());
                    }
                    countCookie(removed.entry(), -1);
                }
            }
        }
        countLearned(changes);
        return changes;
    }

    private void countCookie(FlowEntry entry, int by) {
        table(entry.tableId()).changeCookieCount(entry.cookie(), by);
    }

    /** How many more entries of a table have a cookie by what is staged. */
    int stagedWithCookie(int tableId, long cookie) {
        int count = 0;
        for (Change change : staged) {
            count += switch (change) {
                case Change.Added added -> countIf(added.entry(), tableId, cookie);
                case Change.Replaced replaced ->
                    countIf(replaced.entry(), tableId, cookie) - countIf(replaced.old(), tableId, cookie);
                case Change.Removed removed -> -countIf(removed.entry(), tableId, cookie);
            };
        }
        return count;
    }

    private static int countIf(FlowEntry entry, int tableId, long cookie) {
        return entry.tableId() == tableId && entry.cookie() == cookie ? 1 : 0;
    }

    /** What an entry may learn a limited number of is counted as long as the entry is there. */
    private void countLearned(List<Change> changes) {
        // What is still learned after the commit is never out of count.
        for (Change change : changes) {
            switch (change) {
                case Change.Added added -> countLearnedBy(added.entry(), true);
                case Change.Replaced replaced -> countLearnedBy(replaced.entry(), true);
                case Change.Removed _ -> {}
            }
        }
        for (Change change : changes) {
            switch (change) {
                case Change.Added _ -> {}
                case Change.Replaced replaced -> countLearnedBy(replaced.old(), false);
                case Change.Removed removed -> countLearnedBy(removed.entry(), false);
            }
        }
    }

    private void countLearnedBy(FlowEntry entry, boolean isThere) {
        for (LearnSpec spec : entry.learns()) {
            if (spec.limit() != 0 && spec.tableId() <= FlowMod.MAX_TABLE) {
                FlowTable table = table(spec.tableId());
                if (isThere) {
                    table.countCookie(spec.cookie(), clock.tableVersion() + 1);
                } else {
                    table.stopCounting(spec.cookie());
                }
            }
        }
    }

    void tell(List<Change> changes, long nowNs) {
        int told = TableTransaction.NO_CAUSE;
        for (Change change : changes) {
            if (change.cause() != told) {
                told = change.cause();
                listener.onCause(told);
            }
            switch (change) {
                case Change.Added added -> listener.onAdded(added.entry());
                case Change.Replaced replaced -> listener.onReplaced(replaced.old(), replaced.entry());
                case Change.Removed removed -> listener.onRemoved(removed.entry(), removed.reason(), nowNs);
            }
        }
        if (told != TableTransaction.NO_CAUSE) {
            listener.onCause(TableTransaction.NO_CAUSE);
        }
        if (!watchesVacancy) {
            return;
        }
        for (FlowTable table : usedTables()) {
            if (table.takeVacancyEvent(limit.maxEntries())) {
                listener.onVacancy(table, table.isVacancyLow());
            }
        }
    }

    private void watch(FlowEntry entry) {
        countCookie(entry, 1);
        timeouts.add(entry);
    }

    /** Entries that are watched for a timeout, and some that are not any more. Control loop. */
    int watchedTimeouts() {
        return timeouts.size();
    }

    /** When {@link TableTransaction#expire} has something to do next, on the monotonic clock; {@link Long#MAX_VALUE} for never. */
    public long nextExpiryNs() {
        return timeouts.nextNs();
    }

    /** Stages the removal of what has timed out. Looks only at entries that are due. */
    int stageExpired(long nowNs, long version) {
        int count = 0;
        for (FlowEntry entry = timeouts.poll(nowNs, version); entry != null; entry = timeouts.poll(nowNs, version)) {
            if (entry.expiryNs() > nowNs) {
                timeouts.add(entry);
            } else {
                RemovalReason reason =
                        entry.isHardExpired(nowNs) ? RemovalReason.HARD_TIMEOUT : RemovalReason.IDLE_TIMEOUT;
                stageRemove(entry, reason, version);
                count++;
            }
        }
        return count;
    }

    /** Stages the removal of every entry that {@code filter} accepts. */
    void stageRemoveIf(Predicate<FlowEntry> filter, RemovalReason reason, long version) {
        List<FlowEntry> found = new ArrayList<>();
        forEach(version, entry -> {
            if (filter.test(entry)) {
                found.add(entry);
            }
        });
        found.forEach(entry -> stageRemove(entry, reason, version));
    }

    void forEach(long version, Consumer<FlowEntry> consumer) {
        usedTables().forEach(table -> table.forEach(version, consumer));
    }

    /**
     * Drops entries, groups and meters that nobody can see any more.
     *
     * @param oldestVersion the oldest table version that a poll loop may still be reading; open snapshots are known here
     */
    public void reclaim(long oldestVersion) {
        long oldest = oldestVersion;
        for (TableSnapshot snapshot : snapshots) {
            oldest = Math.min(oldest, snapshot.version());
        }
        while (!dead.isEmpty() && dead.peek().removedIn() <= oldest) {
            FlowEntry entry = dead.poll();
            table(entry.tableId()).classifier().remove(entry);
        }
        groups.reclaim(oldest);
        meters.reclaim(oldest);
    }
}
