package io.heddle.proto.mapping;

import com.google.protobuf.ByteString;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.group.GroupMod.GroupType;
import io.heddle.flow.group.Selection;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.v1.Group;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Groups to and from {@code heddle.v1.Group}. */
public final class GroupMapping {
    private GroupMapping() {}

    /** The group without counters. */
    public static Group toProto(GroupMod group) {
        Group.Builder proto = Group.newBuilder().setGroupId(group.groupId());
        proto.setType(
                switch (group.type()) {
                    case ALL -> Group.Type.ALL;
                    case SELECT -> Group.Type.SELECT;
                    case INDIRECT -> Group.Type.INDIRECT;
                    case FAST_FAILOVER -> Group.Type.FAST_FAILOVER;
                });
        Selection selection = group.selection();
        if (selection.method() != Selection.Method.DEFAULT) {
            Group.Selection.Builder each = proto.getSelectionBuilder()
                    .setMethod(selection.method().word())
                    .setParameter(selection.parameter());
            for (Selection.Field field : selection.fields()) {
                each.addFieldsBuilder()
                        .setField(field.field().fieldName())
                        .setMask(
                                field.isWhole()
                                        ? ByteString.EMPTY
                                        : Octets.of(field.mask(), field.field().octets()));
            }
        }
        for (BucketSpec bucket : group.buckets()) {
            Group.Bucket.Builder each = proto.addBucketsBuilder().setWeight(bucket.weight());
            if (bucket.id() != BucketSpec.UNNUMBERED) {
                each.setId(bucket.id());
            }
            if (bucket.watchPort() != Ports.ANY) {
                each.setWatchPort(bucket.watchPort());
            }
            if (bucket.watchGroup() != FlowMod.ANY_GROUP) {
                each.setWatchGroup(bucket.watchGroup());
            }
            bucket.actions().forEach(action -> each.addActions(ActionMapping.toProto(action)));
        }
        return proto.build();
    }

    /**
     * A group mod.
     *
     * @throws FlowException with a path in {@code Group}
     */
    public static GroupMod toModel(GroupMod.Command command, Group proto, TextForms texts) throws FlowException {
        if (!proto.getText().isEmpty()) {
            return texts.group(command, proto.getText());
        }
        boolean delete = command == GroupMod.Command.DELETE;
        int id = proto.getGroupId();
        if (Integer.compareUnsigned(id, GroupMod.MAX_GROUP) > 0 && !(delete && id == GroupMod.ALL_GROUPS)) {
            throw new FlowException(
                    ErrorCode.GROUP_MOD_FAILED_INVALID_GROUP,
                    "group_id",
                    "%s is out of range, it must be 0 to 4294967040%s"
                            .formatted(Integer.toUnsignedString(id), delete ? ", or 4294967292 for all" : ""));
        }
        if (delete) {
            return new GroupMod(command, GroupType.ALL, id, List.of());
        }
        List<BucketSpec> buckets = new ArrayList<>(proto.getBucketsCount());
        for (int i = 0; i < proto.getBucketsCount(); i++) {
            try {
                buckets.add(bucket(proto.getBuckets(i), texts));
            } catch (FlowException e) {
                throw new FlowException(e.error().under("buckets[" + i + "]"));
            }
        }
        return new GroupMod(command, type(proto), id, buckets, selection(proto.getSelection()), GroupMod.ALL_BUCKETS);
    }

    private static Selection selection(Group.Selection proto) throws FlowException {
        Selection.Method method = Arrays.stream(Selection.Method.values())
                .filter(each -> each.word().equals(proto.getMethod()))
                .findFirst()
                .orElseThrow(() -> new FlowException(
                        ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE,
                        "selection.method",
                        "the method is hash or dp_hash, or left out"));
        if (method != Selection.Method.HASH && proto.getFieldsCount() > 0) {
            throw new FlowException(
                    ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE, "selection.fields", "fields need the method hash");
        }
        List<Selection.Field> fields = new ArrayList<>();
        for (int i = 0; i < proto.getFieldsCount(); i++) {
            Group.Selection.Field each = proto.getFields(i);
            String path = "selection.fields[" + i + "]";
            MatchField field = FieldMapping.field(each.getField(), FieldMapping.Place.MATCH, path + ".field");
            fields.add(new Selection.Field(
                    field,
                    each.getMask().isEmpty()
                            ? field.allOnes()
                            : FieldMapping.octets(field, each.getMask(), FieldMapping.Place.MATCH, path + ".mask")));
        }
        return new Selection(method, proto.getParameter(), fields);
    }

    private static GroupType type(Group proto) throws FlowException {
        return switch (proto.getType()) {
            case ALL -> GroupType.ALL;
            case SELECT -> GroupType.SELECT;
            case INDIRECT -> GroupType.INDIRECT;
            case FAST_FAILOVER -> GroupType.FAST_FAILOVER;
            case TYPE_UNSPECIFIED, UNRECOGNIZED ->
                throw new FlowException(
                        ErrorCode.GROUP_MOD_FAILED_BAD_TYPE,
                        "type",
                        "the type is missing or unknown: ALL, SELECT, INDIRECT or FAST_FAILOVER");
        };
    }

    private static BucketSpec bucket(Group.Bucket proto, TextForms texts) throws FlowException {
        int weight = Checks.range("weight", proto.getWeight(), 0, 0xffff, ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET);
        return new BucketSpec(
                proto.hasId() ? proto.getId() : BucketSpec.UNNUMBERED,
                weight,
                proto.getWatchPort() == 0 ? Ports.ANY : proto.getWatchPort(),
                proto.hasWatchGroup() ? proto.getWatchGroup() : FlowMod.ANY_GROUP,
                ActionMapping.toModel(proto.getActionsList(), texts));
    }
}
