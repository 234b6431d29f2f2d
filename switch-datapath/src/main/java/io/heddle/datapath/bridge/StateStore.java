package io.heddle.datapath.bridge;

import java.io.IOException;
import java.util.List;

/**
 * Keeps what was made at run time over a restart.
 *
 * <p>Threading: the configuration is saved on the control loop, tables on a thread of their own, never two at a time.
 */
public interface StateStore {
    /** Keeps nothing. */
    StateStore NONE = new StateStore() {
        @Override
        public void saveConfiguration(SwitchConfiguration configuration) {}

        @Override
        public void saveTables(String bridge, Tables tables) {}

        @Override
        public void forgetTables(String bridge) {}

        @Override
        public Tables loadTables(String bridge) {
            return Tables.EMPTY;
        }
    };

    /** What the tables of a bridge hold; flows with a timeout are left out. */
    record Tables(List<FlowState> flows, List<GroupState> groups, List<MeterState> meters) {
        public static final Tables EMPTY = new Tables(List.of(), List.of(), List.of());
    }

    /** Saves; what was saved before is kept until this is complete. */
    void saveConfiguration(SwitchConfiguration configuration) throws IOException;

    /** Saves; what was saved before is kept until this is complete. */
    void saveTables(String bridge, Tables tables) throws IOException;

    /** The bridge has been removed. */
    void forgetTables(String bridge) throws IOException;

    /** What was saved last, empty when nothing was. */
    Tables loadTables(String bridge) throws IOException;
}
