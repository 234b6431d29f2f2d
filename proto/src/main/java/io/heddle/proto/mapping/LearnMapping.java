package io.heddle.proto.mapping;

import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.v1.Action.FieldBits;
import io.heddle.proto.v1.Action.Learn;
import java.util.ArrayList;
import java.util.List;

/** The {@code learn} action to and from {@code heddle.v1.Action.Learn}. */
final class LearnMapping {
    private static final ErrorCode BAD = ErrorCode.BAD_ACTION_BAD_ARGUMENT;

    private LearnMapping() {}

    static Learn toProto(LearnSpec spec) {
        Learn.Builder proto = Learn.newBuilder()
                .setTableId(spec.tableId())
                .setPriority(spec.priority())
                .setCookie(spec.cookie())
                .setIdleTimeoutSeconds(spec.idleTimeoutSeconds())
                .setHardTimeoutSeconds(spec.hardTimeoutSeconds())
                .setFinIdleTimeoutSeconds(spec.finIdleTimeoutSeconds())
                .setFinHardTimeoutSeconds(spec.finHardTimeoutSeconds())
                .setSendFlowRemoved(spec.sendsFlowRemoved())
                .setDeleteLearned(spec.isDeletedWithIt())
                .setLimit(spec.limit());
        Subfield result = spec.result();
        if (result != null) {
            proto.setResult(toProto(result));
        }
        spec.parts().forEach(part -> proto.addParts(toProto(part)));
        return proto.build();
    }

    private static Learn.Part toProto(LearnSpec.Part part) {
        Learn.Part.Builder proto = Learn.Part.newBuilder();
        Subfield source = part.source();
        Subfield destination = part.destination();
        if (source != null) {
            proto.setSource(toProto(source));
        } else if (destination != null) {
            proto.setValue(Octets.of(part.value(), (destination.bits() + 7) / 8));
        }
        if (destination == null) {
            proto.setOutput(true);
        } else if (part.target() == LearnSpec.Target.MATCH) {
            proto.setMatch(toProto(destination));
        } else {
            proto.setLoad(toProto(destination));
        }
        return proto.build();
    }

    static FieldBits toProto(Subfield bits) {
        return FieldBits.newBuilder()
                .setField(bits.field().fieldName())
                .setBit(bits.bit())
                .setBits(bits.bits())
                .build();
    }

    static LearnSpec toModel(Learn proto) throws FlowException {
        List<LearnSpec.Part> parts = new ArrayList<>();
        for (int i = 0; i < proto.getPartsCount(); i++) {
            parts.add(toModel(proto.getParts(i), "learn.parts[" + i + "]"));
        }
        Subfield result = proto.hasResult() ? toModel(proto.getResult(), "learn.result") : null;
        if (result != null && result.bits() != 1) {
            throw new FlowException(BAD, "learn.result.bits", "the result is one bit, not " + result.bits());
        }
        return new LearnSpec(
                proto.hasTableId()
                        ? Checks.range("learn.table_id", proto.getTableId(), 0, 253, BAD)
                        : LearnSpec.DEFAULT_TABLE,
                proto.hasPriority() ? seconds("priority", proto.getPriority()) : FlowMod.DEFAULT_PRIORITY,
                proto.getCookie(),
                seconds("idle_timeout_seconds", proto.getIdleTimeoutSeconds()),
                seconds("hard_timeout_seconds", proto.getHardTimeoutSeconds()),
                seconds("fin_idle_timeout_seconds", proto.getFinIdleTimeoutSeconds()),
                seconds("fin_hard_timeout_seconds", proto.getFinHardTimeoutSeconds()),
                proto.getSendFlowRemoved(),
                proto.getDeleteLearned(),
                proto.getLimit(),
                result,
                parts);
    }

    /** A number of 16 bits. */
    private static int seconds(String name, int value) throws FlowException {
        return Checks.range("learn." + name, value, 0, 0xffff, BAD);
    }

    private static LearnSpec.Part toModel(Learn.Part proto, String path) throws FlowException {
        LearnSpec.Target target = switch (proto.getTargetCase()) {
            case MATCH -> LearnSpec.Target.MATCH;
            case LOAD -> LearnSpec.Target.LOAD;
            case OUTPUT -> LearnSpec.Target.OUTPUT;
            case TARGET_NOT_SET -> throw new FlowException(BAD, path, "set match, load or output");
        };
        Subfield destination = switch (target) {
            case MATCH -> toModel(proto.getMatch(), path + ".match");
            case LOAD -> toModel(proto.getLoad(), path + ".load");
            case OUTPUT -> null;
        };
        Subfield source = proto.hasSource() ? toModel(proto.getSource(), path + ".source") : null;
        Bits value = source != null || destination == null ? Bits.ZERO : value(proto, path);
        try {
            return new LearnSpec.Part(target, destination, source, value);
        } catch (IllegalArgumentException e) {
            throw new FlowException(BAD, path, String.valueOf(e.getMessage()));
        }
    }

    private static Bits value(Learn.Part proto, String path) throws FlowException {
        if (Octets.significant(proto.getValue()) > 16) {
            throw new FlowException(BAD, path + ".value", "a value has 16 octets at most");
        }
        return Octets.number(proto.getValue());
    }

    static Subfield toModel(FieldBits proto, String path) throws FlowException {
        MatchField field = FieldMapping.field(proto.getField(), FieldMapping.Place.ACTION, path + ".field");
        int bits = Checks.range(path + ".bits", proto.getBits(), 1, 128, BAD);
        return new Subfield(field, ActionMapping.firstBit(path + ".bit", proto.getBit(), bits, field), bits);
    }
}
