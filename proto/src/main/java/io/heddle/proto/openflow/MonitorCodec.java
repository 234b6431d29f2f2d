package io.heddle.proto.openflow;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.OxmId;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests and updates of flow monitors: Open vSwitch's of OpenFlow 1.0 to 1.2, ONF's of 1.3, and those of 1.4 and later.
 *
 * <pre>
 *   id 32 | flags 16 | out_port 16 | match length 16 | table 8 | 0 (40) | match                   request until 1.2
 *   id 32 | flags 16 | match length 16 | out_port 32 | table 8 | 0 (24) | match                   request of 1.3
 *   id 32 | out_port 32 | out_group 32 | flags 16 | table 8 | command 8 | match                   request since 1.4
 *   length 16 | event 16 | reason 16 | priority 16 | idle 16 | hard 16 | match length 16 | table 8 | 0 (8) | cookie 64 |
 *     match | actions or instructions                                                             update until 1.3
 *   length 16 | event 16 | table 8 | reason 8 | idle 16 | hard 16 | priority 16 | 0 (32) | cookie 64 |
 *     match | instructions                                                                        update since 1.4
 *   8 (16) | event 16 | xid 32                                                                    update in short
 * </pre>
 *
 * <p>ONF's text leaves open whether the match has a header. Open vSwitch writes one, others do not: both are read, one is written.
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class MonitorCodec {
    private static final int NICIRA_TYPE = 2;
    private static final int ONF_TYPE = 1870;
    private static final int OFPMT_OXM = 1;

    private static final int ABBREVIATED = 4;
    private static final int PAUSED = 5;
    private static final int RESUMED = 6;

    private static final int KNOWN_FLAGS = 0x7f;
    private static final int FLAGS_BEFORE_14 = 0x3f;

    /** Which events there are before OpenFlow 1.4: all that is there has been added. */
    private static final FlowUpdate.Event[] EVENTS_BEFORE_14 = {
        FlowUpdate.Event.ADDED, FlowUpdate.Event.REMOVED, FlowUpdate.Event.MODIFIED
    };

    private static final int ABBREVIATED_BEFORE_14 = 3;

    private final OpenFlowVersion version;
    private final ActionCodec actions;
    private final FlowMods10 flows;

    MonitorCodec(OpenFlowVersion version, ActionCodec actions) {
        this.version = version;
        this.actions = actions;
        this.flows = new FlowMods10(actions, Extensions.NONE);
    }

    private boolean isStandard() {
        return version.isAtLeast(OpenFlowVersion.OPENFLOW_14);
    }

    private boolean isOnf() {
        return version == OpenFlowVersion.OPENFLOW_13;
    }

    /** Skips the experimenter's header, if these messages have one and it is the next. */
    boolean skipHeader(Reader in) throws FlowException {
        if (isStandard() || in.remaining() < 8) {
            return false;
        }
        int experimenter = in.peek16(0) << 16 | in.peek16(2);
        int type = in.peek16(4) << 16 | in.peek16(6);
        if (experimenter != (isOnf() ? OxmId.ONF : OxmId.NICIRA) || type != (isOnf() ? ONF_TYPE : NICIRA_TYPE)) {
            return false;
        }
        in.skip(headerOctets());
        return true;
    }

    private int headerOctets() {
        return version == OpenFlowVersion.OPENFLOW_10 ? 12 : 8;
    }

    /** Writes the experimenter's header, if these messages have one. */
    void header(ByteBuf out) {
        if (!isStandard()) {
            out.writeInt(isOnf() ? OxmId.ONF : OxmId.NICIRA).writeInt(isOnf() ? ONF_TYPE : NICIRA_TYPE);
            out.writeZero(headerOctets() - 8);
        }
    }

    // ---- requests

    List<FlowMonitor> requests(Reader in) throws FlowException {
        List<FlowMonitor> monitors = new ArrayList<>();
        while (in.remaining() > 0) {
            in.need(16);
            monitors.add(isStandard() ? standardRequest(in) : earlierRequest(in));
        }
        return monitors;
    }

    private static FlowMonitor standardRequest(Reader in) throws FlowException {
        int id = in.i32();
        int outPort = in.i32();
        int outGroup = in.i32();
        int flags = flags(in.u16(), KNOWN_FLAGS);
        int table = in.u8();
        int command = in.u8();
        if (command >= FlowMonitor.Command.values().length) {
            throw new FlowException(
                    ErrorCode.FLOW_MONITOR_FAILED_BAD_COMMAND, "command", "command " + command + " is not in 0-2");
        }
        return new FlowMonitor(
                id, FlowMonitor.Command.values()[command], flags, outPort, outGroup, table, OxmCodec.match(in));
    }

    private static int flags(int flags, int known) throws FlowException {
        if ((flags & ~known) != 0) {
            throw new FlowException(
                    ErrorCode.FLOW_MONITOR_FAILED_BAD_FLAGS,
                    "flags",
                    "flags 0x%04x have bits beyond 0x%04x".formatted(flags, known));
        }
        return flags;
    }

    private FlowMonitor earlierRequest(Reader in) throws FlowException {
        int id = in.i32();
        int flags = flags(in.u16(), FLAGS_BEFORE_14);
        if ((flags & (FlowMonitor.ADD | FlowMonitor.REMOVED | FlowMonitor.MODIFY)) == 0) {
            throw new FlowException(
                    ErrorCode.FLOW_MONITOR_FAILED_BAD_FLAGS, "flags", "it asks for no changes: 2, 4 or 8 is missing");
        }
        int outPort = isOnf() ? 0 : OxmCodec.widePort(in.u16());
        int length = in.u16();
        if (isOnf()) {
            outPort = in.i32();
        }
        int table = in.u8();
        in.skip(isOnf() ? 3 : 5);
        return new FlowMonitor(
                id, FlowMonitor.Command.ADD, flags, outPort, FlowMod.ANY_GROUP, table, match(in, length));
    }

    private Match match(Reader in, int length) throws FlowException {
        boolean hasHeader = isOnf() && length >= 4 && in.remaining() >= 4 && in.peek16(0) == OFPMT_OXM;
        return hasHeader ? OxmCodec.match(in) : OxmCodec.extended(in, length).match();
    }

    /** Writes a match; returns its length without padding. */
    private int match(ByteBuf out, Match match) {
        if (isOnf()) {
            int start = out.writerIndex();
            OxmCodec.match(out, match);
            return out.getUnsignedShort(start + 2);
        }
        return OxmCodec.extended(out, match, 0, 0);
    }

    void request(ByteBuf out, FlowMonitor monitor) {
        out.writeInt(monitor.id());
        if (isStandard()) {
            out.writeInt(monitor.outPort()).writeInt(monitor.outGroup()).writeShort(monitor.flags());
            out.writeByte(monitor.tableId()).writeByte(monitor.command().ordinal());
            OxmCodec.match(out, monitor.match());
            return;
        }
        out.writeShort(monitor.flags() & FLAGS_BEFORE_14);
        if (!isOnf()) {
            out.writeShort(OxmCodec.narrowPort(monitor.outPort()));
        }
        int lengthAt = out.writerIndex();
        out.writeShort(0);
        if (isOnf()) {
            out.writeInt(monitor.outPort());
        }
        out.writeByte(monitor.tableId()).writeZero(isOnf() ? 3 : 5);
        out.setShort(lengthAt, match(out, monitor.match()));
    }

    // ---- updates

    FlowUpdate update(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 8);
        int event = entry.u16();
        FlowUpdate update = isShort(event) ? shortUpdate(event, entry) : full(event, entry);
        entry.finish();
        return update;
    }

    private boolean isShort(int event) {
        return event >= (isStandard() ? ABBREVIATED : ABBREVIATED_BEFORE_14);
    }

    private FlowUpdate shortUpdate(int event, Reader in) throws FlowException {
        int known = isStandard() ? event : event == ABBREVIATED_BEFORE_14 ? ABBREVIATED : -1;
        return switch (known) {
            case ABBREVIATED -> new FlowUpdate.Abbreviated(in.i32());
            case PAUSED -> new FlowUpdate.Paused();
            case RESUMED -> new FlowUpdate.Resumed();
            default ->
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_LEN, "updates", "event " + event + " of a flow monitor is not known");
        };
    }

    private FlowUpdate full(int event, Reader in) throws FlowException {
        if (isStandard()) {
            int table = in.u8();
            int reason = in.u8();
            int idle = in.u16();
            int hard = in.u16();
            int priority = in.u16();
            in.skip(4);
            long cookie = in.i64();
            Match match = OxmCodec.match(in);
            List<Instruction> instructions = actions.instructions(in);
            FlowUpdate.Event kind = FlowUpdate.Event.values()[event];
            return new FlowUpdate.Full(kind, table, reason, priority, idle, hard, cookie, match, instructions);
        }
        int reason = in.u16();
        int priority = in.u16();
        int idle = in.u16();
        int hard = in.u16();
        int length = in.u16();
        int table = in.u8();
        in.skip(1);
        long cookie = in.i64();
        Match match = match(in, length);
        List<Instruction> instructions = isOnf() ? actions.instructions(in) : flows.instructions(match, in);
        return new FlowUpdate.Full(
                EVENTS_BEFORE_14[event], table, reason, priority, idle, hard, cookie, match, instructions);
    }

    /** @throws IllegalArgumentException when the version tells this by a message of its own */
    void update(ByteBuf out, FlowUpdate update) {
        switch (update) {
            case FlowUpdate.Full full -> full(out, full);
            case FlowUpdate.Abbreviated abbreviated ->
                begin(out, isStandard() ? ABBREVIATED : ABBREVIATED_BEFORE_14).writeInt(abbreviated.xid());
            case FlowUpdate.Paused _ -> begin(out, marker(PAUSED)).writeInt(0);
            case FlowUpdate.Resumed _ -> begin(out, marker(RESUMED)).writeInt(0);
        }
    }

    private static ByteBuf begin(ByteBuf out, int event) {
        return out.writeShort(8).writeShort(event);
    }

    private int marker(int event) {
        if (!isStandard()) {
            throw new IllegalArgumentException(version.protocolName() + " has messages for this, not updates");
        }
        return event;
    }

    private void full(ByteBuf out, FlowUpdate.Full update) {
        int start = out.writerIndex();
        out.writeShort(0);
        if (isStandard()) {
            out.writeShort(update.event().ordinal()).writeByte(update.tableId()).writeByte(update.reason());
            out.writeShort(update.idleTimeoutSeconds()).writeShort(update.hardTimeoutSeconds());
            out.writeShort(update.priority()).writeInt(0).writeLong(update.cookie());
            OxmCodec.match(out, update.match());
            actions.instructions(out, update.instructions());
        } else {
            out.writeShort(
                    switch (update.event()) {
                        case INITIAL, ADDED -> 0;
                        case REMOVED -> 1;
                        case MODIFIED -> 2;
                    });
            out.writeShort(update.reason()).writeShort(update.priority());
            out.writeShort(update.idleTimeoutSeconds()).writeShort(update.hardTimeoutSeconds());
            int lengthAt = out.writerIndex();
            out.writeShort(0).writeByte(update.tableId()).writeByte(0).writeLong(update.cookie());
            out.setShort(lengthAt, match(out, update.match()));
            if (isOnf()) {
                actions.instructions(out, update.instructions());
            } else {
                flows.instructions(out, update.instructions());
            }
        }
        out.setShort(start, out.writerIndex() - start);
    }
}
