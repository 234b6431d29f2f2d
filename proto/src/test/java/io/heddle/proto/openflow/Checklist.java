package io.heddle.proto.openflow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What there is of OpenFlow, as the table of {@code docs/openflow-checklist.md}.
 *
 * <p>Fields, actions and messages are those that the code describes, and what a version takes is found by giving it to that version's
 * codec. {@code checklist.txt} adds what no code can say: the names of experimenters' numbers, which semantics there are, and which test
 * shows that a row is so.
 */
final class Checklist {
    static final String YES = "yes";
    static final String NO = "no";

    private static final int EXPERIMENTER_MESSAGE = 4;
    private static final int EXPERIMENTER_ACTION = 0xffff;
    private static final Set<ErrorCode> UNKNOWN = Set.of(
            ErrorCode.BAD_ACTION_BAD_TYPE,
            ErrorCode.BAD_ACTION_BAD_EXP_TYPE,
            ErrorCode.BAD_INSTRUCTION_UNKNOWN_INST,
            ErrorCode.BAD_REQUEST_BAD_TYPE,
            ErrorCode.BAD_REQUEST_BAD_MULTIPART);

    /**
     * A row of {@code checklist.txt}.
     *
     * @param key what the code calls it, or its number
     * @param name as people write it; the key where the row has none
     * @param status of a semantic: yes, no, or how it differs
     * @param tests simple names of test classes
     */
    record Row(String kind, String key, String name, String status, List<String> tests) {
        static Row of(String line) {
            List<String> cells =
                    Stream.of(line.split("\\|", -1)).map(String::strip).toList();
            String kind = cells.get(0);
            List<String> tests = Stream.of(cells.getLast().split(","))
                    .map(String::strip)
                    .filter(test -> !test.isEmpty())
                    .toList();
            return switch (kind) {
                case "semantic" -> new Row(kind, cells.get(1), cells.get(1), cells.get(2), tests);
                default -> new Row(kind, cells.get(1), cells.size() > 3 ? cells.get(2) : cells.get(1), "", tests);
            };
        }
    }

    private final List<Row> rows;

    private Checklist(List<Row> rows) {
        this.rows = rows;
    }

    static Checklist read() throws IOException {
        try (InputStream in = Checklist.class.getResourceAsStream("checklist.txt")) {
            return new Checklist(new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Row::of)
                    .toList());
        }
    }

    List<Row> rows(String kind) {
        return rows.stream().filter(row -> row.kind().equals(kind)).toList();
    }

    List<Row> rows() {
        return rows;
    }

    /** Names of what the code describes: one for all fields of Geneve options. */
    static List<String> names(String kind) {
        return switch (kind) {
            case "field" ->
                Stream.of(MatchField.values())
                        .filter(field -> field.optionIndex() <= 0)
                        .map(MatchField::fieldName)
                        .toList();
            case "action" -> Stream.of(ActionType.values()).map(Checklist::word).toList();
            case "message" ->
                Stream.of(MessageType.values()).map(Checklist::word).toList();
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** The numbers of a kind that some version's codec knows. */
    static List<Integer> numbers(String kind) {
        return IntStream.range(0, 2500)
                .filter(number -> Stream.of(OpenFlowVersion.values()).anyMatch(version -> knows(kind, version, number)))
                .boxed()
                .toList();
    }

    /** Says whether a version's codec knows the number of that kind. */
    static boolean knows(String kind, OpenFlowVersion version, int number) {
        return switch (kind) {
            case "instruction" ->
                version != OpenFlowVersion.OPENFLOW_10
                        && isKnown(octets(number, 8, 0), in -> new ActionCodec(version).instructions(in));
            case "nicira-action" ->
                isKnown(
                        octets(EXPERIMENTER_ACTION, 16, OxmId.NICIRA).setShort(8, number),
                        in -> new ActionCodec(version).actions(in, "actions"));
            case "multipart" ->
                version == OpenFlowVersion.OPENFLOW_10
                        ? isKnown(
                                message(version, MessageType.MULTIPART_REQUEST, 4)
                                        .setShort(8, number),
                                version)
                        : isKnown(
                                message(version, MessageType.MULTIPART_REQUEST, 8)
                                        .setShort(8, number),
                                version);
            case "nicira-message" -> isKnown(experimenter(version, OxmId.NICIRA, number), version);
            case "onf-message" -> isKnown(experimenter(version, OxmId.ONF, number), version);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static ByteBuf octets(int type, int length, int experimenter) {
        return Unpooled.buffer()
                .writeShort(type)
                .writeShort(length)
                .writeInt(experimenter)
                .writeZero(length - 8);
    }

    private static ByteBuf experimenter(OpenFlowVersion version, int experimenter, int type) {
        return message(version, MessageType.EXPERIMENTER, 8)
                .setInt(8, experimenter)
                .setInt(12, type);
    }

    private static ByteBuf message(OpenFlowVersion version, MessageType type, int bodyOctets) {
        int number = type == MessageType.EXPERIMENTER ? EXPERIMENTER_MESSAGE : type.number(version);
        return Unpooled.buffer()
                .writeByte(version.wire())
                .writeByte(number)
                .writeShort(OpenFlowCodec.HEADER_OCTETS + bodyOctets)
                .writeInt(1)
                .writeZero(bodyOctets);
    }

    private static boolean isKnown(ByteBuf message, OpenFlowVersion version) {
        return isKnown(message, in -> OpenFlowCodec.of(version).decode(message).message());
    }

    /** Decodes octets. */
    private interface Decoding {
        Object decode(Reader in) throws FlowException;
    }

    private static boolean isKnown(ByteBuf octets, Decoding decoding) {
        try {
            return !(decoding.decode(Reader.of(octets)) instanceof OpenFlowMessage.Experimenter);
        } catch (FlowException e) {
            return !UNKNOWN.contains(e.error().code());
        }
    }

    /** The document. */
    String render() {
        StringBuilder out = new StringBuilder("""
                # OpenFlow: the checklist

                Written by `ChecklistTest` from the code, which fails when this file is not what the code says; do not edit. A number stands where a
                version's codec takes the message, action or instruction, a dash where the version has none or it is refused with OpenFlow's error.

                """);
        fields(out);
        table(out, "Instructions", "instruction", "number");
        types(out, "Actions", "action", Stream.of(ActionType.values()), Checklist::word, ActionType::number);
        table(out, "Open vSwitch's actions", "nicira-action", "subtype");
        types(out, "Messages", "message", Stream.of(MessageType.values()), Checklist::word, MessageType::number);
        table(out, "Multipart messages", "multipart", "number");
        table(out, "Open vSwitch's messages", "nicira-message", "subtype");
        table(out, "Messages of ONF's extensions", "onf-message", "subtype");
        out.append("## Semantics\n| what | status | shown by |\n|---|---|---|\n");
        for (Row row : rows("semantic")) {
            out.append("| %s | %s | %s |\n".formatted(row.name(), row.status(), tests(row)));
        }
        return out.toString();
    }

    private void fields(StringBuilder out) {
        out.append("""
                ## Match fields
                | field | bits | mask | needs | actions may | OXM and NXM | shown by |
                |---|--:|---|---|---|---|---|
                """);
        for (Row row : rows("field")) {
            MatchField field = MatchField.byName(row.key()).orElseThrow();
            List<String> names = new ArrayList<>(List.of("`" + field.fieldName() + "`"));
            field.aliases().forEach(alias -> names.add("`" + alias + "`"));
            if (field.optionIndex() == 0) {
                names.add("to `tun_metadata63`");
            }
            out.append("| %s | %d | %s | %s | %s | %s | %s |\n"
                    .formatted(
                            String.join(" ", names),
                            field.bits(),
                            field.isMaskable() ? "any bits" : "-",
                            field.prerequisite().name().toLowerCase(Locale.ROOT).replace("none", "-"),
                            field.isWritable() ? "write it" : field.isSettable() ? "set it" : "read it",
                            field.ids().stream().map(Checklist::id).collect(joining(", ")),
                            tests(row)));
        }
        out.append('\n');
    }

    private static String id(OxmId id) {
        return switch (id.oxmClass()) {
            case OxmId.NXM_0 -> "NXM0 " + id.field();
            case OxmId.NXM_1 -> "NXM1 " + id.field();
            case OxmId.OPENFLOW_BASIC -> "OXM " + id.field();
            case OxmId.PACKET_REGS -> "packet register " + id.field();
            default -> "experimenter 0x%x %d".formatted(id.experimenter(), id.field());
        };
    }

    private interface Numbering<T> {
        int number(T type, OpenFlowVersion version);
    }

    private <T> void types(
            StringBuilder out,
            String title,
            String kind,
            Stream<T> types,
            Function<T, String> name,
            Numbering<T> numbering) {
        head(out, title, "");
        types.forEach(type -> row(
                out,
                row(kind, name.apply(type)).orElseThrow(),
                "",
                version -> Math.max(-1, numbering.number(type, version))));
        out.append('\n');
    }

    private void table(StringBuilder out, String title, String kind, String number) {
        head(out, title, " " + number + " |");
        for (Row row : rows(kind)) {
            int value = Integer.decode(row.key());
            row(out, row, " " + row.key() + " |", version -> knows(kind, version, value) ? value : -1);
        }
        out.append('\n');
    }

    private static void head(StringBuilder out, String title, String number) {
        out.append("## ").append(title).append("\n| name |").append(number);
        Stream.of(OpenFlowVersion.values())
                .forEach(version -> out.append(' ').append(number(version)).append(" |"));
        out.append(" shown by |\n|---|")
                .append(number.isEmpty() ? "" : "--:|")
                .append("--:|".repeat(OpenFlowVersion.values().length))
                .append("---|\n");
    }

    private static String number(OpenFlowVersion version) {
        return version.protocolName().replaceFirst("^OpenFlow ?", "").replaceFirst("^1(\\d)$", "1.$1");
    }

    private static void row(StringBuilder out, Row row, String number, Function<OpenFlowVersion, Integer> cell) {
        out.append("| `").append(row.name()).append("` |").append(number);
        for (OpenFlowVersion version : OpenFlowVersion.values()) {
            int value = cell.apply(version);
            out.append(value < 0 ? " - |" : number.isEmpty() ? " " + value + " |" : " yes |");
        }
        out.append(' ').append(tests(row)).append(" |\n");
    }

    private static String tests(Row row) {
        return row.tests().isEmpty() ? "-" : String.join(", ", row.tests());
    }

    private Optional<Row> row(String kind, String key) {
        return rows(kind).stream().filter(row -> row.key().equals(key)).findFirst();
    }

    /** Says whether some version takes what the row is about. */
    static boolean isThere(Row row) {
        return switch (row.kind()) {
            case "field", "action", "message" -> true;
            case "semantic" -> !row.status().equals(NO);
            default ->
                Arrays.stream(OpenFlowVersion.values())
                        .anyMatch(version -> knows(row.kind(), version, Integer.decode(row.key())));
        };
    }
}
