package io.heddle.proto.mapping;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.v1.Action.Nothing;
import io.heddle.proto.v1.Instruction.KindCase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Instructions to and from {@code heddle.v1.Instruction}. */
final class InstructionMapping {
    private InstructionMapping() {}

    static List<io.heddle.proto.v1.Instruction> toProto(List<Instruction> instructions) {
        List<io.heddle.proto.v1.Instruction> proto = new ArrayList<>(instructions.size());
        instructions.forEach(instruction -> proto.add(toProto(instruction)));
        return proto;
    }

    private static io.heddle.proto.v1.Instruction toProto(Instruction instruction) {
        io.heddle.proto.v1.Instruction.Builder proto = io.heddle.proto.v1.Instruction.newBuilder();
        switch (instruction) {
            case Instruction.Meter meter -> proto.setMeterId(meter.meterId());
            case Instruction.ApplyActions apply -> proto.setApplyActions(ActionMapping.toProto(apply.actions()));
            case Instruction.ClearActions _ -> proto.setClearActions(Nothing.getDefaultInstance());
            case Instruction.WriteActions write -> proto.setWriteActions(ActionMapping.toProto(write.actions()));
            case Instruction.WriteMetadata write ->
                proto.setWriteMetadata(io.heddle.proto.v1.Instruction.WriteMetadata.newBuilder()
                        .setMetadata(write.metadata())
                        .setMask(write.mask() == -1L ? 0 : write.mask()));
            case Instruction.GotoTable go -> proto.setGotoTable(go.tableId());
        }
        return proto.build();
    }

    /** Reads instructions in any order; what comes back is in the order of their execution. */
    static List<Instruction> toModel(List<io.heddle.proto.v1.Instruction> proto, TextForms texts) throws FlowException {
        List<Instruction> instructions = new ArrayList<>(proto.size());
        Set<KindCase> seen = EnumSet.noneOf(KindCase.class);
        for (int i = 0; i < proto.size(); i++) {
            try {
                if (!seen.add(proto.get(i).getKindCase())) {
                    throw new FlowException(
                            ErrorCode.BAD_INSTRUCTION_DUP_INST,
                            "",
                            "a flow has one instruction of a kind; put all actions into one list");
                }
                instructions.add(toModel(proto.get(i), texts));
            } catch (FlowException e) {
                throw new FlowException(e.error().under("instructions[" + i + "]"));
            }
        }
        instructions.sort(Comparator.comparingInt(InstructionMapping::order));
        return instructions;
    }

    private static Instruction toModel(io.heddle.proto.v1.Instruction proto, TextForms texts) throws FlowException {
        switch (proto.getKindCase()) {
            case METER_ID -> {
                return new Instruction.Meter(proto.getMeterId());
            }
            case APPLY_ACTIONS -> {
                try {
                    return new Instruction.ApplyActions(ActionMapping.toModel(proto.getApplyActions(), texts));
                } catch (FlowException e) {
                    throw new FlowException(e.error().under("apply_actions"));
                }
            }
            case CLEAR_ACTIONS -> {
                return new Instruction.ClearActions();
            }
            case WRITE_ACTIONS -> {
                try {
                    return new Instruction.WriteActions(ActionMapping.toModel(proto.getWriteActions(), texts));
                } catch (FlowException e) {
                    throw new FlowException(e.error().under("write_actions"));
                }
            }
            case WRITE_METADATA -> {
                long mask = proto.getWriteMetadata().getMask() == 0
                        ? -1L
                        : proto.getWriteMetadata().getMask();
                long metadata = proto.getWriteMetadata().getMetadata();
                if ((metadata & ~mask) != 0) {
                    throw new FlowException(
                            ErrorCode.BAD_INSTRUCTION_UNSUP_METADATA,
                            "write_metadata.metadata",
                            "0x%x has bits outside of the mask 0x%x: they must be zero".formatted(metadata, mask));
                }
                return new Instruction.WriteMetadata(metadata, mask);
            }
            case GOTO_TABLE -> {
                return new Instruction.GotoTable(Checks.range(
                        "goto_table", proto.getGotoTable(), 1, 253, ErrorCode.BAD_INSTRUCTION_BAD_TABLE_ID));
            }
            case KIND_NOT_SET ->
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_UNKNOWN_INST,
                        "",
                        "the instruction is of no kind that this switch knows");
        }
        throw new AssertionError(proto.getKindCase());
    }

    private static int order(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Meter _ -> 0;
            case Instruction.ApplyActions _ -> 1;
            case Instruction.ClearActions _ -> 2;
            case Instruction.WriteActions _ -> 3;
            case Instruction.WriteMetadata _ -> 4;
            case Instruction.GotoTable _ -> 5;
        };
    }
}
