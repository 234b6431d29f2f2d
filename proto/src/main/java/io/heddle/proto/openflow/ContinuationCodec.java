package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is left to do with a packet that waits for a controller, as the octets that the controller keeps meanwhile: all of it, so that the
 * switch holds nothing. Where Open vSwitch has a property for a thing, it is that one, for {@code ovs-ofctl} prints those.
 *
 * <pre>
 *   0 (32) | properties ...
 *   0x8000 bridge 128 | 0x8001 stack: one value, the last pushed first | 0x8002 mirrors 32 | 0x8003 tracked | 0x8004 table 8 |
 *   0x8005 cookie 64 | 0x8006 actions of that table and cookie | 0x8007 action set | 0x8008 datapath port 32 |
 *   0x8100 instructions | 0x8101 actions | 0x8102 action set, in OpenFlow 1.5 where the session's version cannot say them
 * </pre>
 *
 * <p>What a controller sends back is not trusted: it is read like any other message, and whoever executes it checks it as it checks a
 * packet-out.
 *
 * <p>Threading: functions.
 */
public final class ContinuationCodec {
    private static final int BRIDGE = 0x8000;
    private static final int STACK = 0x8001;
    private static final int MIRRORS = 0x8002;
    private static final int CONNTRACKED = 0x8003;
    private static final int TABLE_ID = 0x8004;
    private static final int COOKIE = 0x8005;
    private static final int ACTIONS = 0x8006;
    private static final int ACTION_SET = 0x8007;
    private static final int DATAPATH_PORT = 0x8008;
    private static final int INSTRUCTIONS = 0x8100;
    private static final int LATEST_ACTIONS = 0x8101;
    private static final int LATEST_ACTION_SET = 0x8102;

    private static final int HEADER = 4;
    private static final int VALUE_OCTETS = 16;
    private static final String PATH = "continuation";
    private static final ActionCodec LATEST = new ActionCodec(OpenFlowVersion.OPENFLOW_15);

    private ContinuationCodec() {}

    /**
     * Writes a continuation.
     *
     * @param datapathId of the bridge
     * @param datapathPort that the packet came in by, for who prints it
     * @throws IllegalArgumentException if it is too long for a message
     */
    public static Octets encode(OpenFlowVersion version, FrozenState state, long datapathId, int datapathPort) {
        ByteBuf out = Unpooled.buffer();
        out.writeZero(HEADER);
        Properties.begin(out, BRIDGE, HEADER + VALUE_OCTETS).writeLong(0).writeLong(datapathId);
        out.writeZero(4);
        for (Bits value : state.stack().reversed()) {
            Properties.begin(out, STACK, HEADER + VALUE_OCTETS);
            OxmCodec.value(out, value, VALUE_OCTETS);
            out.writeZero(4);
        }
        if (state.mirrors() != 0) {
            Properties.begin(out, MIRRORS, HEADER + 4).writeInt((int) state.mirrors());
        }
        if (state.isTracked()) {
            Properties.begin(out, CONNTRACKED, HEADER).writeZero(4);
        }
        Writer writer = new Writer(out, new ActionCodec(version));
        state.rest().forEach(writer::step);
        writer.flush();
        if (!state.actionSet().isEmpty()) {
            writer.actions(state.actionSet(), ACTION_SET, LATEST_ACTION_SET);
        }
        Properties.begin(out, DATAPATH_PORT, HEADER + 4).writeInt(datapathPort);
        return Octets.of(ByteBufUtil.getBytes(out));
    }

    /** Writes steps: actions of one table and cookie as one property. */
    private static final class Writer {
        private final ByteBuf out;
        private final ActionCodec codec;
        private final List<Action> chunk = new ArrayList<>();
        private FrozenState.@Nullable Origin origin;
        private int table;
        private long cookie;

        private Writer(ByteBuf out, ActionCodec codec) {
            this.out = out;
            this.codec = codec;
        }

        private void step(FrozenState.Step step) {
            switch (step) {
                case FrozenState.Step.Actions list -> list.actions().forEach(action -> add(action, list.origin()));
                case FrozenState.Step.Table lookup -> chunk.add(new Action.Resubmit(Ports.IN_PORT, lookup.tableId()));
                case FrozenState.Step.Instructions list ->
                    list.instructions().forEach(instruction -> add(instruction, list.origin()));
            }
        }

        private void add(Action action, FrozenState.Origin from) {
            if (action instanceof Action.Note || action instanceof Action.Conjunction) {
                return;
            }
            if (tellsOrigin(action)) {
                come(from);
            }
            chunk.add(action);
        }

        private void add(Instruction instruction, FrozenState.Origin from) {
            switch (instruction) {
                case Instruction.WriteMetadata write
                when write.mask() != 0 ->
                    chunk.add(
                            new Action.SetField(MatchField.METADATA, Bits.of(write.metadata()), Bits.of(write.mask())));
                case Instruction.WriteMetadata _ -> {
                    // Nothing is written.
                }
                case Instruction.GotoTable go -> chunk.add(new Action.Resubmit(Ports.IN_PORT, go.tableId()));
                case Instruction.ApplyActions apply -> apply.actions().forEach(action -> add(action, from));
                case Instruction.Meter _, Instruction.ClearActions _, Instruction.WriteActions _ -> {
                    come(from);
                    flush();
                    int start = begin(INSTRUCTIONS);
                    // As an instruction a meter is of OpenFlow 1.3 and 1.4, and as an action of 1.5.
                    LATEST.instructions(out, List.of(instruction));
                    PacketInCodec.close(out, start);
                }
            }
        }

        /** What follows says where it comes from, to controllers and to itself. */
        private void come(FrozenState.Origin from) {
            FrozenState.Origin now = origin;
            if (now != null && now.tableId() == from.tableId() && now.cookie() == from.cookie()) {
                return;
            }
            flush();
            origin = from;
            if (table != from.tableId()) {
                table = from.tableId();
                Properties.begin(out, TABLE_ID, HEADER + 1).writeByte(table).writeZero(3);
            }
            if (cookie != from.cookie()) {
                cookie = from.cookie();
                Properties.begin(out, COOKIE, HEADER + 12).writeZero(4).writeLong(cookie);
            }
        }

        private void flush() {
            if (!chunk.isEmpty()) {
                actions(chunk, ACTIONS, LATEST_ACTIONS);
                chunk.clear();
            }
        }

        /** In the session's version if that can say all of it. */
        private void actions(List<Action> actions, int type, int latestType) {
            int start = begin(type);
            int from = out.writerIndex();
            codec.actions(out, actions);
            boolean isSaid;
            try {
                ByteBuf written = out.slice(from, out.writerIndex() - from);
                isSaid = codec.actions(Reader.of(written), PATH).equals(actions);
            } catch (FlowException e) {
                isSaid = false;
            }
            if (!isSaid) {
                out.writerIndex(start);
                begin(latestType);
                LATEST.actions(out, actions);
            }
            PacketInCodec.close(out, start);
        }

        private int begin(int type) {
            int start = out.writerIndex();
            Properties.begin(out, type, 0).writeZero(4);
            return start;
        }

        /** Says whether an action may tell controllers which table and cookie it is of, or needs the table itself. */
        private static boolean tellsOrigin(Action action) {
            return switch (action) {
                case Action.Output _,
                        Action.OutputField _,
                        Action.OutputTruncated _,
                        Action.GroupAction _,
                        Action.Controller _,
                        Action.DecMplsTtl _,
                        Action.DecNshTtl _,
                        Action.DecNwTtl _,
                        Action.CloneActions _ -> true;
                case Action.Resubmit resubmit -> resubmit.tableId() == FlowMod.ALL_TABLES;
                default -> false;
            };
        }
    }

    /** What is read so far. */
    private static final class Said {
        private boolean hasBridge;
        private final List<FrozenState.Step> steps = new ArrayList<>();
        private final List<Bits> stack = new ArrayList<>();
        private List<Action> actionSet = List.of();
        private long mirrors;
        private boolean isTracked;
        private int table;
        private long cookie;

        private FrozenState.Origin origin() {
            return new FrozenState.Origin(table, cookie, false);
        }
    }

    /**
     * Reads a continuation.
     *
     * @param bridge number in the process of the bridge that the packet goes on in
     * @param datapathId of that bridge
     * @param fields pipeline fields of the packet from now on, in_port among them
     * @throws FlowException {@link ErrorCode#RESUME_FAILED_STALE} if it is of another bridge, or the error of what cannot be read
     */
    public static FrozenState decode(OpenFlowVersion version, Octets octets, int bridge, long datapathId, Match fields)
            throws FlowException {
        Said said = new Said();
        ActionCodec codec = new ActionCodec(version);
        Reader in = Reader.of(Unpooled.wrappedBuffer(octets.array()));
        in.skip(HEADER);
        Properties.read(in, PATH, (type, value) -> property(said, codec, datapathId, type, value));
        if (!said.hasBridge) {
            throw stale("it names no bridge: send back the continuation of the packet-in as it came");
        }
        int inPort = fields.has(MatchField.IN_PORT)
                ? (int) fields.valueOf(MatchField.IN_PORT).low()
                : Ports.CONTROLLER;
        return new FrozenState(
                bridge,
                inPort,
                fields,
                said.isTracked,
                said.steps,
                said.actionSet,
                said.stack.reversed(),
                said.mirrors);
    }

    private static void property(Said said, ActionCodec codec, long datapathId, int type, Reader value)
            throws FlowException {
        switch (type) {
            case BRIDGE -> {
                if (value.i64() != 0 || value.i64() != datapathId) {
                    throw stale("the packet waited in another bridge");
                }
                said.hasBridge = true;
            }
            case STACK -> {
                if (value.remaining() == 0 || value.remaining() > VALUE_OCTETS) {
                    throw new FlowException(
                            ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN,
                            PATH + ".stack",
                            "a value has 1 to 16 octets, not " + value.remaining());
                }
                said.stack.add(OxmCodec.value(value, value.remaining()));
            }
            case MIRRORS -> said.mirrors = Integer.toUnsignedLong(value.i32());
            case CONNTRACKED -> said.isTracked = true;
            case TABLE_ID -> said.table = table(value.u8());
            case COOKIE -> {
                value.skip(4);
                said.cookie = value.i64();
            }
            case ACTIONS -> said.steps.add(new FrozenState.Step.Actions(actions(codec, value), said.origin()));
            case LATEST_ACTIONS -> said.steps.add(new FrozenState.Step.Actions(actions(LATEST, value), said.origin()));
            case INSTRUCTIONS -> {
                value.skip(4);
                said.steps.add(new FrozenState.Step.Instructions(LATEST.instructions(value), said.origin()));
            }
            case ACTION_SET -> said.actionSet = actions(codec, value);
            case LATEST_ACTION_SET -> said.actionSet = actions(LATEST, value);
            case DATAPATH_PORT -> value.finish();
            default -> throw Properties.unknown(type, PATH);
        }
    }

    private static List<Action> actions(ActionCodec codec, Reader value) throws FlowException {
        value.skip(4);
        return codec.actions(value, PATH + ".actions");
    }

    private static int table(int table) throws FlowException {
        if (table > FlowMod.MAX_TABLE) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_TABLE_ID, PATH + ".table_id", "table " + table + " is not in 0-253");
        }
        return table;
    }

    private static FlowException stale(String why) {
        return new FlowException(ErrorCode.RESUME_FAILED_STALE, PATH, why);
    }
}
