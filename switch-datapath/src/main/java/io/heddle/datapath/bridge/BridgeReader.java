package io.heddle.datapath.bridge;

import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.table.TablePolicy;
import java.util.List;

/**
 * The state of a bridge at one moment. Valid only inside the function that it was given to; control loop's thread.
 */
public interface BridgeReader {
    /** Revision of the tables. */
    long revision();

    /** Flows that are selected, by table, then descending priority. */
    List<FlowState> flows(FlowSelector selector);

    /** Sums over the flows that are selected. */
    Aggregate aggregate(FlowSelector selector);

    /** All groups, by number. */
    List<GroupState> groups();

    /** All meters, by number. */
    List<MeterState> meters();

    /** All ports, by number; the local port last. */
    List<PortState> ports();

    /** Queues of all ports, by number of the port, then of the queue. */
    List<QueueState> queues();

    /** Which Geneve options are which fields. */
    TunnelOptions tunnelOptions();

    /** What happens to fragments. */
    BridgeView.FragmentHandling fragments();

    /** All 254 tables. */
    List<TableState> tables();

    /** Which addresses have been learned, by VLAN and address. */
    List<LearnedAddress> addresses();

    /**
     * Where an Ethernet address was seen.
     *
     * @param port OpenFlow number, of a bond that of its first port
     * @param vlan 0 for none
     * @param address the 48 bits
     * @param ageNs since it last sent something
     */
    record LearnedAddress(int port, String portName, int vlan, long address, long ageNs) {}

    /** Who has asked for which multicast, and where its routers are. */
    List<MulticastEntry> multicast();

    /**
     * A line of the multicast table.
     *
     * @param port OpenFlow number, of a bond that of its first port
     * @param vlan 0 for none
     * @param group address in text; empty for a router
     */
    record MulticastEntry(int port, String portName, int vlan, String group, long ageNs) {}

    /** The bridge itself. */
    BridgeState bridge();

    /** Follows from exactly here: what is read now, and every change after it. */
    EventSubscription subscribe(EventInterest interest);

    /**
     * Has changes of flows told to a follower from exactly here.
     *
     * @param wanted all that it follows from now on; none ends it
     * @param fresh what it is to be told of now
     * @return the flows that {@code fresh} selects, each once, with the details of the interests that do
     */
    List<FlowNotice.Changed> follow(FlowFollower follower, List<FlowInterest> wanted, List<FlowInterest> fresh);

    /** OpenFlow's aggregate statistics. */
    record Aggregate(long packets, long octets, int flows) {}

    /**
     * A table.
     *
     * @param lookups packets looked up
     * @param matches packets that hit a flow
     * @param maxEntries most flows that it takes
     * @param policy what it does when it fills up
     * @param vacancyPercent places that are free
     */
    record TableState(
            int tableId,
            int activeFlows,
            long lookups,
            long matches,
            int maxEntries,
            TablePolicy policy,
            int vacancyPercent) {
        /** A table that does nothing when it fills up. */
        public TableState(int tableId, int activeFlows, long lookups, long matches, int maxEntries) {
            this(tableId, activeFlows, lookups, matches, maxEntries, TablePolicy.DEFAULT, (int)
                    ((maxEntries - activeFlows) * 100L / maxEntries));
        }
    }

    /**
     * A bridge.
     *
     * @param standalone acts as a learning switch now, because no controller is connected
     * @param flowMods flow-mods applied since the start
     * @param flowModsRefused flow-mods refused since the start
     * @param spanningTree of the spanning tree, for people; empty if the bridge takes no part
     */
    record BridgeState(
            String name,
            long datapathId,
            BridgeConfiguration.FailMode failMode,
            boolean standalone,
            int flows,
            int ports,
            List<ControllerRegistration.State> controllers,
            long flowMods,
            long flowModsRefused,
            String spanningTree) {}
}
