package io.heddle.flow.pipeline;

import io.heddle.flow.table.TableSet;

/**
 * A bridge as the pipeline sees it.
 *
 * @param id number in the process: what {@link DatapathAction.Punt#bridge} and {@link DatapathAction.Meter#bridge} carry
 * @param isStandalone act as a learning switch where no entry of table 0 matches (fail-mode standalone while no controller is connected)
 * @param sendsMisses packets that no entry of a table matches go to the controllers: one of them speaks an OpenFlow before 1.3, which has no
 *     table-miss entries
 */
public record BridgeView(
        int id,
        String name,
        TableSet tables,
        MacLearning macs,
        boolean isStandalone,
        FragmentHandling fragments,
        boolean sendsMisses) {
    /** {@code OFPC_FRAG_*}. */
    public enum FragmentHandling {
        /** L4 ports of every fragment are matched as 0. */
        NORMAL,
        /** Fragments are dropped. */
        DROP,
        /** First fragments keep their L4 ports. */
        NX_MATCH
    }

    public BridgeView(int id, String name, TableSet tables, MacLearning macs, boolean isStandalone) {
        this(id, name, tables, macs, isStandalone, FragmentHandling.NORMAL, false);
    }

    public BridgeView(
            int id, String name, TableSet tables, MacLearning macs, boolean isStandalone, FragmentHandling fragments) {
        this(id, name, tables, macs, isStandalone, fragments, false);
    }
}
