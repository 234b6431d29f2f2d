package io.heddle.datapath.bridge;

import io.heddle.flow.match.TunnelOptions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Keeps what was made at run time over a restart.
 *
 * <p>Threading: the configuration and port settings are saved on the control loop, tables on a thread of their own, never two at a time.
 */
public interface StateStore {
    /** Keeps nothing. */
    StateStore NONE = new StateStore() {
        @Override
        public void saveConfiguration(SwitchConfiguration configuration) {}

        @Override
        public void savePortSettings(String bridge, Map<String, Integer> settings) {}

        @Override
        public Map<String, Integer> loadPortSettings(String bridge) {
            return Map.of();
        }

        @Override
        public void saveTables(String bridge, Tables tables) {}

        @Override
        public void forgetTables(String bridge) {}

        @Override
        public Tables loadTables(String bridge, Consumer<String> refused) {
            return Tables.EMPTY;
        }

        @Override
        public String setTablesAside(String bridge) {
            return "";
        }
    };

    /**
     * What the tables of a bridge hold; flows with a timeout are left out.
     *
     * @param tunnelOptions which Geneve options are which fields
     */
    record Tables(
            List<FlowState> flows,
            List<GroupState> groups,
            List<MeterState> meters,
            List<TunnelOptions.Option> tunnelOptions) {
        public static final Tables EMPTY = new Tables(List.of(), List.of(), List.of());

        /** Without Geneve options. */
        public Tables(List<FlowState> flows, List<GroupState> groups, List<MeterState> meters) {
            this(flows, groups, meters, List.of());
        }
    }

    /** Saves; what was saved before is kept until this is complete. */
    void saveConfiguration(SwitchConfiguration configuration) throws IOException;

    /**
     * Saves the settings of a bridge's ports that were changed at run time; what was saved before is kept until this is complete.
     *
     * @param settings bits {@code CONFIG_*} of {@link PortState} by port name; empty: nothing is kept
     */
    void savePortSettings(String bridge, Map<String, Integer> settings) throws IOException;

    /** The settings that were saved last, empty when none were. */
    Map<String, Integer> loadPortSettings(String bridge) throws IOException;

    /** Saves; what was saved before is kept until this is complete. */
    void saveTables(String bridge, Tables tables) throws IOException;

    /** The bridge has been removed. */
    void forgetTables(String bridge) throws IOException;

    /**
     * What was saved last, empty when nothing was.
     *
     * @param refused is told, in a sentence with its place, of each entry that cannot be read; the others are loaded
     * @throws IOException when nothing can be read
     */
    Tables loadTables(String bridge, Consumer<String> refused) throws IOException;

    /**
     * Keeps what was saved last, of which something could not be loaded, where the next save does not overwrite it.
     *
     * @return where, for a person
     */
    String setTablesAside(String bridge) throws IOException;
}
