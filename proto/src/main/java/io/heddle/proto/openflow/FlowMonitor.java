package io.heddle.proto.openflow;

import io.heddle.flow.match.Match;

/**
 * What a client wants to be told about flows, or wants to be told no more.
 *
 * @param id chosen by the client
 * @param command what to do with the monitor; always ADD before OpenFlow 1.4
 * @param flags {@link #INITIAL} and the others
 * @param outPort flows that output to it; {@link io.heddle.flow.action.Ports#ANY} for any
 * @param outGroup flows that refer to it; {@link io.heddle.flow.table.FlowMod#ANY_GROUP} for any
 * @param tableId 0 to 253, {@link io.heddle.flow.table.FlowMod#ALL_TABLES} for all
 * @param match flows at least as narrow as this
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.3.5.17</a>
 */
public record FlowMonitor(int id, Command command, int flags, int outPort, int outGroup, int tableId, Match match) {
    /** The flows that there are. */
    public static final int INITIAL = 1;

    /** Flows that are added. */
    public static final int ADD = 1 << 1;

    /** Flows that are removed. */
    public static final int REMOVED = 1 << 2;

    /** Flows that are changed. */
    public static final int MODIFY = 1 << 3;

    /** With instructions. */
    public static final int INSTRUCTIONS = 1 << 4;

    /** Also the client's own changes in full. */
    public static final int NO_ABBREV = 1 << 5;

    /** The client's own changes alone (OpenFlow 1.4). */
    public static final int ONLY_OWN = 1 << 6;

    /** {@code OFPFMC_*}, in wire order. */
    public enum Command {
        ADD,
        MODIFY,
        DELETE
    }
}
