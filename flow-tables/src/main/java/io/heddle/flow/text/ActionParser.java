package io.heddle.flow.text;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Parses what stands after {@code actions=}. The match decides what the actions of OpenFlow 1.0 mean in 1.3: {@code mod_vlan_vid}
 * pushes a tag first when the packet has none, {@code mod_tp_dst} writes the port of the protocol that is matched.
 */
final class ActionParser {
    private static final Token.Place TYPE = new Token.Place(ErrorCode.BAD_ACTION_BAD_TYPE, "actions");
    private static final Token.Place ARGUMENT = new Token.Place(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "actions");
    private static final Token.Place SET_VALUE = new Token.Place(ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT, "actions");
    private static final Token.Place OUT_PORT = new Token.Place(ErrorCode.BAD_ACTION_BAD_OUT_PORT, "actions");
    private static final Token.Place OUT_GROUP = new Token.Place(ErrorCode.BAD_ACTION_BAD_OUT_GROUP, "actions");
    private static final Token.Place INSTRUCTION =
            new Token.Place(ErrorCode.BAD_INSTRUCTION_UNSUP_INST, "instructions");
    private static final Token.Place DUPLICATE = new Token.Place(ErrorCode.BAD_INSTRUCTION_DUP_INST, "instructions");
    private static final Token.Place TABLE = new Token.Place(ErrorCode.BAD_INSTRUCTION_BAD_TABLE_ID, "instructions");

    private static final int OFPR_ACTION = 1;
    private static final int MAX_DEPTH = 32;

    private final FieldText values;
    private final int protocol;
    private boolean hasTag;

    /** Clones that the text at hand stands in. */
    private int depth;

    ActionParser(FieldText values, Match match) {
        this.values = values;
        this.protocol = match.has(MatchField.NW_PROTO)
                ? (int) match.valueOf(MatchField.NW_PROTO).low()
                : -1;
        this.hasTag = match.valueOf(MatchField.VLAN_TCI)
                        .and(Bits.of(KeyLayout.VLAN_PRESENT))
                        .low()
                != 0;
    }

    /** Instructions of a flow, in the order of their execution; plain actions are one {@code apply_actions}. */
    List<Instruction> instructions(String text, int offset) throws FlowException {
        List<Action> apply = new ArrayList<>();
        Instruction[] inOrder = new Instruction[6];
        for (Token token : tokens(text, offset)) {
            switch (token.name()) {
                case "meter" -> put(inOrder, 0, new Instruction.Meter(meterId(token)), token);
                case "apply_actions" -> apply.addAll(actions(valueOrEmpty(token), token.valuePosition()));
                case "clear_actions" -> put(inOrder, 2, new Instruction.ClearActions(), token);
                case "write_actions" ->
                    put(
                            inOrder,
                            3,
                            new Instruction.WriteActions(actions(valueOrEmpty(token), token.valuePosition())),
                            token);
                case "write_metadata" -> put(inOrder, 4, writeMetadata(token), token);
                case "goto_table" -> put(inOrder, 5, gotoTable(token), token);
                default -> action(token, apply);
            }
        }
        if (!apply.isEmpty()) {
            inOrder[1] = new Instruction.ApplyActions(apply);
        }
        List<Instruction> instructions = new ArrayList<>();
        for (Instruction instruction : inOrder) {
            if (instruction != null) {
                instructions.add(instruction);
            }
        }
        return instructions;
    }

    /** Actions alone: no instruction is allowed. */
    List<Action> actions(String text, int offset) throws FlowException {
        List<Action> actions = new ArrayList<>();
        for (Token token : tokens(text, offset)) {
            switch (token.name()) {
                case "clear_actions", "write_actions", "write_metadata", "goto_table", "apply_actions" ->
                    throw INSTRUCTION
                            .under(token.name())
                            .at(
                                    token.position(),
                                    token.name(),
                                    token.name() + " is an instruction of a flow, not an action");
                case "meter" -> actions.add(new Action.Meter(meterId(token)));
                default -> action(token, actions);
            }
        }
        return actions;
    }

    private static List<Token> tokens(String text, int offset) throws FlowException {
        List<Token> tokens = Token.all(text, offset, TYPE);
        for (Token token : tokens) {
            if (token.name().equals("drop") && tokens.size() > 1) {
                throw ARGUMENT.under("drop")
                        .at(token.position(), "drop", "drop stands alone: leave it or the other actions out");
            }
        }
        return tokens;
    }

    private static String valueOrEmpty(Token token) {
        String value = token.value();
        return value == null ? "" : value;
    }

    private static void put(Instruction[] inOrder, int index, Instruction instruction, Token token)
            throws FlowException {
        if (inOrder[index] != null) {
            throw DUPLICATE
                    .under(token.name())
                    .at(token.position(), token.name(), "a flow has one " + token.name() + " at most");
        }
        inOrder[index] = instruction;
    }

    private static int meterId(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("meter");
        return FieldText.integer(
                token.required(place, "meter:1"), MeterMod.MAX_METER, "a meter", token.valuePosition(), place);
    }

    private static Instruction writeMetadata(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("write_metadata");
        String text = token.required(place, "write_metadata:0x1/0xff");
        int slash = text.indexOf('/');
        long value = FieldText.number(
                        slash < 0 ? text : text.substring(0, slash), 64, "metadata", token.valuePosition(), place)
                .low();
        long mask = slash < 0
                ? -1L
                : FieldText.number(text.substring(slash + 1), 64, "the mask", token.valuePosition() + slash + 1, place)
                        .low();
        return new Instruction.WriteMetadata(value & mask, mask);
    }

    private static Instruction gotoTable(Token token) throws FlowException {
        Token.Place place = TABLE.under("goto_table");
        return new Instruction.GotoTable(
                FieldText.integer(token.required(place, "goto_table:1"), 254, "a table", token.valuePosition(), place));
    }

    private void action(Token token, List<Action> actions) throws FlowException {
        switch (token.name()) {
            case "drop" -> {
                // No action at all.
            }
            case "output" -> actions.add(output(token));
            case "controller", "CONTROLLER" -> actions.add(controller(token));
            case "group" ->
                actions.add(new Action.GroupAction(FieldText.integer(
                        token.required(OUT_GROUP, "group:1"),
                        GroupMod.MAX_GROUP,
                        "a group",
                        token.valuePosition(),
                        OUT_GROUP)));
            case "set_queue" -> actions.add(new Action.SetQueue((int) number(token, 32)));
            case "resubmit" -> actions.add(resubmit(token));
            case "ct" -> actions.add(conntrack(token));
            case "learn" ->
                actions.add(new Action.Learn(LearnText.parse(values, valueOrEmpty(token), token.valuePosition())));
            case "fin_timeout" -> actions.add(finTimeout(token));
            case "clone" -> actions.add(cloneOf(token));
            case "push" -> actions.add(new Action.Push(stacked(token)));
            case "pop" -> actions.add(new Action.Pop(stacked(token)));
            case "delete_field" -> actions.add(deleteField(token));
            case "exit" -> actions.add(new Action.Exit());
            case "check_pkt_larger" -> actions.add(checkPacketLarger(token));
            case "pop_queue" -> actions.add(new Action.PopQueue());
            case "enqueue" -> enqueue(token, actions);
            case "multipath" -> actions.add(LinkText.multipath(token));
            case "bundle", "bundle_load" -> actions.add(LinkText.bundle(values, token));
            case "conjunction" -> actions.add(conjunction(token));
            case "note" -> actions.add(note(token));
            case "ct_clear" -> actions.add(new Action.ConntrackClear());
            case "push_vlan" -> {
                actions.add(new Action.PushVlan(etherType(token, 0x8100, 0x88a8)));
                hasTag = true;
            }
            case "pop_vlan", "strip_vlan" -> {
                actions.add(new Action.PopVlan());
                hasTag = false;
            }
            case "push_mpls" -> actions.add(new Action.PushMpls(etherType(token, 0x8847, 0x8848)));
            case "pop_mpls" -> actions.add(new Action.PopMpls((int) number(token, 16)));
            case "push_pbb" -> actions.add(new Action.PushPbb(etherType(token, 0x88e7, 0x88e7)));
            case "pop_pbb" -> actions.add(new Action.PopPbb());
            case "dec_ttl" -> actions.add(new Action.DecNwTtl());
            case "dec_nsh_ttl" -> actions.add(new Action.DecNshTtl());
            case "mod_nw_ttl", "set_nw_ttl" -> actions.add(new Action.SetNwTtl((int) number(token, 8)));
            case "dec_mpls_ttl" -> actions.add(new Action.DecMplsTtl());
            case "set_mpls_ttl" -> actions.add(new Action.SetMplsTtl((int) number(token, 8)));
            case "copy_ttl_in" -> actions.add(new Action.CopyTtlIn());
            case "copy_ttl_out" -> actions.add(new Action.CopyTtlOut());
            case "set_field" -> actions.add(FieldActionText.setField(values, token));
            case "load" -> actions.add(FieldActionText.load(token));
            case "move" -> actions.add(FieldActionText.move(token));
            default -> {
                if (!classic(token, actions)) {
                    actions.add(portAction(token));
                }
            }
        }
    }

    /** The field-writing actions of OpenFlow 1.0. */
    private boolean classic(Token token, List<Action> actions) throws FlowException {
        switch (token.name()) {
            case "mod_vlan_vid", "set_vlan_vid" -> {
                pushTagIfNeeded(actions);
                actions.add(new Action.SetField(MatchField.VLAN_VID, KeyLayout.VLAN_PRESENT | number(token, 12)));
            }
            case "mod_vlan_pcp", "set_vlan_pcp" -> {
                pushTagIfNeeded(actions);
                actions.add(new Action.SetField(MatchField.VLAN_PCP, number(token, 3)));
            }
            case "mod_dl_src" -> actions.add(plain(token, MatchField.ETH_SRC));
            case "mod_dl_dst" -> actions.add(plain(token, MatchField.ETH_DST));
            case "mod_nw_src" -> actions.add(plain(token, MatchField.NW_SRC));
            case "mod_nw_dst" -> actions.add(plain(token, MatchField.NW_DST));
            case "mod_nw_tos" -> actions.add(new Action.SetField(MatchField.IP_DSCP, number(token, 8) >>> 2));
            case "mod_nw_ecn" -> actions.add(plain(token, MatchField.NW_ECN));
            case "mod_tp_src" -> actions.add(plain(token, transport(token, true)));
            case "mod_tp_dst" -> actions.add(plain(token, transport(token, false)));
            case "set_mpls_label" -> actions.add(plain(token, MatchField.MPLS_LABEL));
            case "set_mpls_tc" -> actions.add(plain(token, MatchField.MPLS_TC));
            case "set_tunnel" -> actions.add(new Action.SetField(MatchField.TUN_ID, number(token, 32)));
            case "set_tunnel64" -> actions.add(plain(token, MatchField.TUN_ID));
            default -> {
                return false;
            }
        }
        return true;
    }

    private void pushTagIfNeeded(List<Action> actions) {
        if (!hasTag) {
            actions.add(new Action.PushVlan(0x8100));
            hasTag = true;
        }
    }

    private MatchField transport(Token token, boolean source) throws FlowException {
        return switch (protocol) {
            case 6 -> source ? MatchField.TCP_SRC : MatchField.TCP_DST;
            case 17 -> source ? MatchField.UDP_SRC : MatchField.UDP_DST;
            case 132 -> source ? MatchField.SCTP_SRC : MatchField.SCTP_DST;
            default ->
                throw new Token.Place(ErrorCode.BAD_ACTION_MATCH_INCONSISTENT, "actions." + token.name())
                        .at(token.position(), token.name(), token.name() + " needs a match on tcp, udp or sctp");
        };
    }

    private Action plain(Token token, MatchField field) throws FlowException {
        Token.Place place = SET_VALUE.under(token.name());
        String text = token.required(place, token.name() + ":VALUE");
        FieldText.Masked value = values.parse(field, text, token.valuePosition(), place);
        if (!value.mask().equals(field.allOnes())) {
            throw place.at(token.valuePosition(), text, token.name() + " writes the whole field: leave the mask out");
        }
        return new Action.SetField(field, value.value());
    }

    private static long number(Token token, int bits) throws FlowException {
        Token.Place place = ARGUMENT.under(token.name());
        String text = token.required(place, token.name() + ":1");
        return FieldText.number(text, bits, token.name(), token.valuePosition(), place)
                .low();
    }

    private static int etherType(Token token, int one, int other) throws FlowException {
        int type = (int) number(token, 16);
        if (type != one && type != other) {
            throw ARGUMENT.under(token.name())
                    .at(
                            token.valuePosition(),
                            valueOrEmpty(token),
                            "%s takes 0x%04x or 0x%04x".formatted(token.name(), one, other));
        }
        return type;
    }

    private Action output(Token token) throws FlowException {
        String text = token.required(OUT_PORT, "output:1");
        int bracket = text.indexOf('[');
        if (bracket > 0) {
            Subfield source = FieldActionText.subfield(text, token.valuePosition());
            return new Action.OutputField(source.field(), source.bit(), source.bits(), Action.WHOLE_PACKET);
        }
        int at = token.valuePosition();
        if (text.contains("=")) {
            return outputTruncated(text, at);
        }
        int colon = text.indexOf(':');
        int port = values.port(colon < 0 ? text : text.substring(0, colon), at, OUT_PORT);
        if (colon < 0) {
            return new Action.Output(port);
        }
        return new Action.Output(
                port, FieldText.integer(text.substring(colon + 1), 0xffff, "max_len", at + colon + 1, OUT_PORT));
    }

    private Action outputTruncated(String text, int at) throws FlowException {
        Integer port = null;
        int maxLength = 0;
        for (Token part : Token.all(text, at, OUT_PORT)) {
            String value = part.required(OUT_PORT, "output(port=1,max_len=100)");
            switch (part.name()) {
                case "port" -> port = values.port(value, part.valuePosition(), OUT_PORT);
                case "max_len" ->
                    maxLength = FieldText.integer(value, Integer.MAX_VALUE, "max_len", part.valuePosition(), OUT_PORT);
                default -> throw OUT_PORT.at(part.position(), part.name(), "output(...) takes port and max_len");
            }
        }
        if (port == null || maxLength < Action.OutputTruncated.MIN_LENGTH) {
            throw OUT_PORT.at(at, text, "write port and a max_len of 14 or more: output(port=1,max_len=100)");
        }
        return new Action.OutputTruncated(port, maxLength);
    }

    private Action controller(Token token) throws FlowException {
        String text = token.value();
        Token.Place place = ARGUMENT.under("controller");
        if (text == null) {
            return new Action.Output(Ports.CONTROLLER);
        }
        boolean isLength = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (isLength) {
            return new Action.Output(
                    Ports.CONTROLLER, FieldText.integer(text, 0xffff, "max_len", token.valuePosition(), place));
        }
        int maxLength = Action.WHOLE_PACKET;
        int reason = OFPR_ACTION;
        int id = 0;
        int meter = 0;
        String userdata = "";
        boolean isPaused = false;
        for (Token part : Token.all(text, token.valuePosition(), place)) {
            if (part.name().equals("pause")) {
                isPaused = true;
                continue;
            } else if (part.name().equals("userdata")) {
                userdata = userdata(valueOrEmpty(part), part.valuePosition(), place);
                continue;
            }
            String value = part.required(place, "controller(reason=action,max_len=128,id=0,userdata=01.02,pause)");
            switch (part.name()) {
                case "max_len" -> maxLength = FieldText.integer(value, 0xffff, "max_len", part.valuePosition(), place);
                case "id" -> id = FieldText.integer(value, 0xffff, "id", part.valuePosition(), place);
                case "reason" -> reason = reason(value, part.valuePosition(), place);
                case "meter_id" ->
                    meter = (int) FieldText.number(value, 32, "a meter", part.valuePosition(), place)
                            .low();
                default ->
                    throw place.at(
                            part.position(),
                            part.name(),
                            "controller(...) takes reason, max_len, id, userdata, pause and meter_id");
            }
        }
        boolean isPlain = reason == OFPR_ACTION && id == 0 && meter == 0 && userdata.isEmpty() && !isPaused;
        return isPlain
                ? new Action.Output(Ports.CONTROLLER, maxLength)
                : new Action.Controller(maxLength, reason, id, meter, userdata, isPaused);
    }

    private static String userdata(String text, int at, Token.Place place) throws FlowException {
        String octets = text.replace(".", "").toLowerCase(Locale.ROOT);
        if (!octets.matches("([0-9a-f]{2})*")) {
            throw place.at(at, text, "write octets in hexadecimal: userdata=01.02.ff");
        }
        return octets;
    }

    private static Action deleteField(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("delete_field");
        String name = token.required(place, "delete_field:tun_metadata0");
        MatchField field = FieldActionText.named(name, token.valuePosition());
        if (field.optionIndex() < 0) {
            throw place.at(token.valuePosition(), name, "only tun_metadata fields can be deleted");
        }
        return new Action.DeleteField(field);
    }

    private static int reason(String text, int at, Token.Place place) throws FlowException {
        for (int i = 0; i < ActionFormatter.REASONS.length; i++) {
            if (ActionFormatter.REASONS[i].equals(text)) {
                return i;
            }
        }
        throw place.at(at, text, "a reason is one of " + String.join(", ", ActionFormatter.REASONS));
    }

    private Action cloneOf(Token token) throws FlowException {
        if (depth == MAX_DEPTH) {
            throw ARGUMENT.under("clone")
                    .at(token.position(), "clone", "more than " + MAX_DEPTH + " clones are in each other");
        }
        depth++;
        try {
            return new Action.CloneActions(actions(valueOrEmpty(token), token.valuePosition()));
        } finally {
            depth--;
        }
    }

    private static Subfield stacked(Token token) throws FlowException {
        return FieldActionText.subfield(
                token.required(ARGUMENT.under(token.name()), token.name() + ":NXM_NX_REG0[]"), token.valuePosition());
    }

    private static Action checkPacketLarger(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("check_pkt_larger");
        String text = token.required(place, "check_pkt_larger(1500)->NXM_NX_REG0[0]");
        int at = token.valuePosition();
        int arrow = text.indexOf(")->");
        if (arrow < 0) {
            throw place.at(at, text, "no field for the answer: write check_pkt_larger(1500)->NXM_NX_REG0[0]");
        }
        int length = FieldText.integer(text.substring(0, arrow), 0xffff, "the length", at, place);
        return new Action.CheckPacketLarger(
                length, FieldActionText.subfield(text.substring(arrow + 3), at + arrow + 3));
    }

    /** An action of OpenFlow 1.0: a queue for one output. */
    private void enqueue(Token token, List<Action> actions) throws FlowException {
        Token.Place place = ARGUMENT.under("enqueue");
        String text = token.required(place, "enqueue:1:5");
        int at = token.valuePosition();
        int end = Math.max(text.lastIndexOf(':'), text.lastIndexOf(','));
        if (end < 0) {
            throw place.at(at, text, "write port and queue: enqueue:1:5");
        }
        int queue = (int) FieldText.number(text.substring(end + 1).trim(), 32, "a queue", at + end + 1, place)
                .low();
        actions.add(new Action.SetQueue(queue));
        actions.add(new Action.Output(values.port(text.substring(0, end).trim(), at, OUT_PORT)));
        actions.add(new Action.PopQueue());
    }

    private static Action conjunction(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("conjunction");
        String text = token.required(place, "conjunction(5,1/2)");
        int at = token.valuePosition();
        int comma = text.indexOf(',');
        int slash = text.indexOf('/');
        if (comma < 0 || slash < comma) {
            throw place.at(at, text, "write conjunction(ID,K/N), as conjunction(5,1/2)");
        }
        int id = (int) FieldText.number(text.substring(0, comma).trim(), 32, "the id", at, place)
                .low();
        int dimensions = FieldText.integer(text.substring(slash + 1).trim(), 64, "N", at + slash + 1, place);
        int dimension = FieldText.integer(text.substring(comma + 1, slash).trim(), 64, "K", at + comma + 1, place);
        if (dimensions < 2 || dimension < 1 || dimension > dimensions) {
            throw place.at(at + comma + 1, text, "N is 2 to 64 and K is 1 to N, as in conjunction(5,1/2)");
        }
        return new Action.Conjunction(id, dimension, dimensions);
    }

    private static Action note(Token token) throws FlowException {
        String octets = valueOrEmpty(token).replace(".", "").toLowerCase(Locale.ROOT);
        if (!octets.matches("([0-9a-f]{2})*")) {
            throw ARGUMENT.under("note")
                    .at(token.valuePosition(), valueOrEmpty(token), "write octets in hexadecimal: note:00.11.22");
        }
        return new Action.Note(octets);
    }

    private static Action finTimeout(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("fin_timeout");
        int idle = 0;
        int hard = 0;
        for (Token part : Token.all(valueOrEmpty(token), token.valuePosition(), place)) {
            String value = part.required(place, "fin_timeout(idle_timeout=10,hard_timeout=20)");
            int seconds = FieldText.integer(value, 0xffff, part.name(), part.valuePosition(), place);
            switch (part.name()) {
                case "idle_timeout" -> idle = seconds;
                case "hard_timeout" -> hard = seconds;
                default ->
                    throw place.at(
                            part.position(), part.name(), "fin_timeout(...) takes idle_timeout and hard_timeout");
            }
        }
        return new Action.FinTimeout(idle, hard);
    }

    private Action resubmit(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("resubmit");
        String text = token.required(place, "resubmit(,1)");
        int comma = text.indexOf(',');
        int second = comma < 0 ? -1 : text.indexOf(',', comma + 1);
        String port = (comma < 0 ? text : text.substring(0, comma)).trim();
        String table = comma < 0
                ? ""
                : text.substring(comma + 1, second < 0 ? text.length() : second).trim();
        boolean withConnection = second >= 0;
        if (withConnection && !text.substring(second + 1).trim().equals("ct")) {
            throw place.at(
                    token.valuePosition() + second + 1, text.substring(second + 1), "only ct may follow the table");
        }
        if (port.isEmpty() && table.isEmpty()) {
            throw place.at(token.position(), "resubmit", "say a port or a table: resubmit(,1)");
        }
        return new Action.Resubmit(
                port.isEmpty() ? Ports.IN_PORT : values.port(port, token.valuePosition(), place),
                table.isEmpty()
                        ? 255
                        : FieldText.integer(table, 254, "a table", token.valuePosition() + comma + 1, place),
                withConnection);
    }

    private Action conntrack(Token token) throws FlowException {
        Token.Place place = ARGUMENT.under("ct");
        boolean isCommit = false;
        boolean isForced = false;
        int zone = 0;
        Subfield zoneField = null;
        int table = Action.Conntrack.NO_TABLE;
        List<Action> exec = List.of();
        Alg alg = null;
        NatSpec nat = null;
        for (Token part : Token.all(valueOrEmpty(token), token.valuePosition(), place)) {
            switch (part.name()) {
                case "commit" -> isCommit = true;
                case "force" -> isForced = true;
                case "table" ->
                    table = FieldText.integer(
                            part.required(place, "table=1"), 254, "a table", part.valuePosition(), place);
                case "zone" -> {
                    String value = part.required(place, "zone=1");
                    if (value.indexOf('[') > 0) {
                        zoneField = FieldActionText.subfield(value, part.valuePosition());
                    } else {
                        zone = FieldText.integer(value, 0xffff, "a zone", part.valuePosition(), place);
                    }
                }
                case "exec" -> exec = actions(valueOrEmpty(part), part.valuePosition());
                case "nat" -> nat = NatText.parse(valueOrEmpty(part), part.valuePosition(), place);
                case "alg" -> {
                    alg = Alg.ofText(part.required(place, "alg=ftp"));
                    if (alg == null) {
                        throw place.at(part.valuePosition(), part.name(), "alg is ftp or tftp");
                    }
                }
                default ->
                    throw place.at(
                            part.position(),
                            part.name(),
                            "ct(...) takes commit, force, table, zone, alg, nat and exec");
            }
        }
        return new Action.Conntrack(isCommit, isForced, zone, zoneField, table, exec, alg, nat);
    }

    private Action portAction(Token token) throws FlowException {
        if (token.value() == null) {
            OptionalInt port = values.findPort(token.name());
            if (port.isPresent()) {
                return new Action.Output(port.getAsInt());
            }
        }
        String known = token.name().toLowerCase(Locale.ROOT);
        String what = switch (known) {
            case "encap", "decap" -> "this action is not supported by this switch";
            case "sample" -> "packets are not sampled by this switch: leave sample(...) out";
            default ->
                "no action and no port has this name; actions are written as in ovs-actions(7), for example"
                        + " set_field:10.0.0.1->ip_dst,output:2";
        };
        throw TYPE.under(token.name()).at(token.position(), token.name(), what);
    }
}
