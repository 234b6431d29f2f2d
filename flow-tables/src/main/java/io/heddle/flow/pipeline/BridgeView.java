package io.heddle.flow.pipeline;

import io.heddle.flow.table.TableSet;

/**
 * A bridge as the pipeline sees it.
 *
 * @param id number in the process: what {@link DatapathAction.Punt#bridge} and {@link DatapathAction.Meter#bridge} carry
 * @param isStandalone act as a learning switch where no entry of table 0 matches (fail-mode standalone while no controller is connected)
 */
public record BridgeView(
        int id, String name, TableSet tables, MacLearning macs, boolean isStandalone, FragmentHandling fragments) {
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
        this(id, name, tables, macs, isStandalone, FragmentHandling.NORMAL);
    }
}
