package io.heddle.flow.table;

import io.heddle.flow.group.Group;
import io.heddle.flow.meter.Meter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The tables of a bridge as of one version. Counters are those of the moment in which they are read.
 *
 * <p>Threading: opened and closed by the control loop, read by any one thread between.
 */
public final class TableSnapshot implements AutoCloseable {
    private final TableSet tables;
    private final long version;

    TableSnapshot(TableSet tables, long version) {
        this.tables = tables;
        this.version = version;
    }

    public long version() {
        return version;
    }

    /** Every flow entry, in no particular order. */
    public void forEachFlow(Consumer<FlowEntry> consumer) {
        tables.forEach(version, consumer);
    }

    /** The flow entries that {@code filter} accepts, by table and then by descending priority. */
    public List<FlowEntry> flows(Predicate<FlowEntry> filter) {
        List<FlowEntry> flows = new ArrayList<>();
        forEachFlow(entry -> {
            if (filter.test(entry)) {
                flows.add(entry);
            }
        });
        flows.sort((one, other) -> one.tableId() != other.tableId()
                ? Integer.compare(one.tableId(), other.tableId())
                : Integer.compare(other.priority(), one.priority()));
        return flows;
    }

    /** By number. */
    public List<Group> groups() {
        return tables.groups().visibleIn(version);
    }

    /** By number. */
    public List<Meter> meters() {
        return tables.meters().visibleIn(version);
    }

    /** Lets entries that only this version sees be reclaimed. */
    @Override
    public void close() {
        tables.release(this);
    }
}
