package io.heddle.flow.text;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Parses the flow syntax of {@code ovs-ofctl(8)}, {@code ovs-fields(7)} and {@code ovs-actions(7)}.
 *
 * <p>Every error is a {@link FlowException} whose message says at which character which piece is wrong and what would be right; its
 * path names the field ({@code match.nw_src}). Differences from {@code ovs-ofctl}: a field whose protocol is not matched is an error
 * there only when it is not silently dropped, and always one here; so are fields that contradict each other.
 *
 * <p>Thread safety: immutable.
 */
public final class FlowParser {
    private static final Token.Place FLOW = new Token.Place(ErrorCode.FLOW_MOD_FAILED_UNKNOWN, "flow");
    private static final Token.Place TABLE = new Token.Place(ErrorCode.FLOW_MOD_FAILED_BAD_TABLE_ID, "table_id");
    private static final Token.Place TIMEOUT = new Token.Place(ErrorCode.FLOW_MOD_FAILED_BAD_TIMEOUT, "timeouts");

    private final FieldText values;
    private final GroupMeterParser groupsAndMeters;

    public FlowParser(PortNames ports) {
        this.values = new FieldText(ports);
        this.groupsAndMeters = new GroupMeterParser(values);
    }

    /**
     * Parses a flow. {@code add} needs actions; deletes ignore them. Without {@code table=}, adds and modifies mean table 0 and deletes all
     * tables.
     *
     * @param text such as {@code table=1,priority=100,ip,nw_dst=10.0.0.0/24,actions=output:2}
     */
    public FlowMod flow(FlowMod.Command command, String text) throws FlowException {
        return new FlowTokens(command).parse(text);
    }

    /**
     * Parses a line of a flow file, which may begin with what to do with the flow.
     *
     * @param text such as {@code delete_strict table=1,priority=100,ip}; without a command it is an add
     */
    public FlowMod command(String text) throws FlowException {
        String trimmed = text.stripLeading();
        int end = 0;
        while (end < trimmed.length() && (Character.isLetter(trimmed.charAt(end)) || trimmed.charAt(end) == '_')) {
            end++;
        }
        String word = trimmed.substring(0, end);
        boolean isCommand = end < trimmed.length() && Character.isWhitespace(trimmed.charAt(end));
        String rest = trimmed.substring(end);
        return switch (isCommand || end == trimmed.length() ? word : "") {
            case "add" -> flow(FlowMod.Command.ADD, rest);
            case "modify" -> flow(FlowMod.Command.MODIFY, rest);
            case "modify_strict" -> flow(FlowMod.Command.MODIFY_STRICT, rest);
            case "delete" -> flow(FlowMod.Command.DELETE, rest);
            case "delete_strict" -> flow(FlowMod.Command.DELETE_STRICT, rest);
            default -> flow(FlowMod.Command.ADD, trimmed);
        };
    }

    /** Parses a match alone, such as {@code in_port=1,tcp,nw_src=10.0.0.0/8,tp_dst=80}; empty text matches everything. */
    public Match match(String text) throws FlowException {
        MatchParser match = new MatchParser(values);
        for (Token token : Token.all(text, 0, MatchParser.UNKNOWN)) {
            if (!match.accept(token)) {
                throw MatchParser.unknown(token);
            }
        }
        return match.build();
    }

    /**
     * Parses a packet's key, as {@code ofproto/trace} takes it and prints it on its {@code Flow:} line: keywords become types, fields that
     * are not named are zero, and masks are errors.
     */
    public FlowKey key(String text) throws FlowException {
        Match match = match(text);
        FlowKey key = match.key();
        FlowMask mask = match.mask();
        for (MatchField field : MatchField.values()) {
            boolean partly = !mask.get(field).isZero() && !FlowFormatter.isWhole(field, mask);
            if (partly && isNamed(field, text)) {
                throw new FlowException(
                        ErrorCode.BAD_MATCH_BAD_MASK,
                        "match." + field.fieldName(),
                        field.fieldName() + " has a mask, but a packet has one value: write " + field.fieldName()
                                + "=VALUE without '/'");
            }
        }
        if ((key.word(KeyLayout.W_VLAN) & (long) KeyLayout.VLAN_PRESENT << 32) != 0) {
            key.word(KeyLayout.W_VLAN, key.word(KeyLayout.W_VLAN) | 0x8100L << 48);
        }
        return key;
    }

    private static boolean isNamed(MatchField field, String text) {
        return text.contains(field.fieldName() + "=")
                || field.aliases().stream().anyMatch(alias -> text.contains(alias + "="));
    }

    /**
     * Parses a value of one field, such as {@code 10.0.0.0/8} for {@code nw_src}. Prerequisites are not looked at.
     *
     * @return a match on this field alone; {@link Match#ANY} for {@code *}
     */
    public Match field(MatchField field, String text) throws FlowException {
        Token.Place place = new Token.Place(ErrorCode.BAD_MATCH_BAD_VALUE, "match." + field.fieldName());
        FieldText.Masked parsed = values.parse(field, text, 0, place);
        return Match.builder().masked(field, parsed.value(), parsed.mask()).build();
    }

    /** Bits of {@code ct_state}: {@code new,rel}, names with commas, spaces or {@code |} between them. */
    public int ctState(String text) throws FlowException {
        return CtStateText.parse(text);
    }

    /** Parses actions without instructions, such as {@code set_field:10.0.0.1->ip_dst,output:2}; {@code drop} is none. */
    public List<Action> actions(String text) throws FlowException {
        return new ActionParser(values, Match.ANY).actions(text, 0);
    }

    /** Parses what a flow does, such as {@code meter:1,output:2,goto_table:3}. */
    public List<Instruction> instructions(String text) throws FlowException {
        return new ActionParser(values, Match.ANY).instructions(text, 0);
    }

    /** Parses a group, such as {@code group_id=1,type=select,bucket=weight:10,actions=output:1}. */
    public GroupMod group(GroupMod.Command command, String text) throws FlowException {
        return groupsAndMeters.group(command, text);
    }

    /** Parses a meter, such as {@code meter=1 kbps burst stats bands=type=drop rate=1000 burst_size=100}. */
    public MeterMod meter(MeterMod.Command command, String text) throws FlowException {
        return groupsAndMeters.meter(command, text);
    }

    /** One flow in the making. */
    private final class FlowTokens {
        private final FlowMod.Command command;
        private final MatchParser match = new MatchParser(values);
        private final Set<FlowMod.Flag> flags = EnumSet.noneOf(FlowMod.Flag.class);
        private int tableId = -1;
        private int priority = FlowMod.DEFAULT_PRIORITY;
        private long cookie;
        private long cookieMask;
        private int idleTimeout;
        private int hardTimeout;
        private int importance;
        private int outPort = Ports.ANY;
        private int outGroup = FlowMod.ANY_GROUP;

        FlowTokens(FlowMod.Command command) {
            this.command = command;
        }

        private boolean isDelete() {
            return command == FlowMod.Command.DELETE || command == FlowMod.Command.DELETE_STRICT;
        }

        FlowMod parse(String text) throws FlowException {
            int at = 0;
            String actionText = null;
            int actionAt = 0;
            while (actionText == null) {
                Token actions = actionKey(text, at);
                if (actions != null) {
                    actionText = text.substring(actions.valuePosition());
                    actionAt = actions.valuePosition();
                    break;
                }
                Token token = Token.next(text, at, 0, FLOW);
                if (token == null) {
                    break;
                }
                at = token.end();
                if (!attribute(token) && !ignored(token) && !match.accept(token)) {
                    throw MatchParser.unknown(token);
                }
            }
            if (actionText != null && command == FlowMod.Command.DELETE) {
                throw FLOW.under("actions")
                        .at(actionAt, text, "actions select no flows: out_port=2 selects those that output to port 2");
            }
            Match matched = match.build();
            List<Instruction> instructions = List.of();
            if (actionText != null && !isDelete()) {
                instructions = new ActionParser(values, matched).instructions(actionText, actionAt);
            } else if (actionText == null && !isDelete()) {
                throw FLOW.under("actions")
                        .at(
                                text.length(),
                                text,
                                "a flow needs actions: end it with ,actions=output:1 or ,actions=drop");
            }
            int table = tableId >= 0 ? tableId : isDelete() ? FlowMod.ALL_TABLES : 0;
            return new FlowMod(
                    command,
                    table,
                    matched,
                    priority,
                    cookie,
                    cookieMask,
                    idleTimeout,
                    hardTimeout,
                    importance,
                    flags,
                    outPort,
                    outGroup,
                    instructions);
        }

        /** The token {@code actions=} if it comes next; its value is everything after it. */
        private @org.jspecify.annotations.Nullable Token actionKey(String text, int from) {
            int at = from;
            while (at < text.length() && ", \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            for (String key : List.of("actions=", "action=")) {
                if (text.startsWith(key, at)) {
                    return new Token(key, null, at, at + key.length(), text.length());
                }
            }
            return null;
        }

        private boolean attribute(Token token) throws FlowException {
            int at = token.valuePosition();
            switch (token.name()) {
                case "table", "table_id" ->
                    tableId = FieldText.integer(token.required(TABLE, "table=0"), 255, "a table", at, TABLE);
                case "priority" -> priority = small(token, "priority=100");
                case "importance" -> importance = small(token, "importance=1");
                case "idle_timeout" ->
                    idleTimeout = FieldText.integer(
                            token.required(TIMEOUT, "idle_timeout=60"), 0xffff, "idle_timeout", at, TIMEOUT);
                case "hard_timeout" ->
                    hardTimeout = FieldText.integer(
                            token.required(TIMEOUT, "hard_timeout=60"), 0xffff, "hard_timeout", at, TIMEOUT);
                case "cookie" -> cookie(token);
                case "out_port" ->
                    outPort = values.port(
                            onlyDelete(token).required(FLOW.under("out_port"), "out_port=1"),
                            at,
                            FLOW.under("out_port"));
                case "out_group" ->
                    outGroup = FieldText.integer(
                            onlyDelete(token).required(FLOW.under("out_group"), "out_group=1"),
                            0xffffffff,
                            "a group",
                            at,
                            FLOW.under("out_group"));
                case "send_flow_rem" -> flags.add(FlowMod.Flag.SEND_FLOW_REM);
                case "check_overlap" -> flags.add(FlowMod.Flag.CHECK_OVERLAP);
                case "reset_counts" -> flags.add(FlowMod.Flag.RESET_COUNTS);
                case "no_packet_counts" -> flags.add(FlowMod.Flag.NO_PKT_COUNTS);
                case "no_byte_counts" -> flags.add(FlowMod.Flag.NO_BYT_COUNTS);
                default -> {
                    return false;
                }
            }
            return true;
        }

        /** What dump-flows prints and a flow file may therefore contain, but a flow does not have. */
        private boolean ignored(Token token) {
            return switch (token.name()) {
                case "duration", "n_packets", "n_bytes", "idle_age", "hard_age", "allow_hidden_fields" -> true;
                default -> false;
            };
        }

        private int small(Token token, String example) throws FlowException {
            Token.Place place = FLOW.under(token.name());
            return FieldText.integer(
                    token.required(place, example), 0xffff, token.name(), token.valuePosition(), place);
        }

        private Token onlyDelete(Token token) throws FlowException {
            if (!isDelete()) {
                throw FLOW.under(token.name())
                        .at(
                                token.position(),
                                token.name(),
                                token.name() + " chooses flows to delete; this is not a delete");
            }
            return token;
        }

        private void cookie(Token token) throws FlowException {
            Token.Place place = FLOW.under("cookie");
            String text = token.required(place, "cookie=0x1");
            int slash = text.indexOf('/');
            int at = token.valuePosition();
            cookie = FieldText.number(slash < 0 ? text : text.substring(0, slash), 64, "cookie", at, place)
                    .low();
            if (slash >= 0) {
                if (command == FlowMod.Command.ADD) {
                    throw place.at(
                            at,
                            text,
                            "a new flow has a cookie without a mask: write cookie=" + text.substring(0, slash));
                }
                cookieMask = FieldText.number(text.substring(slash + 1), 64, "cookie", at + slash + 1, place)
                        .low();
            } else if (isDelete()) {
                throw place.at(at, text, "say which bits of the cookie choose flows: cookie=" + text + "/-1 for all");
            }
        }
    }
}
