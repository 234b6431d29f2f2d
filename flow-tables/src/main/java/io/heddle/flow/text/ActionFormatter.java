package io.heddle.flow.text;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import java.util.List;
import java.util.StringJoiner;

/** Prints actions and instructions as {@code ovs-ofctl dump-flows} does. */
final class ActionFormatter {
    /** {@code OFPR_*} by number. */
    static final String[] REASONS = {"no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"};

    private final FieldText values;

    ActionFormatter(FieldText values) {
        this.values = values;
    }

    /** The actions separated by commas; {@code drop} when there are none. */
    String actions(List<Action> actions) {
        return actions.isEmpty() ? "drop" : join(actions);
    }

    private String join(List<Action> actions) {
        StringJoiner text = new StringJoiner(",");
        actions.forEach(action -> text.add(action(action)));
        return text.toString();
    }

    /** The instructions as one list of actions; {@code drop} when there are none. */
    String instructions(List<Instruction> instructions) {
        StringJoiner text = new StringJoiner(",");
        for (Instruction instruction : instructions) {
            switch (instruction) {
                case Instruction.Meter meter -> text.add("meter:" + Integer.toUnsignedString(meter.meterId()));
                case Instruction.ApplyActions apply -> {
                    if (!apply.actions().isEmpty()) {
                        text.add(join(apply.actions()));
                    }
                }
                case Instruction.ClearActions _ -> text.add("clear_actions");
                case Instruction.WriteActions write -> text.add("write_actions(" + actions(write.actions()) + ")");
                case Instruction.WriteMetadata write ->
                    text.add("write_metadata:0x" + Long.toHexString(write.metadata())
                            + (write.mask() == -1L ? "" : "/0x" + Long.toHexString(write.mask())));
                case Instruction.GotoTable to -> text.add("goto_table:" + to.tableId());
            }
        }
        return text.length() == 0 ? "drop" : text.toString();
    }

    private String action(Action action) {
        return switch (action) {
            case Action.Output output -> output(output);
            case Action.GroupAction group -> "group:" + Integer.toUnsignedString(group.groupId());
            case Action.SetQueue queue -> "set_queue:" + Integer.toUnsignedString(queue.queueId());
            case Action.SetField set -> setField(set);
            case Action.CopyField copy ->
                "move:" + subfield(copy.source(), copy.sourceBit(), copy.bits()) + "->"
                        + subfield(copy.destination(), copy.destinationBit(), copy.bits());
            case Action.PushVlan push -> "push_vlan:" + etherType(push.etherType());
            case Action.PopVlan _ -> "pop_vlan";
            case Action.PushMpls push -> "push_mpls:" + etherType(push.etherType());
            case Action.PopMpls pop -> "pop_mpls:" + etherType(pop.etherType());
            case Action.PushPbb push -> "push_pbb:" + etherType(push.etherType());
            case Action.PopPbb _ -> "pop_pbb";
            case Action.SetMplsTtl set -> "set_mpls_ttl(" + set.ttl() + ")";
            case Action.DecMplsTtl _ -> "dec_mpls_ttl";
            case Action.SetNwTtl set -> "mod_nw_ttl:" + set.ttl();
            case Action.DecNwTtl _ -> "dec_ttl";
            case Action.DecNshTtl _ -> "dec_nsh_ttl";
            case Action.CopyTtlOut _ -> "copy_ttl_out";
            case Action.CopyTtlIn _ -> "copy_ttl_in";
            case Action.Meter meter -> "meter:" + Integer.toUnsignedString(meter.meterId());
            case Action.Resubmit resubmit -> resubmit(resubmit);
            case Action.Controller controller -> controller(controller);
            case Action.Conntrack conntrack -> conntrack(conntrack);
            case Action.ConntrackClear _ -> "ct_clear";
            case Action.Learn learn -> LearnText.format(values, learn.spec());
            case Action.FinTimeout fin -> finTimeout(fin);
            case Action.CloneActions clone -> "clone(" + join(clone.actions()) + ")";
            case Action.Push push -> "push:" + subfield(push.source());
            case Action.DeleteField delete -> "delete_field:" + FieldNames.ofSetField(delete.field());
            case Action.Pop pop -> "pop:" + subfield(pop.destination());
            case Action.Exit _ -> "exit";
            case Action.CheckPacketLarger larger ->
                "check_pkt_larger(" + larger.length() + ")->" + subfield(larger.destination());
            case Action.PopQueue _ -> "pop_queue";
            case Action.OutputTruncated output ->
                "output(port=" + values.port(output.port()) + ",max_len=" + Integer.toUnsignedString(output.maxLength())
                        + ")";
            case Action.Multipath multipath -> LinkText.format(multipath);
            case Action.Bundle bundle -> LinkText.format(values, bundle);
            case Action.Conjunction part ->
                "conjunction(" + Integer.toUnsignedString(part.id()) + "," + part.dimension() + "/" + part.dimensions()
                        + ")";
            case Action.Note note -> "note:" + dotted(note.octets());
            case Action.OutputField output -> "output:" + subfield(output.field(), output.bit(), output.bits());
        };
    }

    /** Octets in hexadecimal with a dot between each two. */
    private static String dotted(String octets) {
        return octets.replaceAll("(..)(?!$)", "$1.");
    }

    private String output(Action.Output output) {
        String port = values.port(output.port());
        if (output.port() == Ports.CONTROLLER) {
            return port + ":" + output.maxLength();
        }
        return Integer.compareUnsigned(output.port(), Ports.MAX) <= 0 ? "output:" + port : port;
    }

    private String resubmit(Action.Resubmit resubmit) {
        boolean ownPort = resubmit.inPort() == Ports.IN_PORT;
        if (!ownPort && resubmit.tableId() == 255 && !resubmit.withConnection()) {
            return "resubmit:" + values.port(resubmit.inPort());
        }
        return "resubmit(" + (ownPort ? "" : values.port(resubmit.inPort())) + ","
                + (resubmit.tableId() == 255 ? "" : resubmit.tableId()) + (resubmit.withConnection() ? ",ct)" : ")");
    }

    private static String finTimeout(Action.FinTimeout fin) {
        StringJoiner text = new StringJoiner(",", "fin_timeout(", ")");
        if (fin.idleTimeoutSeconds() != 0) {
            text.add("idle_timeout=" + fin.idleTimeoutSeconds());
        }
        if (fin.hardTimeoutSeconds() != 0) {
            text.add("hard_timeout=" + fin.hardTimeoutSeconds());
        }
        return text.toString();
    }

    private static String controller(Action.Controller controller) {
        StringJoiner text = new StringJoiner(",", "controller(", ")");
        if (controller.reason() != 1) {
            text.add("reason="
                    + (controller.reason() < REASONS.length ? REASONS[controller.reason()] : controller.reason()));
        }
        if (controller.maxLength() != Action.WHOLE_PACKET) {
            text.add("max_len=" + controller.maxLength());
        }
        if (controller.controllerId() != 0) {
            text.add("id=" + controller.controllerId());
        }
        if (!controller.userdata().isEmpty()) {
            text.add("userdata=" + dotted(controller.userdata()));
        }
        if (controller.isPaused()) {
            text.add("pause");
        }
        if (controller.meterId() != 0) {
            text.add("meter_id=" + Integer.toUnsignedString(controller.meterId()));
        }
        return text.toString();
    }

    private String conntrack(Action.Conntrack action) {
        StringJoiner text = new StringJoiner(",", "ct(", ")");
        if (action.isCommit()) {
            text.add("commit");
        }
        if (action.isForced()) {
            text.add("force");
        }
        if (action.tableId() != Action.Conntrack.NO_TABLE) {
            text.add("table=" + action.tableId());
        }
        Action.Subfield zone = action.zoneField();
        if (zone != null) {
            text.add("zone=" + subfield(zone.field(), zone.bit(), zone.bits()));
        } else if (action.zone() != 0) {
            text.add("zone=" + action.zone());
        }
        NatSpec nat = action.nat();
        if (nat != null) {
            text.add(NatText.format(nat));
        }
        if (!action.exec().isEmpty()) {
            text.add("exec(" + join(action.exec()) + ")");
        }
        Alg alg = action.alg();
        if (alg != null) {
            text.add("alg=" + alg.text());
        }
        return text.toString();
    }

    private String setField(Action.SetField set) {
        MatchField field = set.field();
        if (set.isMasked()) {
            int first = set.mask().low() != 0
                    ? Long.numberOfTrailingZeros(set.mask().low())
                    : 64 + Long.numberOfTrailingZeros(set.mask().high());
            int count =
                    Long.bitCount(set.mask().high()) + Long.bitCount(set.mask().low());
            if (count <= 64 && set.mask().shiftRight(first).equals(Bits.ones(count))) {
                return "load:" + FieldText.hex(set.value().shiftRight(first)) + "->" + subfield(field, first, count);
            }
        }
        return "set_field:" + values.formatForAction(field, set.value(), set.mask()) + "->"
                + FieldNames.ofSetField(field);
    }

    static String subfield(Action.Subfield bits) {
        return subfield(bits.field(), bits.bit(), bits.bits());
    }

    private static String subfield(MatchField field, int bit, int bits) {
        boolean isNarrow = field == MatchField.IN_PORT && bit + bits <= FieldNames.NXM_IN_PORT_BITS;
        int width = isNarrow ? FieldNames.NXM_IN_PORT_BITS : field.bits();
        String name = field == MatchField.IN_PORT && !isNarrow ? FieldNames.OXM_IN_PORT : FieldNames.ofSubfield(field);
        String range = bit == 0 && bits == width ? "" : bits == 1 ? String.valueOf(bit) : bit + ".." + (bit + bits - 1);
        return name + "[" + range + "]";
    }

    private static String etherType(int type) {
        return "0x%04x".formatted(type);
    }
}
