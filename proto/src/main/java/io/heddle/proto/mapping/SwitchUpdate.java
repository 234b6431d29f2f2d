package io.heddle.proto.mapping;

import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;

/** One update of a {@code Write}, in the words of the domain model. */
public sealed interface SwitchUpdate {
    /** Whether what the update names must be there already: OpenFlow's commands do not ask, INSERT, MODIFY and DELETE do. */
    enum Presence {
        ANY,
        MUST_EXIST,
        MUST_NOT_EXIST
    }

    /** A change of flows. {@code presence} is about the flow of exactly this table, priority and match. */
    record FlowChange(Presence presence, FlowMod mod) implements SwitchUpdate {}

    /** A change of a group; with {@link Presence#ANY} and ADD it adds or replaces. */
    record GroupChange(Presence presence, GroupMod mod) implements SwitchUpdate {}

    /** A change of a meter; with {@link Presence#ANY} and ADD it adds or replaces. */
    record MeterChange(Presence presence, MeterMod mod) implements SwitchUpdate {}

    /**
     * A change of a port's setting.
     *
     * @param number OpenFlow port number
     * @param config new values of {@code OFPPC_*}; NO_FLOOD (bit 4) as in OpenFlow 1.0
     * @param mask which of the bits to change
     */
    record PortChange(int number, int config, int mask) implements SwitchUpdate {
        public static final int PORT_DOWN = 1;
        public static final int NO_RECEIVE = 1 << 2;
        public static final int NO_FLOOD = 1 << 4;
        public static final int NO_FORWARD = 1 << 5;
        public static final int NO_PACKET_IN = 1 << 6;
    }
}
