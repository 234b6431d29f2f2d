package io.heddle.proto.openflow;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.group.GroupMod.GroupType;
import io.heddle.flow.match.Match;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The requests that change tables.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.4</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class ModCodec {
    private static final FlowMod.Command[] COMMANDS = FlowMod.Command.values();
    private static final FlowMod.Flag[] FLAGS = FlowMod.Flag.values();
    private static final int FLAGS_BEFORE_12 = 3;
    private static final int OFPMBT_DROP = 1;
    private static final int OFPMBT_DSCP_REMARK = 2;

    private final OpenFlowVersion version;
    private final ActionCodec actions;
    private final MatchCodec matches;

    ModCodec(OpenFlowVersion version, ActionCodec actions) {
        this.version = version;
        this.actions = actions;
        this.matches = new MatchCodec(version);
    }

    OpenFlowMessage.FlowModRequest flowMod(Reader in) throws FlowException {
        in.need(40);
        long cookie = in.i64();
        long cookieMask = in.i64();
        int table = in.u8();
        int command = in.u8();
        int idle = in.u16();
        int hard = in.u16();
        int priority = in.u16();
        int buffer = in.i32();
        int outPort = in.i32();
        int outGroup = in.i32();
        int flagBits = in.u16();
        int importance = in.u16();
        if (command >= COMMANDS.length) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_COMMAND, "command", "command " + command + " is not in 0-4");
        }
        FlowMod.Command known = COMMANDS[command];
        Match match = matches.read(in);
        boolean isDelete = known == FlowMod.Command.DELETE || known == FlowMod.Command.DELETE_STRICT;
        List<Instruction> instructions = actions.of(match).instructions(in);
        requireTable(table);
        FlowMod mod = new FlowMod(
                known,
                table,
                match,
                priority,
                cookie,
                known == FlowMod.Command.ADD ? 0 : cookieMask,
                idle,
                hard,
                version.isAtLeast(OpenFlowVersion.OPENFLOW_14) ? importance : 0,
                flags(known, flagBits),
                isDelete ? outPort : Ports.ANY,
                isDelete ? outGroup : FlowMod.ANY_GROUP,
                isDelete ? List.of() : instructions);
        return new OpenFlowMessage.FlowModRequest(mod, buffer);
    }

    private boolean isSecond() {
        return version == OpenFlowVersion.OPENFLOW_11;
    }

    /** OpenFlow 1.1 has no number for all tables. */
    private void requireTable(int table) throws FlowException {
        if (isSecond() && table == FlowMod.ALL_TABLES) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_TABLE_ID,
                    "table_id",
                    "OpenFlow 1.1 has no number for all tables: name one in 0-253");
        }
    }

    /** The flags of a flow-mod; in OpenFlow 1.1 as in 1.0 an add of a flow that is there begins its counters anew. */
    private Set<FlowMod.Flag> flags(FlowMod.Command command, int bits) throws FlowException {
        if (!isSecond()) {
            return flags(bits);
        }
        if ((bits & ~FLAGS_BEFORE_12) != 0) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_FLAGS,
                    "flags",
                    "flags 0x%04x have bits beyond 0x0003".formatted(bits));
        }
        Set<FlowMod.Flag> flags = EnumSet.noneOf(FlowMod.Flag.class);
        flags.addAll(flags(bits));
        if (command == FlowMod.Command.ADD) {
            flags.add(FlowMod.Flag.RESET_COUNTS);
        }
        return flags;
    }

    static Set<FlowMod.Flag> flags(int bits) throws FlowException {
        if (bits >>> FLAGS.length != 0) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_FLAGS,
                    "flags",
                    "flags 0x%04x have bits beyond 0x001f".formatted(bits));
        }
        if (bits == 0) {
            return Set.of();
        }
        Set<FlowMod.Flag> flags = EnumSet.noneOf(FlowMod.Flag.class);
        for (FlowMod.Flag flag : FLAGS) {
            if ((bits >>> flag.ordinal() & 1) != 0) {
                flags.add(flag);
            }
        }
        return flags;
    }

    void flowMod(ByteBuf out, OpenFlowMessage.FlowModRequest request) {
        FlowMod mod = request.mod();
        out.writeLong(mod.cookie()).writeLong(mod.cookieMask());
        out.writeByte(mod.tableId()).writeByte(mod.command().ordinal());
        out.writeShort(mod.idleTimeoutSeconds())
                .writeShort(mod.hardTimeoutSeconds())
                .writeShort(mod.priority());
        out.writeInt(request.bufferId()).writeInt(mod.outPort()).writeInt(mod.outGroup());
        out.writeShort(isSecond() ? flagBits(mod.flags()) & FLAGS_BEFORE_12 : flagBits(mod.flags()));
        out.writeShort(version.isAtLeast(OpenFlowVersion.OPENFLOW_14) ? mod.importance() : 0);
        matches.write(out, mod.match());
        actions.instructions(out, mod.instructions());
    }

    GroupMod groupMod(Reader in) throws FlowException {
        if (version.isAtLeast(OpenFlowVersion.OPENFLOW_15)) {
            return new Groups15(actions).mod(in);
        }
        int command = in.u16();
        int type = in.u8();
        in.skip(1);
        int group = in.i32();
        if (command > GroupMod.Command.DELETE.ordinal()) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_BAD_COMMAND, "command", "command " + command + " is not in 0-2");
        }
        return new GroupMod(GroupMod.Command.values()[command], groupType(type), group, buckets(in));
    }

    static GroupType groupType(int type) throws FlowException {
        if (type >= GroupType.values().length) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_BAD_TYPE, "type", "group type " + type + " is not in 0-3");
        }
        return GroupType.values()[type];
    }

    List<BucketSpec> buckets(Reader in) throws FlowException {
        List<BucketSpec> buckets = new ArrayList<>();
        while (in.remaining() > 0) {
            String where = "buckets[" + buckets.size() + "]";
            if (in.remaining() < 16) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, where, "a bucket has 16 octets at least");
            }
            int length = in.u16();
            if (length < 16 || length % 8 != 0 || length - 2 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET,
                        where,
                        "length " + length + " is not a multiple of 8 in 16-" + (in.remaining() + 2));
            }
            Reader bucket = in.sub(length - 2, ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, where);
            int weight = bucket.u16();
            int watchPort = bucket.i32();
            int watchGroup = bucket.i32();
            bucket.skip(4);
            buckets.add(new BucketSpec(weight, watchPort, watchGroup, actions.actions(bucket, where + ".actions")));
        }
        return buckets;
    }

    void groupMod(ByteBuf out, GroupMod mod) {
        if (version.isAtLeast(OpenFlowVersion.OPENFLOW_15)) {
            new Groups15(actions).mod(out, mod);
            return;
        }
        out.writeShort(mod.command().ordinal())
                .writeByte(mod.type().ordinal())
                .writeZero(1)
                .writeInt(mod.groupId());
        buckets(out, mod.buckets());
    }

    void buckets(ByteBuf out, List<BucketSpec> buckets) {
        for (BucketSpec bucket : buckets) {
            int start = out.writerIndex();
            out.writeShort(0).writeShort(bucket.weight());
            out.writeInt(bucket.watchPort()).writeInt(bucket.watchGroup()).writeZero(4);
            actions.actions(out, bucket.actions());
            out.setShort(start, out.writerIndex() - start);
        }
    }

    MeterMod meterMod(Reader in) throws FlowException {
        int command = in.u16();
        int flags = in.u16();
        int meter = in.i32();
        if (command >= MeterMod.Command.values().length) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_BAD_COMMAND, "command", "command " + command + " is not in 0-2");
        }
        return new MeterMod(MeterMod.Command.values()[command], meter, meterFlags(flags), bands(in));
    }

    static Set<MeterMod.Flag> meterFlags(int bits) throws FlowException {
        if (bits >>> MeterMod.Flag.values().length != 0) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_BAD_FLAGS,
                    "flags",
                    "flags 0x%04x have bits beyond 0x000f".formatted(bits));
        }
        Set<MeterMod.Flag> flags = EnumSet.noneOf(MeterMod.Flag.class);
        for (MeterMod.Flag flag : MeterMod.Flag.values()) {
            if ((bits >>> flag.ordinal() & 1) != 0) {
                flags.add(flag);
            }
        }
        return flags;
    }

    static List<MeterMod.Band> bands(Reader in) throws FlowException {
        List<MeterMod.Band> bands = new ArrayList<>();
        while (in.remaining() > 0) {
            String where = "bands[" + bands.size() + "]";
            in.need(12);
            int type = in.u16();
            int length = in.u16();
            if (length < 12 || length - 4 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_LEN,
                        where,
                        "length " + length + " is not in 12-" + (in.remaining() + 4));
            }
            Reader band = in.sub(length - 4, ErrorCode.BAD_REQUEST_BAD_LEN, where);
            long rate = Integer.toUnsignedLong(band.i32());
            long burst = Integer.toUnsignedLong(band.i32());
            bands.add(
                    switch (type) {
                        case OFPMBT_DROP -> new MeterMod.Band.Drop(rate, burst);
                        case OFPMBT_DSCP_REMARK -> new MeterMod.Band.DscpRemark(rate, burst, band.u8());
                        default ->
                            throw new FlowException(
                                    ErrorCode.METER_MOD_FAILED_BAD_BAND, where, "band type " + type + " is not known");
                    });
            band.finish();
        }
        return bands;
    }

    static void meterMod(ByteBuf out, MeterMod mod) {
        out.writeShort(mod.command().ordinal())
                .writeShort(meterFlagBits(mod.flags()))
                .writeInt(mod.meterId());
        bands(out, mod.bands());
    }

    static int meterFlagBits(Set<MeterMod.Flag> flags) {
        int bits = 0;
        for (MeterMod.Flag flag : flags) {
            bits |= 1 << flag.ordinal();
        }
        return bits;
    }

    static void bands(ByteBuf out, List<MeterMod.Band> bands) {
        for (MeterMod.Band band : bands) {
            out.writeShort(
                            switch (band) {
                                case MeterMod.Band.Drop _ -> OFPMBT_DROP;
                                case MeterMod.Band.DscpRemark _ -> OFPMBT_DSCP_REMARK;
                            })
                    .writeShort(16);
            out.writeInt((int) band.rate()).writeInt((int) band.burstSize());
            switch (band) {
                case MeterMod.Band.Drop _ -> out.writeZero(4);
                case MeterMod.Band.DscpRemark remark ->
                    out.writeByte(remark.precedenceLevel()).writeZero(3);
            }
        }
    }

    /** Bits of {@code OFPFF_*} for flags. */
    static int flagBits(Set<FlowMod.Flag> flags) {
        int bits = 0;
        for (FlowMod.Flag flag : flags) {
            bits |= 1 << flag.ordinal();
        }
        return bits;
    }
}
