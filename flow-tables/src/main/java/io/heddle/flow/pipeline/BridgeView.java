package io.heddle.flow.pipeline;

import io.heddle.flow.table.TableSet;

/**
 * A bridge as the pipeline sees it.
 *
 * @param id number in the process: what {@link DatapathAction.Punt#bridge} and {@link DatapathAction.Meter#bridge} carry
 * @param standalone whether it acts as a learning switch (fail-mode standalone)
 * @param sendsMisses packets that no entry of a table matches go to the controllers: one of them speaks an OpenFlow before 1.3, which has no
 *     table-miss entries
 * @param layer2 what it does as an Ethernet bridge
 */
public record BridgeView(
        int id,
        String name,
        TableSet tables,
        MacLearning macs,
        Standalone standalone,
        FragmentHandling fragments,
        boolean sendsMisses,
        BridgeLayer2 layer2) {
    /** When a bridge without a controller acts as a learning switch. */
    public enum Standalone {
        /** Never. */
        OFF,
        /** Where no entry of table 0 matches: it has never had a controller. */
        BELOW_FLOWS,
        /** For all packets: its controller is gone, and what that has left in the tables may need it. */
        ABOVE_FLOWS
    }

    /** {@code OFPC_FRAG_*}. */
    public enum FragmentHandling {
        /** L4 ports of every fragment are matched as 0. */
        NORMAL,
        /** Fragments are dropped. */
        DROP,
        /** First fragments keep their L4 ports. */
        NX_MATCH
    }

    public BridgeView(int id, String name, TableSet tables, MacLearning macs, Standalone standalone) {
        this(id, name, tables, macs, standalone, FragmentHandling.NORMAL, false, BridgeLayer2.PLAIN);
    }
}
