package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.PortState;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.meter.MeterTable;
import io.heddle.proto.openflow.ActionType;
import io.heddle.proto.openflow.ControllerStatus;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.MultipartBody.FlowSelection;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.List;

/**
 * What clients are answered who ask for the state of a bridge.
 *
 * <p>Threading: the control loop, inside of a {@link io.heddle.datapath.bridge.BridgeControl#read}.
 */
final class Answers {
    private static final int ALL_GROUP_CAPABILITIES = 0xf;
    private static final int ALL_GROUP_TYPES = 0xf;
    private static final int METER_BAND_TYPES = 1 << 1 | 1 << 2;
    private static final int METER_CAPABILITIES = 0xf;

    private Answers() {}

    /** Answers a multipart request of a client of a version, but {@link MultipartBody.FlowMonitorRequest}, which {@link FlowMonitors} answers. */
    static Answer answer(BridgeReader reader, MultipartBody.Request body, OpenFlowVersion version)
            throws FlowException {
        return switch (body) {
            case MultipartBody.ExtendedRequest extended ->
                answer(reader, extended.body(), version).as(MultipartBody.ExtendedReply::new);
            case MultipartBody.FlowRequest request ->
                Answer.of(
                        reader.flows(selector(request.selection())),
                        flows -> new MultipartBody.FlowReply(
                                flows.stream().map(Replies::flow).toList()));
            case MultipartBody.FlowStatsRequest request ->
                Answer.of(
                        reader.flows(selector(request.selection())),
                        flows -> new MultipartBody.FlowStatsReply(
                                flows.stream().map(Replies::flow).toList()));
            default -> Answer.of(reply(reader, body, version));
        };
    }

    private static MultipartBody.Reply reply(BridgeReader reader, MultipartBody.Request body, OpenFlowVersion version)
            throws FlowException {
        return switch (body) {
            case MultipartBody.DescriptionRequest _ ->
                new MultipartBody.Description(
                        "Heddle",
                        "Java " + Runtime.version().feature(),
                        "Heddle",
                        "None",
                        reader.bridge().name());
            case MultipartBody.AggregateRequest request -> {
                BridgeReader.Aggregate sums = reader.aggregate(selector(request.selection()));
                yield new MultipartBody.Aggregate(sums.packets(), sums.octets(), sums.flows());
            }
            case MultipartBody.TableRequest _ ->
                new MultipartBody.TableReply(
                        reader.tables().stream().map(Replies::table).toList());
            case MultipartBody.PortStatsRequest request ->
                new MultipartBody.PortStatsReply(ports(reader, request.port()).stream()
                        .map(Replies::portStatistics)
                        .toList());
            case MultipartBody.QueueStatsRequest request ->
                new MultipartBody.QueueStatsReply(Queues.of(reader, request.port(), request.queueId()).stream()
                        .map(Queues::statistics)
                        .toList());
            case MultipartBody.GroupStatsRequest request ->
                new MultipartBody.GroupStatsReply(reader.groups().stream()
                        .filter(group ->
                                request.groupId() == GroupMod.ALL_GROUPS || group.groupId() == request.groupId())
                        .map(Replies::groupStatistics)
                        .toList());
            case MultipartBody.GroupDescRequest request ->
                new MultipartBody.GroupDescReply(reader.groups().stream()
                        .filter(group ->
                                request.groupId() == GroupMod.ALL_GROUPS || group.groupId() == request.groupId())
                        .map(Replies::group)
                        .toList());
            case MultipartBody.GroupFeaturesRequest _ -> groupFeatures(version);
            case MultipartBody.MeterStatsRequest request -> {
                requireMeter(reader, request.meterId());
                yield new MultipartBody.MeterStatsReply(reader.meters().stream()
                        .filter(meter -> isMeant(request.meterId(), meter.meterId()))
                        .map(Replies::meterStatistics)
                        .toList());
            }
            case MultipartBody.MeterConfigRequest request -> {
                requireMeter(reader, request.meterId());
                yield new MultipartBody.MeterConfigReply(reader.meters().stream()
                        .filter(meter -> isMeant(request.meterId(), meter.meterId()))
                        .map(Replies::meter)
                        .toList());
            }
            case MultipartBody.MeterFeaturesRequest _ ->
                new MultipartBody.MeterFeatures(
                        MeterTable.MAX_METERS, METER_BAND_TYPES, METER_CAPABILITIES, MeterTable.MAX_BANDS, 0);
            case MultipartBody.TableFeaturesRequest _ ->
                new MultipartBody.TableFeaturesReply(reader.tables().stream()
                        .map(table -> TableCapabilities.of(table, version))
                        .toList());
            case MultipartBody.PortDescRequest request ->
                new MultipartBody.PortDescReply(ports(reader, request.port()).stream()
                        .map(Replies::port)
                        .toList());
            case MultipartBody.TableDescRequest _ ->
                new MultipartBody.TableDescReply(
                        reader.tables().stream().map(Replies::tableDescription).toList());
            case MultipartBody.QueueDescRequest request ->
                new MultipartBody.QueueDescReply(Queues.of(reader, request.port(), request.queueId()).stream()
                        .map(Queues::description)
                        .toList());
            case MultipartBody.ControllerStatusRequest _ ->
                new MultipartBody.ControllerStatusReply(reader.bridge().controllers().stream()
                        .filter(each -> each.protocol().equals(ActiveConnection.PROTOCOL))
                        .map(each -> new ControllerStatus(
                                ActiveConnection.roleOf(each.role()),
                                ControllerStatus.REQUESTED,
                                each.connected(),
                                each.target()))
                        .toList());
            case MultipartBody.FlowMonitorRequest _,
                    MultipartBody.ExtendedRequest _,
                    MultipartBody.FlowRequest _,
                    MultipartBody.FlowStatsRequest _ -> throw new IllegalStateException("that is answered elsewhere");
            case MultipartBody.ExperimenterRequest _ ->
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_EXPERIMENTER, "", "no experimenter's multipart message is known");
        };
    }

    static OpenFlowMessage queues(BridgeReader reader, OpenFlowMessage.QueueGetConfigRequest request)
            throws FlowException {
        return new OpenFlowMessage.QueueGetConfigReply(
                request.port(),
                Queues.of(reader, request.port(), Queues.ALL).stream()
                        .map(Queues::description)
                        .toList());
    }

    private static void requirePort(BridgeReader reader, int port, ErrorCode error) throws FlowException {
        if (port != Ports.ANY && reader.ports().stream().noneMatch(each -> each.number() == port)) {
            throw new FlowException(error, "port", "the bridge has no port " + Integer.toUnsignedString(port));
        }
    }

    private static FlowSelector selector(FlowSelection selection) {
        return new FlowSelector(
                selection.tableId(),
                selection.match(),
                -1,
                selection.cookie(),
                selection.cookieMask(),
                selection.outPort(),
                selection.outGroup());
    }

    private static List<PortState> ports(BridgeReader reader, int port) throws FlowException {
        requirePort(reader, port, ErrorCode.BAD_REQUEST_BAD_PORT);
        return reader.ports().stream()
                .filter(each -> port == Ports.ANY || each.number() == port)
                .toList();
    }

    private static boolean isMeant(int wanted, int meter) {
        return wanted == MeterMod.ALL_METERS || wanted == meter;
    }

    private static void requireMeter(BridgeReader reader, int meter) throws FlowException {
        if (meter != MeterMod.ALL_METERS && reader.meters().stream().noneMatch(each -> each.meterId() == meter)) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_UNKNOWN_METER,
                    "meter_id",
                    "there is no meter " + Integer.toUnsignedString(meter));
        }
    }

    private static MultipartBody.Reply groupFeatures(OpenFlowVersion version) {
        int actions = 0;
        for (ActionType type : ActionType.values()) {
            int number = type.number(version);
            actions |= number >= 0 && number < 32 ? 1 << number : 0;
        }
        return new MultipartBody.GroupFeatures(
                ALL_GROUP_TYPES,
                ALL_GROUP_CAPABILITIES,
                List.of(GroupMod.MAX_GROUP, GroupMod.MAX_GROUP, GroupMod.MAX_GROUP, GroupMod.MAX_GROUP),
                List.of(actions, actions, actions, actions));
    }
}
