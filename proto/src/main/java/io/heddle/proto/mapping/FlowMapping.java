package io.heddle.proto.mapping;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowMod.Flag;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.FlowSelection;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Flows and selections of flows to and from {@code heddle.v1}. */
public final class FlowMapping {
    private FlowMapping() {}

    /**
     * What a {@code Read} asks for.
     *
     * @param selection a delete that would hit the flows
     * @param priority exactly this one; empty for any
     */
    public record FlowFilter(FlowMod selection, OptionalInt priority) {}

    /** A match alone. Bits that no field names are left out. */
    public static io.heddle.proto.v1.Match toProto(Match match) {
        return MatchMapping.toProto(match);
    }

    /** A match alone. */
    public static Match toModel(io.heddle.proto.v1.Match proto, TextForms texts) throws FlowException {
        if (proto.getText().isEmpty()) {
            return MatchMapping.toModel(proto.getFieldsList(), texts);
        }
        if (proto.getFieldsCount() > 0) {
            throw new FlowException(ErrorCode.BAD_MATCH_BAD_FIELD, "text", "send either text or fields, not both");
        }
        return texts.match(proto.getText());
    }

    /** Actions alone, those of a packet-out for instance. */
    public static io.heddle.proto.v1.ActionList toProto(List<io.heddle.flow.action.Action> actions) {
        return ActionMapping.toProto(actions);
    }

    /** Actions alone, those of a packet-out for instance. */
    public static List<io.heddle.flow.action.Action> toModel(io.heddle.proto.v1.ActionList proto, TextForms texts)
            throws FlowException {
        return ActionMapping.toModel(proto, texts);
    }

    /** {@code PacketInReason} for {@code OFPR_*}. */
    public static io.heddle.proto.v1.PacketInReason packetInReason(int openFlowReason) {
        return ActionMapping.reason(openFlowReason);
    }

    /** A flow as it would be added; of a modify or delete also which cookie it must have. */
    public static Flow toProto(FlowMod flow) {
        return Flow.newBuilder()
                .setTableId(flow.tableId())
                .setPriority(flow.priority())
                .setMatch(MatchMapping.toProto(flow.match()))
                .addAllInstructions(InstructionMapping.toProto(flow.instructions()))
                .setCookie(flow.cookie())
                .setCookieMask(flow.command() == FlowMod.Command.ADD ? 0 : flow.cookieMask())
                .setIdleTimeoutSeconds(flow.idleTimeoutSeconds())
                .setHardTimeoutSeconds(flow.hardTimeoutSeconds())
                .setImportance(flow.importance())
                .setSendFlowRemoved(flow.flags().contains(Flag.SEND_FLOW_REM))
                .setCheckOverlap(flow.flags().contains(Flag.CHECK_OVERLAP))
                .setResetCounts(flow.flags().contains(Flag.RESET_COUNTS))
                .setNoPacketCounts(flow.flags().contains(Flag.NO_PKT_COUNTS))
                .setNoByteCounts(flow.flags().contains(Flag.NO_BYT_COUNTS))
                .build();
    }

    /**
     * A flow mod.
     *
     * @throws FlowException with a path in {@code Flow}
     */
    public static FlowMod toModel(FlowMod.Command command, Flow proto, TextForms texts) throws FlowException {
        if (!proto.getText().isEmpty()) {
            if (!proto.toBuilder().clearText().build().equals(Flow.getDefaultInstance())) {
                throw new FlowException(
                        ErrorCode.FLOW_MOD_FAILED_UNKNOWN, "text", "send either text or the other fields, not both");
            }
            FlowMod flow = texts.flow(command, proto.getText());
            // A flow's table is part of what it is: 0 when it is not said, as in the structured form.
            boolean isDelete = command == FlowMod.Command.DELETE || command == FlowMod.Command.DELETE_STRICT;
            return isDelete && flow.tableId() == FlowMod.ALL_TABLES ? inTable0(flow) : flow;
        }
        int table = Checks.range(
                "table_id", proto.getTableId(), 0, FlowMod.MAX_TABLE, ErrorCode.FLOW_MOD_FAILED_BAD_TABLE_ID);
        int priority = proto.hasPriority()
                ? Checks.range("priority", proto.getPriority(), 0, 0xffff, ErrorCode.FLOW_MOD_FAILED_UNKNOWN)
                : FlowMod.DEFAULT_PRIORITY;
        ErrorCode badTimeout = ErrorCode.FLOW_MOD_FAILED_BAD_TIMEOUT;
        int idle = Checks.range("idle_timeout_seconds", proto.getIdleTimeoutSeconds(), 0, 0xffff, badTimeout);
        int hard = Checks.range("hard_timeout_seconds", proto.getHardTimeoutSeconds(), 0, 0xffff, badTimeout);
        int importance =
                Checks.range("importance", proto.getImportance(), 0, 0xffff, ErrorCode.FLOW_MOD_FAILED_UNKNOWN);
        Match match = match(proto.getMatch(), texts);
        List<Instruction> instructions = InstructionMapping.toModel(proto.getInstructionsList(), texts);
        if (command == FlowMod.Command.ADD && proto.getCookieMask() != 0) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_UNKNOWN,
                    "cookie_mask",
                    "a flow that is added has a whole cookie: leave the mask out");
        }
        return new FlowMod(
                command,
                table,
                match,
                priority,
                proto.getCookie(),
                proto.getCookieMask(),
                idle,
                hard,
                importance,
                flags(proto),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                instructions);
    }

    /**
     * A non-strict modify or delete.
     *
     * @throws FlowException with a path in {@code FlowSelection}
     */
    public static FlowMod toModel(FlowMod.Command command, FlowSelection proto, TextForms texts) throws FlowException {
        if (!proto.getText().isEmpty()) {
            return texts.flow(command, proto.getText());
        }
        boolean modify = command == FlowMod.Command.MODIFY;
        int all = modify ? 0 : FlowMod.ALL_TABLES;
        int table = proto.hasTableId() && proto.getTableId() != FlowMod.ALL_TABLES
                ? Checks.range(
                        "table_id", proto.getTableId(), 0, FlowMod.MAX_TABLE, ErrorCode.FLOW_MOD_FAILED_BAD_TABLE_ID)
                : all;
        if (proto.hasPriority()) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_UNKNOWN,
                    "priority",
                    "a selection to change has no priority: name the flow itself instead");
        }
        return new FlowMod(
                command,
                table,
                match(proto.getMatch(), texts),
                0,
                proto.getCookie(),
                proto.getCookieMask(),
                0,
                0,
                0,
                Set.of(),
                proto.getOutPort() == 0 ? Ports.ANY : proto.getOutPort(),
                proto.hasOutGroup() ? proto.getOutGroup() : FlowMod.ANY_GROUP,
                modify ? InstructionMapping.toModel(proto.getInstructionsList(), texts) : List.of());
    }

    /**
     * What a {@code Read} or a {@code Subscribe} asks for.
     *
     * @throws FlowException with a path in {@code FlowSelection}
     */
    public static FlowFilter filter(FlowSelection proto, TextForms texts) throws FlowException {
        OptionalInt priority = proto.hasPriority()
                ? OptionalInt.of(
                        Checks.range("priority", proto.getPriority(), 0, 0xffff, ErrorCode.FLOW_MOD_FAILED_UNKNOWN))
                : OptionalInt.empty();
        FlowSelection selection = proto.toBuilder().clearPriority().build();
        return new FlowFilter(toModel(FlowMod.Command.DELETE, selection, texts), priority);
    }

    private static Match match(io.heddle.proto.v1.Match proto, TextForms texts) throws FlowException {
        try {
            return toModel(proto, texts);
        } catch (FlowException e) {
            throw new FlowException(e.error().under("match"));
        }
    }

    private static FlowMod inTable0(FlowMod flow) {
        return new FlowMod(
                flow.command(),
                0,
                flow.match(),
                flow.priority(),
                flow.cookie(),
                flow.cookieMask(),
                flow.idleTimeoutSeconds(),
                flow.hardTimeoutSeconds(),
                flow.importance(),
                flow.flags(),
                flow.outPort(),
                flow.outGroup(),
                flow.instructions());
    }

    private static Set<Flag> flags(Flow proto) {
        Set<Flag> flags = EnumSet.noneOf(Flag.class);
        if (proto.getSendFlowRemoved()) {
            flags.add(Flag.SEND_FLOW_REM);
        }
        if (proto.getCheckOverlap()) {
            flags.add(Flag.CHECK_OVERLAP);
        }
        if (proto.getResetCounts()) {
            flags.add(Flag.RESET_COUNTS);
        }
        if (proto.getNoPacketCounts()) {
            flags.add(Flag.NO_PKT_COUNTS);
        }
        if (proto.getNoByteCounts()) {
            flags.add(Flag.NO_BYT_COUNTS);
        }
        return flags;
    }
}
