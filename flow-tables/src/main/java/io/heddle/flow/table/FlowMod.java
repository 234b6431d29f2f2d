package io.heddle.flow.table;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Match;
import java.util.List;
import java.util.Set;

/**
 * A request to change flow entries.
 *
 * @param command what to do
 * @param tableId 0 to 253; {@link #ALL_TABLES} for deletes from all tables
 * @param match what the entry matches, or which entries are meant
 * @param priority 0 to 65535; not looked at by non-strict modify and delete
 * @param cookie opaque to the switch
 * @param cookieMask modify and delete: only entries whose cookie agrees in these bits; 0 for no restriction
 * @param idleTimeoutSeconds 0 to 65535, 0 for none
 * @param hardTimeoutSeconds 0 to 65535, 0 for none
 * @param importance eviction precedence, 0 to 65535 (OpenFlow 1.4)
 * @param flags see {@link Flag}
 * @param outPort delete: only entries that output to this port; {@link Ports#ANY} for no restriction
 * @param outGroup delete: only entries that refer to this group; {@link #ANY_GROUP} for no restriction
 * @param instructions of the entry
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.3.4.1</a>
 */
public record FlowMod(
        Command command,
        int tableId,
        Match match,
        int priority,
        long cookie,
        long cookieMask,
        int idleTimeoutSeconds,
        int hardTimeoutSeconds,
        int importance,
        Set<Flag> flags,
        int outPort,
        int outGroup,
        List<Instruction> instructions) {
    /** {@code OFPTT_ALL}. */
    public static final int ALL_TABLES = 0xff;

    /** Highest table number a flow may be in. */
    public static final int MAX_TABLE = 253;

    /** {@code OFPG_ANY}. */
    public static final int ANY_GROUP = 0xffffffff;

    /** Priority of a flow that does not say one, in {@code ovs-ofctl} as in OpenFlow 1.0. */
    public static final int DEFAULT_PRIORITY = 32768;

    /** What to do with the entries. */
    public enum Command {
        ADD,
        MODIFY,
        MODIFY_STRICT,
        DELETE,
        DELETE_STRICT
    }

    /** {@code OFPFF_*}. */
    public enum Flag {
        SEND_FLOW_REM(1),
        CHECK_OVERLAP(2),
        RESET_COUNTS(4),
        NO_PKT_COUNTS(8),
        NO_BYT_COUNTS(16);

        private final int bit;

        Flag(int bit) {
            this.bit = bit;
        }

        /** The flag's bit on the wire. */
        public int bit() {
            return bit;
        }
    }

    public FlowMod {
        require("tableId", tableId, 0, 255);
        require("priority", priority, 0, 0xffff);
        require("idleTimeoutSeconds", idleTimeoutSeconds, 0, 0xffff);
        require("hardTimeoutSeconds", hardTimeoutSeconds, 0, 0xffff);
        require("importance", importance, 0, 0xffff);
        flags = Set.copyOf(flags);
        instructions = List.copyOf(instructions);
    }

    private static void require(String name, int value, int low, int high) {
        if (value < low || value > high) {
            throw new IllegalArgumentException(name + " " + value + " is not in " + low + "-" + high);
        }
    }

    /** The same fields under another command. */
    public FlowMod as(Command other) {
        return new FlowMod(
                other,
                tableId,
                match,
                priority,
                cookie,
                cookieMask,
                idleTimeoutSeconds,
                hardTimeoutSeconds,
                importance,
                flags,
                outPort,
                outGroup,
                instructions);
    }

    /** A plain add without timeouts and flags. */
    public static FlowMod add(int tableId, int priority, Match match, List<Instruction> instructions) {
        return new FlowMod(
                Command.ADD, tableId, match, priority, 0, 0, 0, 0, 0, Set.of(), Ports.ANY, ANY_GROUP, instructions);
    }
}
