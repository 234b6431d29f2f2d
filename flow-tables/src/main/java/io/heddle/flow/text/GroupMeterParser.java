package io.heddle.flow.text;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.group.GroupMod.GroupType;
import io.heddle.flow.match.Match;
import io.heddle.flow.meter.MeterMod;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses groups and meters as {@code ovs-ofctl add-group} and {@code add-meter} take them. */
final class GroupMeterParser {
    private static final Token.Place GROUP = new Token.Place(ErrorCode.GROUP_MOD_FAILED_INVALID_GROUP, "group");
    private static final Token.Place GROUP_TYPE = new Token.Place(ErrorCode.GROUP_MOD_FAILED_BAD_TYPE, "group.type");
    private static final Token.Place BUCKET = new Token.Place(ErrorCode.GROUP_MOD_FAILED_BAD_BUCKET, "group.buckets");
    private static final Token.Place METER = new Token.Place(ErrorCode.METER_MOD_FAILED_INVALID_METER, "meter");
    private static final Token.Place METER_FLAGS = new Token.Place(ErrorCode.METER_MOD_FAILED_BAD_FLAGS, "meter.flags");
    private static final Token.Place BAND = new Token.Place(ErrorCode.METER_MOD_FAILED_BAD_BAND, "meter.bands");

    private static final int ANY_GROUP = 0xffffffff;

    private final FieldText values;

    GroupMeterParser(FieldText values) {
        this.values = values;
    }

    GroupMod group(GroupMod.Command command, String text) throws FlowException {
        List<Integer> starts = starts(text, "bucket=");
        String head = text.substring(0, starts.isEmpty() ? text.length() : starts.getFirst());
        Integer id = null;
        GroupType type = null;
        int commandBucket = GroupMod.ALL_BUCKETS;
        SelectionParser selection = new SelectionParser(values);
        for (Token token : Token.all(head, 0, GROUP)) {
            switch (token.name()) {
                case "group_id" -> id = groupId(command, token);
                case "command_bucket_id" -> commandBucket = commandBucket(token);
                case "selection_method", "selection_method_param", "fields" -> selection.take(token);
                case "type" -> type = groupType(token.required(GROUP_TYPE, "type=all"), token.valuePosition());
                default ->
                    throw GROUP.under(token.name())
                            .at(
                                    token.position(),
                                    token.name(),
                                    "a group has group_id, type and bucket: group_id=1,type=all,bucket=...");
            }
        }
        boolean isDelete = command == GroupMod.Command.DELETE;
        boolean needsType = !isDelete && !command.isOfBuckets();
        if (id == null && !isDelete) {
            throw GROUP.at(0, text, "a group needs a number: group_id=1,...");
        }
        if (type == null && needsType) {
            throw GROUP_TYPE.at(text.length(), text, "a group needs a type: type=all, select, indirect or ff");
        }
        GroupType known = type == null ? GroupType.ALL : type;
        List<BucketSpec> buckets = new ArrayList<>();
        for (int i = 0; i < starts.size(); i++) {
            int from = starts.get(i) + "bucket=".length();
            int to = i + 1 < starts.size() ? starts.get(i + 1) : text.length();
            buckets.add(bucket(text.substring(from, to), from, known));
        }
        return new GroupMod(
                command,
                known,
                id == null ? GroupMod.ALL_GROUPS : id,
                command.isOfBuckets() ? buckets : GroupMod.withoutPlaces(buckets),
                selection.selection(),
                commandBucket);
    }

    /** Where {@code key} begins a word, outside parentheses. */
    private static List<Integer> starts(String text, String key) {
        List<Integer> starts = new ArrayList<>();
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0 && text.startsWith(key, i) && (i == 0 || ", \t\r\n".indexOf(text.charAt(i - 1)) >= 0)) {
                starts.add(i);
            }
        }
        return starts;
    }

    private static int groupId(GroupMod.Command command, Token token) throws FlowException {
        String text = token.required(GROUP, "group_id=1");
        if (command == GroupMod.Command.DELETE && text.equals("all")) {
            return GroupMod.ALL_GROUPS;
        }
        return FieldText.integer(text, GroupMod.MAX_GROUP, "a group", token.valuePosition(), GROUP);
    }

    private static int commandBucket(Token token) throws FlowException {
        String text = token.required(BUCKET, "command_bucket_id=last");
        return switch (text) {
            case "first" -> GroupMod.FIRST_BUCKET;
            case "last" -> GroupMod.LAST_BUCKET;
            case "all" -> GroupMod.ALL_BUCKETS;
            default -> FieldText.integer(text, GroupMod.MAX_BUCKET, "a bucket", token.valuePosition(), BUCKET);
        };
    }

    private static GroupType groupType(String text, int at) throws FlowException {
        return switch (text) {
            case "all" -> GroupType.ALL;
            case "select" -> GroupType.SELECT;
            case "indirect" -> GroupType.INDIRECT;
            case "ff", "fast_failover" -> GroupType.FAST_FAILOVER;
            default -> throw GROUP_TYPE.at(at, text, "a group's type is all, select, indirect or ff");
        };
    }

    private BucketSpec bucket(String text, int offset, GroupType type) throws FlowException {
        int number = BucketSpec.UNNUMBERED;
        int weight = type == GroupType.SELECT ? 1 : 0;
        int watchPort = Ports.ANY;
        int watchGroup = ANY_GROUP;
        StringBuilder actions = new StringBuilder(text);
        int at = 0;
        while (true) {
            int from = skipSeparators(text, at);
            Token token = actionsKey(text, from) != null ? null : Token.next(text, from, offset, BUCKET);
            if (token == null) {
                break;
            }
            String value = token.value();
            switch (token.name()) {
                case "weight" ->
                    weight = FieldText.integer(
                            token.required(BUCKET, "weight:10"), 0xffff, "a weight", token.valuePosition(), BUCKET);
                case "watch_port" ->
                    watchPort = values.port(token.required(BUCKET, "watch_port:1"), token.valuePosition(), BUCKET);
                case "watch_group" ->
                    watchGroup = FieldText.integer(
                            token.required(BUCKET, "watch_group:1"), -1, "a group", token.valuePosition(), BUCKET);
                case "bucket_id" ->
                    number = FieldText.integer(
                            token.required(BUCKET, "bucket_id:1"),
                            GroupMod.MAX_BUCKET,
                            "a bucket",
                            token.valuePosition(),
                            BUCKET);
                case "actions", "action" ->
                    throw BUCKET.at(
                            token.position(), token.name(), "write actions=" + (value == null ? "output:1" : value));
                default -> {
                    // Anything else begins the actions, as in bucket=output:1.
                    return new BucketSpec(
                            number,
                            weight,
                            watchPort,
                            watchGroup,
                            new ActionParser(values, Match.ANY).actions(text.substring(from), offset + from));
                }
            }
            at = token.end() - offset;
            actions.setLength(0);
        }
        int from = skipSeparators(text, at);
        String key = actionsKey(text, from);
        if (key == null) {
            throw BUCKET.at(offset, text, "a bucket needs actions: bucket=weight:1,actions=output:1");
        }
        int start = from + key.length();
        return new BucketSpec(
                number,
                weight,
                watchPort,
                watchGroup,
                new ActionParser(values, Match.ANY).actions(text.substring(start), offset + start));
    }

    private static int skipSeparators(String text, int from) {
        int at = from;
        while (at < text.length() && ", \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    private static @Nullable String actionsKey(String text, int from) {
        for (String key : List.of("actions=", "actions:", "action=")) {
            if (text.startsWith(key, from)) {
                return key;
            }
        }
        return null;
    }

    MeterMod meter(MeterMod.Command command, String text) throws FlowException {
        List<Integer> starts = starts(text, "bands=");
        List<Integer> alternative = starts.isEmpty() ? starts(text, "band=") : starts;
        int split = alternative.isEmpty() ? text.length() : alternative.getFirst();
        Integer id = null;
        Set<MeterMod.Flag> flags = EnumSet.noneOf(MeterMod.Flag.class);
        for (Token token : Token.all(text.substring(0, split), 0, METER)) {
            switch (token.name()) {
                case "meter", "meter_id" -> id = meterId(command, token);
                case "kbps" -> flags.add(MeterMod.Flag.KBPS);
                case "pktps" -> flags.add(MeterMod.Flag.PKTPS);
                case "burst" -> flags.add(MeterMod.Flag.BURST);
                case "stats" -> flags.add(MeterMod.Flag.STATS);
                default ->
                    throw METER.under(token.name())
                            .at(
                                    token.position(),
                                    token.name(),
                                    "a meter has meter, kbps or pktps, burst, stats and bands: meter=1 kbps bands=type=drop rate=1000");
            }
        }
        if (id == null) {
            throw METER.at(0, text, "a meter needs a number: meter=1 ...");
        }
        if (command == MeterMod.Command.DELETE) {
            return new MeterMod(command, id, flags, List.of());
        }
        if (flags.contains(MeterMod.Flag.KBPS) && flags.contains(MeterMod.Flag.PKTPS)) {
            throw METER_FLAGS.at(0, text, "a meter counts kilobits or packets: leave kbps or pktps out");
        }
        if (!flags.contains(MeterMod.Flag.PKTPS)) {
            flags.add(MeterMod.Flag.KBPS);
        }
        if (split == text.length()) {
            throw BAND.at(text.length(), text, "a meter needs bands: bands=type=drop rate=1000");
        }
        int from = text.indexOf('=', split) + 1;
        return new MeterMod(command, id, flags, bands(text.substring(from), from));
    }

    private static int meterId(MeterMod.Command command, Token token) throws FlowException {
        String text = token.required(METER, "meter=1");
        if (command == MeterMod.Command.DELETE && text.equals("all")) {
            return MeterMod.ALL_METERS;
        }
        if (text.equals("controller")) {
            return MeterMod.CONTROLLER;
        } else if (text.equals("slowpath")) {
            return MeterMod.SLOW_PATH;
        }
        int id = FieldText.integer(text, MeterMod.MAX_METER, "a meter", token.valuePosition(), METER);
        if (id == 0) {
            throw METER.at(token.valuePosition(), text, "meters are numbered from 1");
        }
        return id;
    }

    private static List<MeterMod.Band> bands(String text, int offset) throws FlowException {
        List<MeterMod.Band> bands = new ArrayList<>();
        String type = null;
        long rate = -1;
        long burst = 0;
        int precedence = 0;
        for (Token token : Token.all(text, offset, BAND)) {
            String value = token.required(BAND, token.name() + "=1");
            switch (token.name()) {
                case "type" -> {
                    if (type != null) {
                        bands.add(band(type, rate, burst, precedence, token.position(), text));
                    }
                    type = value;
                    rate = -1;
                    burst = 0;
                    precedence = 0;
                }
                case "rate" ->
                    rate = FieldText.number(value, 32, "a rate", token.valuePosition(), BAND)
                            .low();
                case "burst_size" ->
                    burst = FieldText.number(value, 32, "a burst size", token.valuePosition(), BAND)
                            .low();
                case "prec_level" ->
                    precedence = FieldText.integer(value, 255, "a precedence level", token.valuePosition(), BAND);
                default ->
                    throw BAND.at(token.position(), token.name(), "a band has type, rate, burst_size and prec_level");
            }
        }
        if (type == null) {
            throw BAND.at(offset, text, "a band begins with its type: type=drop rate=1000");
        }
        bands.add(band(type, rate, burst, precedence, offset + text.length(), text));
        return bands;
    }

    private static MeterMod.Band band(String type, long rate, long burst, int precedence, int at, String text)
            throws FlowException {
        if (rate < 0) {
            throw BAND.at(at, text, "a band needs a rate: type=" + type + " rate=1000");
        }
        return switch (type) {
            case "drop" -> new MeterMod.Band.Drop(rate, burst);
            case "dscp_remark" -> new MeterMod.Band.DscpRemark(rate, burst, precedence);
            default -> throw BAND.at(at, type, "a band's type is drop or dscp_remark");
        };
    }
}
