package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import io.heddle.datapath.agent.grpc.Snapshot.Section;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.GroupState;
import io.heddle.datapath.bridge.MeterState;
import io.heddle.datapath.bridge.PortState;
import io.heddle.datapath.bridge.QueueState;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.QueueQuery;
import io.heddle.proto.v1.TableQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The queries of one request about one bridge, checked before anything is read. */
final class Queries {
    private final List<Ask> asks = new ArrayList<>();
    private final List<FlowSelector> flowSelectors = new ArrayList<>();
    private final List<Query> queries;
    private final StateMapping mapping;

    /** Reads the answer to one query; control loop's thread. */
    private interface Ask {
        Section<?> read(BridgeReader reader);
    }

    /** @throws FlowException with the path of the bad field of a selection of flows */
    Queries(List<Query> queries, TextForms texts, StateMapping mapping) throws FlowException {
        this.queries = queries;
        this.mapping = mapping;
        for (int i = 0; i < queries.size(); i++) {
            Query query = queries.get(i);
            switch (query.getKindCase()) {
                case BRIDGE -> asks.add(reader -> new Section<>(List.of(reader.bridge()), mapping::entity));
                case FLOWS -> {
                    FlowSelector selector = Selections.flows(query.getFlows(), texts, "queries[" + i + "].flows");
                    flowSelectors.add(selector);
                    asks.add(reader -> new Section<>(reader.flows(selector), mapping::entity));
                }
                case GROUPS -> asks.add(reader -> new Section<>(groups(reader, query), mapping::entity));
                case METERS -> asks.add(reader -> new Section<>(meters(reader, query), mapping::entity));
                case PORTS -> asks.add(reader -> new Section<>(ports(reader, query), mapping::entity));
                case TABLES -> asks.add(reader -> new Section<>(tables(reader, query.getTables()), mapping::entity));
                case ADDRESSES -> asks.add(reader -> new Section<>(reader.addresses(), mapping::entity));
                case QUEUES -> asks.add(reader -> new Section<>(queues(reader, query.getQueues()), mapping::entity));
                case MULTICAST -> asks.add(reader -> new Section<>(reader.multicast(), mapping::entity));
                case MEGAFLOWS, DROPS, CACHES, CONNECTIONS -> {
                    // The process's, not a bridge's.
                }
                case KIND_NOT_SET ->
                    throw Failures.refusal(
                            Code.INVALID_ARGUMENT,
                            "queries[" + i + "]",
                            "the query is of no kind that this switch knows");
            }
        }
    }

    /** Says whether any query is about bridges. */
    boolean askBridges() {
        return !asks.isEmpty();
    }

    /** Control loop's thread. */
    Snapshot read(String bridge, BridgeReader reader) {
        List<Section<?>> sections = new ArrayList<>(asks.size());
        for (Ask ask : asks) {
            sections.add(ask.read(reader));
        }
        return new Snapshot(bridge, reader.revision(), sections);
    }

    private static List<GroupState> groups(BridgeReader reader, Query query) {
        return query.getGroups().hasGroupId()
                ? reader.groups().stream()
                        .filter(group -> selects(query, group))
                        .toList()
                : reader.groups();
    }

    private static List<MeterState> meters(BridgeReader reader, Query query) {
        return query.getMeters().hasMeterId()
                ? reader.meters().stream()
                        .filter(meter -> selects(query, meter))
                        .toList()
                : reader.meters();
    }

    private static List<PortState> ports(BridgeReader reader, Query query) {
        return reader.ports().stream()
                .filter(port -> Selections.selects(query.getPorts(), port))
                .toList();
    }

    private static List<QueueState> queues(BridgeReader reader, QueueQuery query) {
        return reader.queues().stream()
                .filter(queue -> (!query.hasPort() || queue.port() == query.getPort())
                        && (query.getPortName().isEmpty() || queue.portName().equals(query.getPortName()))
                        && (!query.hasQueueId() || queue.queueId() == query.getQueueId()))
                .toList();
    }

    private static List<BridgeReader.TableState> tables(BridgeReader reader, TableQuery query) {
        return reader.tables().stream()
                .filter(table -> query.hasTableId()
                        ? table.tableId() == query.getTableId()
                        : table.activeFlows() > 0 || table.lookups() > 0)
                .toList();
    }

    private static boolean selects(Query query, GroupState group) {
        return !query.getGroups().hasGroupId() || query.getGroups().getGroupId() == group.groupId();
    }

    private static boolean selects(Query query, MeterState meter) {
        return !query.getMeters().hasMeterId() || query.getMeters().getMeterId() == meter.meterId();
    }

    boolean follows(FlowState flow) {
        return flowSelectors.stream().anyMatch(selector -> Selections.selects(selector, flow));
    }

    boolean follows(GroupState group) {
        return queries.stream().anyMatch(query -> query.hasGroups() && selects(query, group));
    }

    boolean follows(MeterState meter) {
        return queries.stream().anyMatch(query -> query.hasMeters() && selects(query, meter));
    }

    boolean follows(PortState port) {
        return queries.stream().anyMatch(query -> query.hasPorts() && Selections.selects(query.getPorts(), port));
    }

    /** What belongs to the process; null sections are none. */
    static CompletableFuture<Snapshot> process(SwitchControl control, List<Query> queries, StateMapping mapping) {
        CompletableFuture<List<Section<?>>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (Query query : queries) {
            CompletableFuture<Section<?>> next = switch (query.getKindCase()) {
                case MEGAFLOWS -> {
                    int limit = query.getMegaflows().getLimit();
                    yield control.megaflows(limit <= 0 ? Integer.MAX_VALUE : limit)
                            .thenApply(flows -> new Section<>(flows, mapping::entity));
                }
                case DROPS -> {
                    boolean zeros = query.getDrops().getWithZeros();
                    List<SwitchControl.DropCount> drops = control.drops().stream()
                            .filter(drop -> zeros || drop.packets() > 0)
                            .toList();
                    yield CompletableFuture.completedFuture(new Section<>(drops, mapping::entity));
                }
                case CONNECTIONS -> {
                    int limit = query.getConnections().getLimit();
                    yield control.connections(
                                    zone(
                                            query.getConnections().hasZone(),
                                            query.getConnections().getZone()),
                                    limit <= 0 ? Integer.MAX_VALUE : limit)
                            .thenApply(connections -> new Section<>(connections, mapping::entity));
                }
                case CACHES -> CompletableFuture.completedFuture(new Section<>(control.pollLoops(), mapping::entity));
                case BRIDGE, FLOWS, GROUPS, METERS, PORTS, TABLES, MULTICAST, QUEUES, ADDRESSES, KIND_NOT_SET ->
                    CompletableFuture.completedFuture(new Section<>(List.<FlowState>of(), mapping::entity));
            };
            all = all.thenCombine(next, (sections, section) -> {
                sections.add(section);
                return sections;
            });
        }
        return all.thenApply(sections -> new Snapshot("", 0, sections));
    }

    /** The zone that is asked for, null for all. */
    static @Nullable Integer zone(boolean isGiven, int zone) {
        if (isGiven && (zone < 0 || zone > 0xffff)) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT, "zone", Integer.toUnsignedString(zone) + " is no zone: 0 to 65535 is right");
        }
        return isGiven ? zone : null;
    }

    static boolean askProcess(List<Query> queries) {
        return queries.stream()
                .anyMatch(query ->
                        query.hasMegaflows() || query.hasDrops() || query.hasCaches() || query.hasConnections());
    }

    StateMapping mapping() {
        return mapping;
    }
}
