package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.ActionType;
import io.heddle.proto.openflow.MultipartBody.FieldId;
import io.heddle.proto.openflow.MultipartBody.TableDescription;
import io.heddle.proto.openflow.MultipartBody.TableFeatures;
import io.heddle.proto.openflow.MultipartBody.TableProperty;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.ArrayList;
import java.util.List;

/** What every table can do: all that there is, and to go to the tables after it. */
final class TableCapabilities {
    private static final int INSTRUCTIONS = 0;
    private static final int NEXT_TABLES = 2;
    private static final int WRITE_ACTIONS = 4;
    private static final int APPLY_ACTIONS = 6;
    private static final int MATCH = 8;
    private static final int WILDCARDS = 10;
    private static final int WRITE_SETFIELD = 12;
    private static final int APPLY_SETFIELD = 14;

    /** What a table can be told to do when it fills up. */
    private static final int EVICTION_AND_VACANCY_EVENTS = TableDescription.EVICTION | TableDescription.VACANCY_EVENTS;

    private static final int GOTO_TABLE = 1;

    /** An action since OpenFlow 1.5. */
    private static final int METER = 6;

    private static final List<Integer> ALL_INSTRUCTIONS = List.of(GOTO_TABLE, 2, 3, 4, 5, METER);

    private static final List<FieldId> FIELDS = fields(false, false);
    private static final List<FieldId> MATCHES = fields(false, true);
    private static final List<FieldId> WRITABLE = fields(true, false);

    private TableCapabilities() {}

    static TableFeatures of(BridgeReader.TableState table, OpenFlowVersion version) {
        List<Integer> actions = actions(version);
        boolean isLast = table.tableId() == FlowMod.MAX_TABLE;
        List<Integer> next = new ArrayList<>();
        for (int i = table.tableId() + 1; i <= FlowMod.MAX_TABLE; i++) {
            next.add(i);
        }
        List<Integer> instructions = ALL_INSTRUCTIONS.stream()
                .filter(type -> !(isLast && type == GOTO_TABLE))
                .filter(type -> !(version.isAtLeast(OpenFlowVersion.OPENFLOW_15) && type == METER))
                .toList();
        return new TableFeatures(
                table.tableId(),
                "", // as with Open vSwitch: a name would take the number's place in what ovs-ofctl prints
                -1L,
                -1L,
                version.isAtLeast(OpenFlowVersion.OPENFLOW_14) ? EVICTION_AND_VACANCY_EVENTS : 0,
                table.maxEntries(),
                List.of(
                        new TableProperty(INSTRUCTIONS, instructions, List.of()),
                        new TableProperty(NEXT_TABLES, next, List.of()),
                        new TableProperty(WRITE_ACTIONS, actions, List.of()),
                        new TableProperty(APPLY_ACTIONS, actions, List.of()),
                        new TableProperty(MATCH, List.of(), MATCHES),
                        new TableProperty(WILDCARDS, List.of(), FIELDS),
                        new TableProperty(WRITE_SETFIELD, List.of(), WRITABLE),
                        new TableProperty(APPLY_SETFIELD, List.of(), WRITABLE)));
    }

    private static List<Integer> actions(OpenFlowVersion version) {
        List<Integer> actions = new ArrayList<>();
        for (ActionType type : ActionType.values()) {
            int number = type.number(version);
            if (type != ActionType.EXPERIMENTER && number >= 0) {
                actions.add(number);
            }
        }
        return List.copyOf(actions);
    }

    private static List<FieldId> fields(boolean onlyWritable, boolean withMasks) {
        List<FieldId> fields = new ArrayList<>();
        for (MatchField field : MatchField.values()) {
            OxmId id = field.ids().getFirst();
            if (onlyWritable && !field.isWritable() || id.oxmClass() == OxmId.PACKET_REGS) {
                continue;
            }
            int octets = OpenFlowCodec.fieldOctets(field);
            boolean masked = withMasks && field.isMaskable();
            fields.add(new FieldId(id, masked, masked ? 2 * octets : octets));
        }
        return List.copyOf(fields);
    }
}
