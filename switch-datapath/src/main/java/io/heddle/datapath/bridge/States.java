package io.heddle.datapath.bridge;

import io.heddle.flow.action.Ports;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.group.Group;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowTable;
import io.heddle.flow.table.TableListener;
import java.util.ArrayList;
import java.util.List;

/** Makes reports of what the tables hold. Threading: the control loop. */
final class States {
    private States() {}

    static FlowState of(FlowEntry entry, long nowNs) {
        HitCounter counter = entry.counter();
        long idleSince = Math.max(entry.createdNs(), counter.lastUsedNs());
        return new FlowState(
                entry.tableId(),
                entry.priority(),
                entry.match(),
                entry.instructions(),
                entry.cookie(),
                entry.idleTimeoutSeconds(),
                entry.hardTimeoutSeconds(),
                entry.importance(),
                entry.flags(),
                entry.has(FlowMod.Flag.NO_PKT_COUNTS) ? 0 : counter.packets(),
                entry.has(FlowMod.Flag.NO_BYT_COUNTS) ? 0 : counter.octets(),
                nowNs - entry.createdNs(),
                Math.max(0, nowNs - idleSince));
    }

    /** {@code references} counts flows and groups that refer to the group. */
    static GroupState of(Group group, int references, long nowNs) {
        List<GroupMod.BucketSpec> buckets = new ArrayList<>();
        List<GroupState.BucketCount> counts = new ArrayList<>();
        for (Group.Bucket bucket : group.buckets()) {
            buckets.add(bucket.spec());
            counts.add(new GroupState.BucketCount(
                    bucket.counter().packets(), bucket.counter().octets()));
        }
        return new GroupState(
                group.id(),
                group.type(),
                group.selection(),
                GroupMod.withoutPlaces(buckets),
                counts,
                group.counter().packets(),
                group.counter().octets(),
                nowNs - group.createdNs(),
                references);
    }

    static BridgeReader.TableState of(FlowTable table, int maxEntries) {
        return new BridgeReader.TableState(
                table.id(),
                table.activeCount(),
                table.lookups().packets(),
                table.matches().packets(),
                maxEntries,
                table.policy(),
                table.vacancyPercent(maxEntries));
    }

    static MeterState of(Meter meter, int flows, long nowNs) {
        return new MeterState(
                meter.id(),
                meter.configuration().flags(),
                meter.configuration().bands(),
                meter.bandCounters().stream()
                        .map(counter -> new MeterState.BandCount(counter.packets(), counter.octets()))
                        .toList(),
                meter.counter().packets(),
                meter.counter().octets(),
                nowNs - meter.createdNs(),
                flows);
    }

    static BridgeEvent.RemovalReason of(TableListener.RemovalReason reason) {
        return switch (reason) {
            case IDLE_TIMEOUT -> BridgeEvent.RemovalReason.IDLE_TIMEOUT;
            case HARD_TIMEOUT -> BridgeEvent.RemovalReason.HARD_TIMEOUT;
            case DELETE -> BridgeEvent.RemovalReason.DELETE;
            case GROUP_DELETE -> BridgeEvent.RemovalReason.GROUP_DELETE;
            case METER_DELETE -> BridgeEvent.RemovalReason.METER_DELETE;
            case EVICTION -> BridgeEvent.RemovalReason.EVICTION;
        };
    }

    /** Says whether a flow is one of those that are selected (OpenFlow 1.3.5 section 7.3.5.2). */
    static boolean isSelected(FlowEntry entry, FlowSelector selector) {
        return (selector.tableId() == FlowMod.ALL_TABLES || entry.tableId() == selector.tableId())
                && (selector.priority() < 0 || entry.priority() == selector.priority())
                && ((entry.cookie() ^ selector.cookie()) & selector.cookieMask()) == 0
                && entry.match().isCoveredBy(selector.match())
                && (selector.outPort() == Ports.ANY || entry.outputsTo(selector.outPort()))
                && (selector.outGroup() == FlowMod.ANY_GROUP || entry.refersToGroup(selector.outGroup()));
    }
}
