package io.heddle.datapath.bridge;

import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TablePolicy;
import org.jspecify.annotations.Nullable;

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
        UPSERT,
        /** For flow-mods: as {@link #UPSERT}, and what a modify finds gets the mod's cookie, as OpenFlow 1.0 has it. */
        UPSERT_WITH_COOKIE
    }

    /** Whose change this is, for those who follow changes and asked for some themselves. */
    default Source source() {
        return Source.NONE;
    }

    /** Who asked for a change by which message: one object for each message. */
    final class Source {
        /** Nobody who follows changes. */
        public static final Source NONE = new Source(null, 0);

        private final @Nullable Object client;
        private final int xid;

        public Source(@Nullable Object client, int xid) {
            this.client = client;
            this.xid = xid;
        }

        /** As its {@link FlowFollower} names it; null for nobody. */
        public @Nullable Object client() {
            return client;
        }

        /** Transaction id of the client's message. */
        public int xid() {
            return xid;
        }
    }

    record FlowUpdate(FlowMod mod, Precondition precondition, Source source) implements TableUpdate {
        public FlowUpdate(FlowMod mod, Precondition precondition) {
            this(mod, precondition, Source.NONE);
        }

        public FlowUpdate(FlowMod mod) {
            this(mod, Precondition.NONE);
        }
    }

    record GroupUpdate(GroupMod mod, Precondition precondition, Source source) implements TableUpdate {
        public GroupUpdate(GroupMod mod, Precondition precondition) {
            this(mod, precondition, Source.NONE);
        }

        public GroupUpdate(GroupMod mod) {
            this(mod, Precondition.NONE);
        }
    }

    record MeterUpdate(MeterMod mod, Precondition precondition, Source source) implements TableUpdate {
        public MeterUpdate(MeterMod mod, Precondition precondition) {
            this(mod, precondition, Source.NONE);
        }

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

    /** Sets what a table does when it fills up; {@link FlowMod#ALL_TABLES} for all. Lasts until the process ends. */
    record PolicyUpdate(int tableId, TablePolicy policy) implements TableUpdate {}

    /** Sends a packet, after everything else in the batch; refused when it is not right then, like an update. */
    record PacketSend(BridgeControl.PacketOut packet) implements TableUpdate {}
}
