package io.heddle.flow.table;

import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.TableListener.RemovalReason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A batch of changes to flow entries, groups and meters, of one or several bridges, that becomes visible at once or not at all.
 *
 * <pre>
 *   begin ---> apply, apply, ... (staged for version v+1, seen by nobody) ---> commit: publish v+1
 *                    |                                                    \--> revert: as if nothing had been
 *                    +-- a change that is refused throws and stages nothing: the caller goes on, or reverts
 * </pre>
 *
 * <p>Each change sees those before it. {@link #commit} cannot fail. A transaction that is {@linkplain #close closed} before it was
 * committed is reverted, so that what an exception leaves behind does not become part of the next one.
 *
 * <p>Threading: the control loop; one transaction at a time for a {@link VersionClock}.
 */
public final class TableTransaction implements AutoCloseable {
    /** Nobody asked for it by a change of the transaction. */
    public static final int NO_CAUSE = -1;

    private final VersionClock clock;
    private final long nowNs;
    private final long version;
    private final Set<TableSet> touched = new LinkedHashSet<>();
    private int cause = NO_CAUSE;
    private boolean isOpen = true;

    /**
     * Begins.
     *
     * @param nowNs time of all its changes
     */
    public TableTransaction(VersionClock clock, long nowNs) {
        this.clock = clock;
        this.nowNs = nowNs;
        this.version = clock.tableVersion() + 1;
    }

    /** The version that the changes are staged for. */
    public long version() {
        return version;
    }

    /**
     * Names what the next changes are caused by, for the listeners: the number of an update in a batch for example.
     *
     * @param newCause 0 or more
     */
    public void setCause(int newCause) {
        cause = newCause;
    }

    /**
     * Stages a change of flow entries.
     *
     * @return how many entries were added, modified or removed
     * @throws FlowException when it is refused, with a path that begins with {@code flow}; nothing of it is staged
     */
    public int apply(TableSet tables, FlowMod mod) throws FlowException {
        return apply(tables, mod, false);
    }

    /**
     * Stages a change of flow entries.
     *
     * @param setsCookie what a modify finds gets the mod's cookie, as OpenFlow 1.0 has it
     * @return how many entries were added, modified or removed
     * @throws FlowException when it is refused, with a path that begins with {@code flow}; nothing of it is staged
     */
    public int apply(TableSet tables, FlowMod mod, boolean setsCookie) throws FlowException {
        touch(tables);
        return switch (mod.command()) {
            case ADD -> add(tables, mod);
            case MODIFY, MODIFY_STRICT -> modify(tables, mod, setsCookie);
            case DELETE, DELETE_STRICT -> delete(tables, mod);
        };
    }

    /** Stages a change of groups; flows that refer to a group that it deletes are deleted with it. */
    public void apply(TableSet tables, GroupMod mod) throws FlowException {
        touch(tables);
        Set<Integer> deleted = tables.groups().stage(mod, version, nowNs);
        if (!deleted.isEmpty()) {
            tables.stageRemoveIf(entry -> entry.refersToAnyGroup(deleted), RemovalReason.GROUP_DELETE, version);
        }
    }

    /** Stages a change of meters; flows that use a meter that it deletes are deleted with it. */
    public void apply(TableSet tables, MeterMod mod) throws FlowException {
        touch(tables);
        Set<Integer> deleted = tables.meters().stage(mod, version, nowNs);
        if (!deleted.isEmpty()) {
            tables.stageRemoveIf(entry -> entry.refersToAnyMeter(deleted), RemovalReason.METER_DELETE, version);
        }
    }

    /** Stages what a table, 0 to 253, or all of them (255) do when they fill up. */
    public void apply(TableSet tables, int tableId, TablePolicy policy) throws FlowException {
        touch(tables);
        if (tableId > FlowMod.MAX_TABLE && tableId != FlowMod.ALL_TABLES) {
            throw new FlowException(
                    ErrorCode.TABLE_MOD_FAILED_BAD_TABLE,
                    "table.table_id",
                    "table " + tableId + " is not in 0-" + FlowMod.MAX_TABLE + ", and not 255 for all");
        }
        if (tableId == FlowMod.ALL_TABLES) {
            for (int id = 0; id <= FlowMod.MAX_TABLE; id++) {
                tables.stagePolicy(tables.table(id), policy);
            }
        } else {
            tables.stagePolicy(tables.table(tableId), policy);
        }
    }

    /**
     * Stages a flow that a packet has learned: a new one, or other instructions and another cookie for one of the same match and
     * priority. Nothing is staged if the flow is there as it is to be, or if there are enough of its cookie.
     *
     * @param limit most flows of that table and cookie, unsigned; 0 for no limit
     * @return whether something is staged
     * @throws FlowException when its match is wrong or the table full
     */
    public boolean learn(TableSet tables, FlowMod flow, int limit) throws FlowException {
        touch(tables);
        FlowTable table = tables.table(flow.tableId());
        FlowEntry existing = table.classifier().find(flow.match(), flow.priority(), version);
        if (existing != null) {
            boolean isChanged = !existing.isAsLearned(flow);
            if (isChanged) {
                tables.stageReplace(existing, new FlowEntry(existing, flow, nowNs, version));
            }
            return isChanged;
        }
        FlowModValidator.checkMatch(flow.match(), "flow.match");
        if (limit != 0
                && !table.isBelowLimit(
                        flow.cookie(), limit, tables.stagedWithCookie(table.id(), flow.cookie()), version)) {
            return false;
        }
        requireRoom(tables, table);
        tables.stageAdd(new FlowEntry(flow, new HitCounter(nowNs), nowNs, version));
        return true;
    }

    /** Stages lower timeouts for an entry, if it is still there; 0 leaves one as it is. Returns whether something is staged. */
    public boolean shortenTimeouts(TableSet tables, FlowEntry entry, int idleSeconds, int hardSeconds) {
        touch(tables);
        boolean isChanged = entry.isVisibleIn(version) && entry.isLongerThan(idleSeconds, hardSeconds);
        if (isChanged) {
            tables.stageReplace(entry, new FlowEntry(entry, idleSeconds, hardSeconds, version));
        }
        return isChanged;
    }

    /** Stages the removal of the entries whose idle or hard timeout has passed, and returns how many. */
    public int expire(TableSet tables) {
        if (tables.nextExpiryNs() > nowNs) {
            return 0;
        }
        touch(tables);
        return tables.stageExpired(nowNs, version);
    }

    private void touch(TableSet tables) {
        if (!isOpen) {
            throw new IllegalStateException("the transaction is over");
        }
        if (tables.clock() != clock) {
            throw new IllegalArgumentException("the tables belong to another clock");
        }
        touched.add(tables);
        tables.setCause(cause);
    }

    private int add(TableSet tables, FlowMod mod) throws FlowException {
        new FlowModValidator(tables, version).check(mod);
        FlowTable table = tables.table(mod.tableId());
        FlowEntry existing = table.classifier().find(mod.match(), mod.priority(), version);
        if (mod.flags().contains(FlowMod.Flag.CHECK_OVERLAP)) {
            FlowEntry other = table.classifier()
                    .findOverlapping(mod.match(), mod.priority(), version, entry -> entry != existing);
            if (other != null) {
                throw new FlowException(
                        ErrorCode.FLOW_MOD_FAILED_OVERLAP,
                        "flow.match",
                        "an entry of priority " + mod.priority() + " with cookie 0x" + Long.toHexString(other.cookie())
                                + " matches some of the same packets");
            }
        }
        if (existing != null) {
            HitCounter counter =
                    mod.flags().contains(FlowMod.Flag.RESET_COUNTS) ? new HitCounter(nowNs) : existing.counter();
            tables.stageReplace(existing, new FlowEntry(mod, counter, nowNs, version));
            return 1;
        }
        requireRoom(tables, table);
        tables.stageAdd(new FlowEntry(mod, new HitCounter(nowNs), nowNs, version));
        return 1;
    }

    /** Has a table take one more entry: evicts others from a full one that does so, refuses otherwise. */
    private void requireRoom(TableSet tables, FlowTable table) throws FlowException {
        int maxEntries = tables.limit().maxEntries();
        boolean hasEvicted = table.activeCount() >= maxEntries;
        int before = tables.stagedCount();
        while (table.activeCount() >= maxEntries) {
            if (!evict(tables, table)) {
                tables.revertTo(before); // where there is no room, nothing goes
                throw new FlowException(
                        ErrorCode.FLOW_MOD_FAILED_TABLE_FULL,
                        "flow.table_id",
                        "table " + table.id() + " holds " + maxEntries + " entries, its limit"
                                + (table.policy().evicts() ? ", none of which may be evicted" : ""));
            }
        }
        if (tables.limit().isMemoryShort() && !hasEvicted && !evict(tables, table)) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_TABLE_FULL,
                    "flow.table_id",
                    "the switch has no memory left for more flows: delete some, or give its process more");
        }
    }

    private boolean evict(TableSet tables, FlowTable table) {
        FlowEntry evicted = table.evictable(version);
        if (evicted != null) {
            tables.stageRemove(evicted, RemovalReason.EVICTION, version);
        }
        return evicted != null;
    }

    private int modify(TableSet tables, FlowMod mod, boolean setsCookie) throws FlowException {
        new FlowModValidator(tables, version).check(mod);
        boolean isStrict = mod.command() == FlowMod.Command.MODIFY_STRICT;
        List<FlowEntry> found = select(tables, mod, isStrict, entry -> true);
        for (FlowEntry old : found) {
            HitCounter counter =
                    mod.flags().contains(FlowMod.Flag.RESET_COUNTS) ? new HitCounter(nowNs) : old.counter();
            long cookie = setsCookie ? mod.cookie() : old.cookie();
            tables.stageReplace(old, new FlowEntry(old, mod.instructions(), cookie, counter, nowNs, version));
        }
        return found.size();
    }

    private int delete(TableSet tables, FlowMod mod) throws FlowException {
        new FlowModValidator(tables, version).check(mod);
        boolean isStrict = mod.command() == FlowMod.Command.DELETE_STRICT;
        Predicate<FlowEntry> filter = entry -> (mod.outPort() == Ports.ANY || entry.outputsTo(mod.outPort()))
                && (mod.outGroup() == FlowMod.ANY_GROUP || entry.refersToGroup(mod.outGroup()));
        List<FlowEntry> found = select(tables, mod, isStrict, filter);
        found.forEach(entry -> tables.stageRemove(entry, RemovalReason.DELETE, version));
        return found.size();
    }

    private List<FlowEntry> select(TableSet tables, FlowMod mod, boolean isStrict, Predicate<FlowEntry> filter) {
        List<FlowEntry> found = new ArrayList<>();
        List<FlowTable> where =
                mod.tableId() == FlowMod.ALL_TABLES ? tables.usedTables() : List.of(tables.table(mod.tableId()));
        Predicate<FlowEntry> wanted =
                entry -> ((entry.cookie() ^ mod.cookie()) & mod.cookieMask()) == 0 && filter.test(entry);
        for (FlowTable table : where) {
            if (isStrict) {
                FlowEntry entry = table.classifier().find(mod.match(), mod.priority(), version);
                if (entry != null && wanted.test(entry)) {
                    found.add(entry);
                }
            } else {
                table.classifier().forEachCoveredBy(mod.match(), version, entry -> {
                    if (wanted.test(entry)) {
                        found.add(entry);
                    }
                });
            }
        }
        return found;
    }

    /** Takes everything back, unless it was committed or reverted before. */
    @Override
    public void close() {
        if (isOpen) {
            revert();
        }
    }

    /** Takes everything back. */
    public void revert() {
        isOpen = false;
        touched.forEach(TableSet::revert);
    }

    /**
     * Makes everything visible at once, then tells the listeners.
     *
     * @return the version that is now published
     */
    public long commit() {
        touched.forEach(tables -> {
            tables.setCause(NO_CAUSE);
            tables.stageRemoveOrphans(version);
        });
        isOpen = false;
        Map<TableSet, List<TableSet.Change>> changes = new LinkedHashMap<>();
        touched.forEach(tables -> changes.put(tables, tables.finish()));
        long published = touched.isEmpty() ? clock.tableVersion() : clock.publish();
        changes.forEach((tables, list) -> tables.tell(list, nowNs));
        return published;
    }
}
