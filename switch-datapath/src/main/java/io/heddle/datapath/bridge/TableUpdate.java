package io.heddle.datapath.bridge;

import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;

/** One change in a batch. */
public sealed interface TableUpdate {
    /** What must be so before, beyond OpenFlow's own rules; identity is (table, priority, match), group or meter number. */
    enum Precondition {
        /** OpenFlow's rules only. */
        NONE,
        /** There is none of that identity yet, else {@link UpdateFailure.Kind#ALREADY_EXISTS}. */
        ABSENT,
        /** There is one, else {@link UpdateFailure.Kind#NOT_FOUND}. */
        PRESENT,
        /**
         * Add or replace, whichever is right; a group's or meter's command is then {@code ADD}. A flow-mod that modifies nothing adds,
         * as OpenFlow 1.0 and 1.1 have it.
         */
        UPSERT
    }

    record FlowUpdate(FlowMod mod, Precondition precondition) implements TableUpdate {
        public FlowUpdate(FlowMod mod) {
            this(mod, Precondition.NONE);
        }
    }

    record GroupUpdate(GroupMod mod, Precondition precondition) implements TableUpdate {
        public GroupUpdate(GroupMod mod) {
            this(mod, Precondition.NONE);
        }
    }

    record MeterUpdate(MeterMod mod, Precondition precondition) implements TableUpdate {
        public MeterUpdate(MeterMod mod) {
            this(mod, Precondition.NONE);
        }
    }

    /**
     * Sets bits of a port's configuration.
     *
     * @param port OpenFlow number
     * @param config new values of the bits in {@code mask}, {@link PortState#CONFIG_DOWN} and so on
     * @param macAddress the port's address as OpenFlow's port_mod repeats it, to be checked; -1 for no check
     */
    record PortUpdate(int port, int config, int mask, long macAddress) implements TableUpdate {}

    /** Sends a packet, after everything else in the batch; refused when it is not right then, like an update. */
    record PacketSend(BridgeControl.PacketOut packet) implements TableUpdate {}
}
