package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.GroupState;
import io.heddle.datapath.bridge.MeterState;
import io.heddle.datapath.bridge.PortState;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TablePolicy;
import io.heddle.proto.openflow.ContinuationCodec;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** A bridge's state and events as OpenFlow says them. */
final class Replies {
    private static final int LINK_DOWN = 1;
    private static final int BLOCKED = 2;
    private static final int LIVE = 4;

    /** What fits into a message beside everything else. */
    private static final int LONGEST_FRAME = 0xffff - 1024;

    /** {@code OFPTMPEF_*}: other, importance and lifetime. */
    private static final int EVICTS_BY = 7;

    private static final int REASON_ACTION = 1;
    private static final int LAST_REASON_OF_13 = 2;
    private static final int REMOVED_BY_DELETE = 2;
    private static final int LAST_REMOVAL_OF_13 = 3;
    private static final int LAST_REMOVAL_OF_14 = 5;

    /** {@code NXPIF_*}: how packets are told. */
    static final int NXPIF_NXT_PACKET_IN2 = 2;

    private Replies() {}

    /** To the millisecond: what is finer only fills the screen. */
    static Duration duration(long nanoseconds) {
        return Duration.ofNanos(nanoseconds - nanoseconds % 1_000_000);
    }

    static PortDescription port(PortState port) {
        int features = features(port.speedKbps());
        return new PortDescription(
                port.number(),
                port.macAddress(),
                port.name(),
                port.config(),
                state(port),
                features,
                0,
                0,
                0,
                (int) Math.min(port.speedKbps(), 0xffffffffL),
                0);
    }

    /** {@code OFPPS_*} of all versions: those of OpenFlow 1.0 for the spanning tree are bits that no other version uses. */
    private static int state(PortState port) {
        int up = port.layer2().isDisabledInBond() ? 0 : LIVE;
        int link = port.linkUp() && !port.isDown() ? up : LINK_DOWN;
        return switch (port.layer2().spanning()) {
            case OFF -> link;
            case LISTENING -> link & ~LIVE | BLOCKED;
            case LEARNING -> link & ~LIVE | BLOCKED | 1 << 8;
            case FORWARDING -> link | 2 << 8;
            case BLOCKING -> link & ~LIVE | BLOCKED | 3 << 8;
        };
    }

    /** {@code OFPPF_*}: full duplex at the speeds that have a bit. */
    private static int features(long speedKbps) {
        int copper = 1 << 11;
        if (speedKbps == 10_000) {
            return 1 << 1 | copper;
        } else if (speedKbps == 100_000) {
            return 1 << 3 | copper;
        } else if (speedKbps == 1_000_000) {
            return 1 << 5 | copper;
        } else if (speedKbps == 10_000_000) {
            return 1 << 6 | copper;
        } else if (speedKbps == 40_000_000) {
            return 1 << 7;
        } else if (speedKbps == 100_000_000) {
            return 1 << 8;
        }
        return 0;
    }

    static MultipartBody.PortEntry portStatistics(PortState port) {
        PortState.Counters counters = port.counters();
        return new MultipartBody.PortEntry(
                port.number(),
                counters.rxPackets(),
                counters.txPackets(),
                counters.rxOctets(),
                counters.txOctets(),
                counters.rxDropped(),
                counters.txDropped(),
                counters.rxErrors(),
                counters.txErrors(),
                0,
                0,
                0,
                0,
                duration(port.durationNs()));
    }

    static MultipartBody.FlowEntry flow(FlowState flow) {
        return new MultipartBody.FlowEntry(
                flow.tableId(),
                duration(flow.durationNs()),
                flow.priority(),
                flow.idleTimeoutSeconds(),
                flow.hardTimeoutSeconds(),
                flow.flags(),
                flow.importance(),
                flow.cookie(),
                flow.packets(),
                flow.octets(),
                flow.match(),
                flow.instructions());
    }

    static MultipartBody.TableEntry table(BridgeReader.TableState table) {
        return new MultipartBody.TableEntry(
                table.tableId(), table.activeFlows(), table.lookups(), table.matches(), table.maxEntries());
    }

    static MultipartBody.TableDescription tableDescription(BridgeReader.TableState table) {
        TablePolicy policy = table.policy();
        int config = (policy.evicts() ? MultipartBody.TableDescription.EVICTION : 0)
                | (policy.hasVacancyEvents() ? MultipartBody.TableDescription.VACANCY_EVENTS : 0);
        return new MultipartBody.TableDescription(
                table.tableId(),
                config,
                policy.evicts() ? EVICTS_BY : 0,
                policy.hasVacancyEvents()
                        ? new MultipartBody.Vacancy(policy.vacancyDown(), policy.vacancyUp(), table.vacancyPercent())
                        : null);
    }

    static MultipartBody.GroupEntry groupStatistics(GroupState group) {
        List<MultipartBody.Count> buckets = group.bucketCounts().stream()
                .map(count -> new MultipartBody.Count(count.packets(), count.octets()))
                .toList();
        return new MultipartBody.GroupEntry(
                group.groupId(),
                group.referenceCount(),
                group.packets(),
                group.octets(),
                duration(group.durationNs()),
                buckets);
    }

    static MultipartBody.GroupDescription group(GroupState group) {
        return new MultipartBody.GroupDescription(group.groupId(), group.type(), group.selection(), group.buckets());
    }

    static MultipartBody.MeterEntry meterStatistics(MeterState meter) {
        List<MultipartBody.Count> bands = meter.bandCounts().stream()
                .map(count -> new MultipartBody.Count(count.packets(), count.octets()))
                .toList();
        return new MultipartBody.MeterEntry(
                meter.meterId(),
                meter.flowCount(),
                meter.packets(),
                meter.octets(),
                duration(meter.durationNs()),
                bands);
    }

    static MultipartBody.MeterConfig meter(MeterState meter) {
        return new MultipartBody.MeterConfig(meter.meterId(), meter.flags(), meter.bands());
    }

    static OpenFlowMessage.PacketIn packetIn(BridgeEvent.PacketIn event, OpenFlowVersion version) {
        byte[] frame = event.frame();
        return new OpenFlowMessage.PacketIn(
                OpenFlowMessage.NO_BUFFER,
                Math.min(event.totalLength(), 0xffff),
                reason(event, version),
                event.tableId(),
                event.cookie(),
                event.pipelineFields(),
                Octets.of(frame.length <= LONGEST_FRAME ? frame : Arrays.copyOf(frame, LONGEST_FRAME)));
    }

    /** With properties, for a client that has asked for {@link #NXPIF_NXT_PACKET_IN2}. */
    static OpenFlowMessage.ExtendedPacketIn extendedPacketIn(
            BridgeEvent.PacketIn event, OpenFlowVersion version, long datapathId) {
        FrozenState continuation = event.continuation();
        OpenFlowMessage.PacketIn packet = packetIn(event, version);
        return new OpenFlowMessage.ExtendedPacketIn(
                OpenFlowMessage.NO_BUFFER,
                event.totalLength(),
                packet.reason(),
                packet.tableId(),
                packet.cookie(),
                packet.match(),
                packet.frame(),
                Octets.of(HexFormat.of().parseHex(event.userdata())),
                continuation == null
                        ? Octets.EMPTY
                        : ContinuationCodec.encode(version, continuation, datapathId, event.datapathPort()));
    }

    /** Reasons that came after 1.3 are "action" in the versions up to it. */
    static int reason(BridgeEvent.PacketIn event, OpenFlowVersion version) {
        boolean isKnown = event.reason() <= LAST_REASON_OF_13 || version.isAtLeast(OpenFlowVersion.OPENFLOW_14);
        return isKnown ? event.reason() : REASON_ACTION;
    }

    static OpenFlowMessage.FlowRemoved flowRemoved(BridgeEvent.FlowRemoved event, OpenFlowVersion version) {
        FlowState flow = event.flow();
        boolean counts = !flow.flags().contains(FlowMod.Flag.NO_PKT_COUNTS);
        return new OpenFlowMessage.FlowRemoved(
                flow.cookie(),
                flow.priority(),
                reason(event, version),
                flow.tableId(),
                duration(flow.durationNs()),
                flow.idleTimeoutSeconds(),
                flow.hardTimeoutSeconds(),
                counts ? flow.packets() : 0,
                flow.octets(),
                flow.match());
    }

    /** Reasons that a version does not have are "delete" there. */
    static int reason(BridgeEvent.FlowRemoved event, OpenFlowVersion version) {
        return reason(event.reason(), version);
    }

    static int reason(BridgeEvent.RemovalReason removal, OpenFlowVersion version) {
        int reason = switch (removal) {
            case IDLE_TIMEOUT -> 0;
            case HARD_TIMEOUT -> 1;
            case DELETE -> 2;
            case GROUP_DELETE -> 3;
            case METER_DELETE -> 4;
            case EVICTION -> 5;
        };
        int last = version.isAtLeast(OpenFlowVersion.OPENFLOW_14)
                ? LAST_REMOVAL_OF_14
                : version.isAtLeast(OpenFlowVersion.OPENFLOW_11) ? LAST_REMOVAL_OF_13 : REMOVED_BY_DELETE;
        return reason <= last ? reason : REMOVED_BY_DELETE;
    }

    static int reason(BridgeEvent.Change change) {
        return switch (change) {
            case ADDED -> 0;
            case REMOVED -> 1;
            case MODIFIED -> 2;
        };
    }
}
