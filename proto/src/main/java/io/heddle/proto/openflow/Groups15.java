package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.group.Selection;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Groups as OpenFlow 1.5 has them: buckets have numbers and properties.
 *
 * <p>Buckets whose numbers are their places are buckets without numbers in the model, as those of earlier versions are. How a select group
 * chooses is a property of Netronome's.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 section 7.3.4.3</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class Groups15 {
    private static final int WEIGHT = 0;
    private static final int WATCH_PORT = 1;
    private static final int WATCH_GROUP = 2;

    private static final int EXPERIMENTER = 0xffff;
    private static final int NETRONOME = 0x154d;

    /** What Open vSwitch 2.4 took for Netronome. */
    private static final int FORMER_NETRONOME = 0x1540;

    private static final int SELECTION_METHOD = 1;
    private static final int METHOD_OCTETS = 16;

    /** {@code OFPGC_*}: what has no number of its own is where its ordinal is. */
    private static final int INSERT_BUCKET = 3;

    private static final int REMOVE_BUCKET = 5;

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
        in.skip(2);
        int commandBucket = in.i32();
        GroupMod.Command known = command(command);
        GroupMod.GroupType groupType = ModCodec.groupType(type);
        List<BucketSpec> buckets = buckets(bucketList(in, length), groupType);
        Selection selection = selection(in);
        return new GroupMod(
                known,
                groupType,
                group,
                known.isOfBuckets() ? buckets : GroupMod.withoutPlaces(buckets),
                selection,
                commandBucket);
    }

    private static GroupMod.Command command(int number) throws FlowException {
        return switch (number) {
            case 0 -> GroupMod.Command.ADD;
            case 1 -> GroupMod.Command.MODIFY;
            case 2 -> GroupMod.Command.DELETE;
            case INSERT_BUCKET -> GroupMod.Command.INSERT_BUCKET;
            case REMOVE_BUCKET -> GroupMod.Command.REMOVE_BUCKET;
            default ->
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_COMMAND,
                        "command",
                        "command " + number + " is not in 0-3 and not 5");
        };
    }

    private static int number(GroupMod.Command command) {
        return command == GroupMod.Command.REMOVE_BUCKET ? REMOVE_BUCKET : command.ordinal();
    }

    /** Reads the properties of a group to the end of {@code in}. */
    private static Selection selection(Reader in) throws FlowException {
        Selection[] found = {Selection.DEFAULT};
        Properties.read(in, "properties", (type, value) -> {
            if (type != EXPERIMENTER) {
                throw Properties.unknown(type, "properties");
            }
            int owner = value.remaining() < 8 ? 0 : value.i32();
            if (owner != NETRONOME && owner != FORMER_NETRONOME) {
                throw new FlowException(
                        ErrorCode.BAD_PROPERTY_BAD_EXPERIMENTER, "properties", "Netronome's are the only ones known");
            }
            if (value.i32() != SELECTION_METHOD || value.remaining() < 4 + METHOD_OCTETS + 8) {
                throw new FlowException(
                        ErrorCode.BAD_PROPERTY_BAD_EXP_TYPE,
                        "properties",
                        "of Netronome's properties only the selection method is known");
            }
            found[0] = selectionMethod(value);
        });
        return found[0];
    }

    private static Selection selectionMethod(Reader in) throws FlowException {
        in.skip(4);
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < METHOD_OCTETS; i++) {
            int octet = in.u8();
            if (octet != 0) {
                word.append((char) octet);
            }
        }
        Selection.Method method = Arrays.stream(Selection.Method.values())
                .filter(each -> each.word().contentEquals(word))
                .findFirst()
                .orElseThrow(() -> new FlowException(
                        ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE,
                        "properties",
                        "selection method \"" + word + "\" is not hash or dp_hash"));
        long parameter = in.i64();
        List<Selection.Field> fields = new ArrayList<>();
        while (in.remaining() >= 4) {
            OxmCodec.Header header = OxmCodec.header(in, ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE, "properties");
            MatchField field = header.field();
            int octets = field == null ? 0 : OxmCodec.octets(field, header);
            if (field == null || header.masked() || header.length() != octets || octets > in.remaining()) {
                throw new FlowException(
                        ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE, "properties", "fields of a selection: one is not known");
            }
            fields.add(new Selection.Field(field, OxmCodec.value(in, octets).and(field.allOnes())));
        }
        in.finish();
        if (method != Selection.Method.HASH && !fields.isEmpty()) {
            throw new FlowException(
                    ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE, "properties", "fields need the selection method hash");
        }
        return new Selection(method, parameter, fields);
    }

    private static void selection(ByteBuf out, Selection selection) {
        if (selection.method() == Selection.Method.DEFAULT) {
            return;
        }
        int start = out.writerIndex();
        Properties.begin(out, EXPERIMENTER, 0)
                .writeInt(NETRONOME)
                .writeInt(SELECTION_METHOD)
                .writeZero(4);
        byte[] word = selection.method().word().getBytes(StandardCharsets.US_ASCII);
        out.writeBytes(word).writeZero(METHOD_OCTETS - word.length).writeLong(selection.parameter());
        for (Selection.Field each : selection.fields()) {
            MatchField field = each.field();
            int octets = OxmCodec.octets(field, field.ids().getFirst());
            OxmCodec.header(out, field.ids().getFirst(), false, octets);
            OxmCodec.value(out, each.mask(), octets);
        }
        int length = out.writerIndex() - start;
        out.setShort(start + 2, length);
        out.writeZero((8 - length % 8) % 8);
    }

    private static Reader bucketList(Reader in, int length) throws FlowException {
        return in.sub(length, ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, "buckets");
    }

    void mod(ByteBuf out, GroupMod mod) {
        out.writeShort(number(mod.command()))
                .writeByte(mod.type().ordinal())
                .writeZero(1)
                .writeInt(mod.groupId());
        int lengthAt = out.writerIndex();
        out.writeZero(4).writeInt(mod.commandBucketId());
        buckets(out, mod.type(), mod.buckets());
        out.setShort(lengthAt, out.writerIndex() - lengthAt - 8);
        selection(out, mod.selection());
    }

    /** An entry of {@code OFPMP_GROUP_DESC}. */
    MultipartBody.GroupDescription description(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 16);
        int type = entry.u8();
        entry.skip(1);
        int group = entry.i32();
        int length = entry.u16();
        entry.skip(6);
        List<BucketSpec> buckets = GroupMod.withoutPlaces(buckets(bucketList(entry, length), ModCodec.groupType(type)));
        Selection selection = selection(entry);
        return new MultipartBody.GroupDescription(group, ModCodec.groupType(type), selection, buckets);
    }

    void description(ByteBuf out, MultipartBody.GroupDescription group) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(group.type().ordinal()).writeZero(1).writeInt(group.groupId());
        int lengthAt = out.writerIndex();
        out.writeZero(8);
        buckets(out, group.type(), group.buckets());
        out.setShort(lengthAt, out.writerIndex() - lengthAt - 8);
        selection(out, group.selection());
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
        int id = in.i32();
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
        return new BucketSpec(id, values[WEIGHT], values[WATCH_PORT], values[WATCH_GROUP], parsed);
    }

    private void buckets(ByteBuf out, GroupMod.GroupType type, List<BucketSpec> buckets) {
        int place = 0;
        for (BucketSpec bucket : buckets) {
            int start = out.writerIndex();
            out.writeInt(0).writeInt(bucket.id() == BucketSpec.UNNUMBERED ? place : bucket.id());
            place++;
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
