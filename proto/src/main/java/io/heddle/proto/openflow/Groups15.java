package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Groups as OpenFlow 1.5 has them: buckets have numbers and properties.
 *
 * <p>A bucket's number is its place in the group. Commands for single buckets are refused with {@code OFPGMFC_BAD_COMMAND}.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 section 7.3.4.3</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class Groups15 {
    private static final int WEIGHT = 0;
    private static final int WATCH_PORT = 1;
    private static final int WATCH_GROUP = 2;

    /** {@code OFPG_BUCKET_ALL}: the command is about no single bucket. */
    private static final int NO_BUCKET = 0xffffffff;

    private final ActionCodec actions;

    Groups15(ActionCodec actions) {
        this.actions = actions;
    }

    GroupMod mod(Reader in) throws FlowException {
        int command = in.u16();
        int type = in.u8();
        in.skip(1);
        int group = in.i32();
        int length = in.u16();
        in.skip(6);
        if (command >= GroupMod.Command.values().length) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_BAD_COMMAND,
                    "command",
                    "command " + command + " is not in 0-2: replace the group to change one of its buckets");
        }
        GroupMod.GroupType groupType = ModCodec.groupType(type);
        List<BucketSpec> buckets = buckets(bucketList(in, length), groupType);
        Properties.read(in, "properties", (propertyType, value) -> {
            throw Properties.unknown(propertyType, "properties");
        });
        return new GroupMod(GroupMod.Command.values()[command], groupType, group, buckets);
    }

    private static Reader bucketList(Reader in, int length) throws FlowException {
        return in.sub(length, ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, "buckets");
    }

    void mod(ByteBuf out, GroupMod mod) {
        out.writeShort(mod.command().ordinal())
                .writeByte(mod.type().ordinal())
                .writeZero(1)
                .writeInt(mod.groupId());
        int lengthAt = out.writerIndex();
        out.writeZero(4).writeInt(NO_BUCKET);
        buckets(out, mod.type(), mod.buckets());
        out.setShort(lengthAt, out.writerIndex() - lengthAt - 8);
    }

    /** An entry of {@code OFPMP_GROUP_DESC}. */
    MultipartBody.GroupDescription description(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 16);
        int type = entry.u8();
        entry.skip(1);
        int group = entry.i32();
        int length = entry.u16();
        entry.skip(6);
        List<BucketSpec> buckets = buckets(bucketList(entry, length), ModCodec.groupType(type));
        entry.finish();
        return new MultipartBody.GroupDescription(group, ModCodec.groupType(type), buckets);
    }

    void description(ByteBuf out, MultipartBody.GroupDescription group) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(group.type().ordinal()).writeZero(1).writeInt(group.groupId());
        int lengthAt = out.writerIndex();
        out.writeZero(8);
        buckets(out, group.type(), group.buckets());
        out.setShort(lengthAt, out.writerIndex() - lengthAt - 8);
        out.setShort(start, out.writerIndex() - start);
    }

    private List<BucketSpec> buckets(Reader in, GroupMod.GroupType type) throws FlowException {
        List<BucketSpec> buckets = new ArrayList<>();
        while (in.remaining() > 0) {
            String where = "buckets[" + buckets.size() + "]";
            int length = in.remaining() < 8 ? 0 : in.u16();
            if (length < 8 || length % 8 != 0 || length - 2 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET,
                        where,
                        "length " + length + " is not a multiple of 8 in 8-" + (in.remaining() + 2));
            }
            buckets.add(bucket(in.sub(length - 2, ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, where), type, where));
        }
        return buckets;
    }

    /** A bucket of a select group that does not say its weight weighs 1, as with Open vSwitch. */
    private BucketSpec bucket(Reader in, GroupMod.GroupType group, String where) throws FlowException {
        int length = in.u16();
        in.skip(4);
        Reader list = in.sub(length, ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, where);
        List<Action> parsed = actions.actions(list, where + ".actions");
        int[] values = {group == GroupMod.GroupType.SELECT ? 1 : 0, Ports.ANY, FlowMod.ANY_GROUP};
        Properties.read(in, where, (type, value) -> {
            switch (type) {
                case WEIGHT -> values[WEIGHT] = value.u16();
                case WATCH_PORT, WATCH_GROUP -> values[type] = value.i32();
                default -> throw Properties.unknown(type, where);
            }
        });
        return new BucketSpec(values[WEIGHT], values[WATCH_PORT], values[WATCH_GROUP], parsed);
    }

    private void buckets(ByteBuf out, GroupMod.GroupType type, List<BucketSpec> buckets) {
        int number = 0;
        for (BucketSpec bucket : buckets) {
            int start = out.writerIndex();
            out.writeInt(0).writeInt(number++);
            actions.actions(out, bucket.actions());
            out.setShort(start + 2, out.writerIndex() - start - 8);
            if (bucket.weight() != 0 || type == GroupMod.GroupType.SELECT) {
                Properties.begin(out, WEIGHT, 8).writeShort(bucket.weight()).writeZero(2);
            }
            if (bucket.watchPort() != Ports.ANY) {
                Properties.begin(out, WATCH_PORT, 8).writeInt(bucket.watchPort());
            }
            if (bucket.watchGroup() != FlowMod.ANY_GROUP) {
                Properties.begin(out, WATCH_GROUP, 8).writeInt(bucket.watchGroup());
            }
            out.setShort(start, out.writerIndex() - start);
        }
    }
}
