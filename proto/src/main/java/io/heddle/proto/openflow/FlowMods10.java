package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Flow-mods of OpenFlow 1.0, with its own match and with Open vSwitch's extended one.
 *
 * <p>OpenFlow 1.0 has no tables: an add or a modify goes to table 0, a delete to all tables, unless the client has asked for table numbers.
 * An add of a flow that is there begins its counters anew, as a later version's does with {@code RESET_COUNTS}.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2013/04/openflow-spec-v1.0.0.pdf">OpenFlow 1.0.0 section 5.3.3</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class FlowMods10 {
    private static final int EMERGENCY = 4;
    private static final int KNOWN_FLAGS = 3;
    private static final int HIGHEST_PRIORITY = 0xffff;

    private final ActionCodec actions;
    private final Extensions extensions;

    FlowMods10(ActionCodec actions, Extensions extensions) {
        this.actions = actions;
        this.extensions = extensions;
    }

    OpenFlowMessage.FlowModRequest plain(Reader in) throws FlowException {
        boolean isExact = Match10.isExact(in);
        Match match = Match10.decode(in);
        long cookie = in.i64();
        int command = in.u16();
        int idle = in.u16();
        int hard = in.u16();
        // OpenFlow 1.0.0 section 3.4: an entry without wildcards is always of the highest priority.
        int priority = isExact ? in.u16() | HIGHEST_PRIORITY : in.u16();
        int buffer = in.i32();
        int outPort = in.u16();
        int flags = in.u16();
        return request(
                new OxmCodec.Extended(match, 0, 0), cookie, command, idle, hard, priority, buffer, outPort, flags, in);
    }

    OpenFlowMessage.FlowModRequest extended(Reader in) throws FlowException {
        long cookie = in.i64();
        int command = in.u16();
        int idle = in.u16();
        int hard = in.u16();
        int priority = in.u16();
        int buffer = in.i32();
        int outPort = in.u16();
        int flags = in.u16();
        int length = in.u16();
        in.skip(6);
        OxmCodec.Extended match = OxmCodec.extended(in, length);
        return request(match, cookie, command, idle, hard, priority, buffer, outPort, flags, in);
    }

    @SuppressWarnings("ParameterNumber") // the fields of the message
    private OpenFlowMessage.FlowModRequest request(
            OxmCodec.Extended match,
            long cookie,
            int commandAndTable,
            int idle,
            int hard,
            int priority,
            int buffer,
            int outPort,
            int flags,
            Reader in)
            throws FlowException {
        int command = extensions.hasTableId() ? commandAndTable & 0xff : commandAndTable;
        if (command >= FlowMod.Command.values().length) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_COMMAND, "command", "command " + command + " is not in 0-4");
        }
        FlowMod.Command known = FlowMod.Command.values()[command];
        boolean isDelete = known == FlowMod.Command.DELETE || known == FlowMod.Command.DELETE_STRICT;
        int table = extensions.hasTableId() ? commandAndTable >>> 8 : FlowMod.ALL_TABLES;
        if (table == FlowMod.ALL_TABLES && !isDelete) {
            table = 0;
        }
        List<Instruction> instructions = instructions(match.match(), in);
        FlowMod mod = new FlowMod(
                known,
                table,
                match.match(),
                priority,
                match.cookieMask() != 0 ? match.cookie() : cookie,
                known == FlowMod.Command.ADD ? 0 : match.cookieMask(),
                idle,
                hard,
                0,
                flags(known, flags, idle, hard),
                isDelete ? OxmCodec.widePort(outPort) : Ports.ANY,
                FlowMod.ANY_GROUP,
                isDelete ? List.of() : instructions);
        return new OpenFlowMessage.FlowModRequest(mod, buffer);
    }

    private static Set<FlowMod.Flag> flags(FlowMod.Command command, int bits, int idle, int hard) throws FlowException {
        if ((bits & EMERGENCY) != 0) {
            boolean hasTimeout = idle != 0 || hard != 0;
            throw new FlowException(
                    hasTimeout ? ErrorCode.FLOW_MOD_FAILED_BAD_TIMEOUT : ErrorCode.FLOW_MOD_FAILED_TABLE_FULL,
                    "flags",
                    "there is no emergency flow table: leave OFPFF_EMERG out");
        }
        if ((bits & ~KNOWN_FLAGS) != 0) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_FLAGS,
                    "flags",
                    "flags 0x%04x have bits beyond 0x0007".formatted(bits));
        }
        Set<FlowMod.Flag> flags = EnumSet.noneOf(FlowMod.Flag.class);
        flags.addAll(ModCodec.flags(bits));
        if (command == FlowMod.Command.ADD) {
            flags.add(FlowMod.Flag.RESET_COUNTS);
        }
        return flags;
    }

    /** Reads a flow's actions to the end. */
    List<Instruction> instructions(Match match, Reader in) throws FlowException {
        List<Action> list = actions.of(match).actions(in, "actions");
        return list.isEmpty() ? List.of() : List.of(new Instruction.ApplyActions(list));
    }

    /** Writes a flow's actions; what the version has no action for (a meter, an action set) is left out. */
    void instructions(ByteBuf out, List<Instruction> instructions) {
        List<Action> list = new ArrayList<>();
        for (Instruction instruction : instructions) {
            switch (instruction) {
                case Instruction.ApplyActions apply -> list.addAll(apply.actions());
                case Instruction.GotoTable to -> list.add(new Action.Resubmit(Ports.IN_PORT, to.tableId()));
                case Instruction.Meter _,
                        Instruction.ClearActions _,
                        Instruction.WriteActions _,
                        Instruction.WriteMetadata _ -> {
                    // It has none.
                }
            }
        }
        actions.actions(out, list);
    }

    private int command(FlowMod mod) {
        return extensions.hasTableId()
                ? mod.tableId() << 8 | mod.command().ordinal()
                : mod.command().ordinal();
    }

    void plain(ByteBuf out, OpenFlowMessage.FlowModRequest request) {
        FlowMod mod = request.mod();
        Match10.encode(out, mod.match());
        out.writeLong(mod.cookie());
        settings(out, request);
        instructions(out, mod.instructions());
    }

    void extended(ByteBuf out, OpenFlowMessage.FlowModRequest request) {
        FlowMod mod = request.mod();
        boolean hasMask = mod.cookieMask() != 0;
        out.writeLong(hasMask ? 0 : mod.cookie());
        settings(out, request);
        int lengthAt = out.writerIndex();
        out.writeZero(8);
        int length = OxmCodec.extended(out, mod.match(), mod.cookie(), mod.cookieMask());
        out.setShort(lengthAt, length);
        instructions(out, mod.instructions());
    }

    private void settings(ByteBuf out, OpenFlowMessage.FlowModRequest request) {
        FlowMod mod = request.mod();
        out.writeShort(command(mod)).writeShort(mod.idleTimeoutSeconds()).writeShort(mod.hardTimeoutSeconds());
        out.writeShort(mod.priority()).writeInt(request.bufferId());
        out.writeShort(OxmCodec.narrowPort(mod.outPort())).writeShort(ModCodec.flagBits(mod.flags()) & KNOWN_FLAGS);
    }
}
