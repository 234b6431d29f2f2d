package io.heddle.datapath.agent.grpc;

import com.google.protobuf.ByteString;
import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.GroupState;
import io.heddle.datapath.bridge.MeterState;
import io.heddle.datapath.bridge.PortState;
import io.heddle.datapath.bridge.QueueState;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.datapath.bridge.TraceReport;
import io.heddle.datapath.bridge.lldp.Neighbour;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.ConnectionState;
import io.heddle.flow.conntrack.TcpState;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Bits;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.pipeline.SpanningState;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.AddressText;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.GroupMapping;
import io.heddle.proto.mapping.MeterMapping;
import io.heddle.proto.v1.CacheState;
import io.heddle.proto.v1.Connection;
import io.heddle.proto.v1.ControllerConnection;
import io.heddle.proto.v1.DropCount;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.FailMode;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.FlowRemoved;
import io.heddle.proto.v1.Group;
import io.heddle.proto.v1.LearnedAddress;
import io.heddle.proto.v1.Megaflow;
import io.heddle.proto.v1.Meter;
import io.heddle.proto.v1.MulticastEntry;
import io.heddle.proto.v1.PacketIn;
import io.heddle.proto.v1.PortCounters;
import io.heddle.proto.v1.PortType;
import io.heddle.proto.v1.TableState;
import io.heddle.proto.v1.TraceNode;
import io.heddle.proto.v1.Uint128;
import io.heddle.proto.v1.VlanMode;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What a bridge says about itself, as messages. */
final class StateMapping {
    private final @Nullable FlowFormatter texts;

    /** @param texts prints the text forms; null to leave them out */
    StateMapping(@Nullable FlowFormatter texts) {
        this.texts = texts;
    }

    static String datapathId(long id) {
        return HexFormat.of().toHexDigits(id);
    }

    Entity entity(FlowState state) {
        return Entity.newBuilder().setFlow(flow(state)).build();
    }

    Entity entity(GroupState state) {
        return Entity.newBuilder().setGroup(group(state)).build();
    }

    Entity entity(MeterState state) {
        return Entity.newBuilder().setMeter(meter(state)).build();
    }

    Entity entity(PortState state) {
        return Entity.newBuilder().setPort(port(state)).build();
    }

    io.heddle.proto.v1.FlowState flow(FlowState state) {
        FlowMod mod = new FlowMod(
                FlowMod.Command.ADD,
                state.tableId(),
                state.match(),
                state.priority(),
                state.cookie(),
                0,
                state.idleTimeoutSeconds(),
                state.hardTimeoutSeconds(),
                state.importance(),
                state.flags(),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                state.instructions());
        Flow.Builder flow = FlowMapping.toProto(mod).toBuilder();
        if (texts != null) {
            flow.setText(texts.flow(mod));
        }
        return io.heddle.proto.v1.FlowState.newBuilder()
                .setFlow(flow)
                .setPacketCount(state.packets())
                .setByteCount(state.octets())
                .setDurationNs(state.durationNs())
                .setIdleNs(state.idleNs())
                .build();
    }

    private io.heddle.proto.v1.GroupState group(GroupState state) {
        Group.Builder group = GroupMapping.toProto(state.as(GroupMod.Command.ADD)).toBuilder();
        for (int i = 0; i < state.bucketCounts().size() && i < group.getBucketsCount(); i++) {
            group.getBucketsBuilder(i)
                    .setPacketCount(state.bucketCounts().get(i).packets())
                    .setByteCount(state.bucketCounts().get(i).octets());
        }
        if (texts != null) {
            group.setText(texts.group(state.as(GroupMod.Command.ADD)));
        }
        return io.heddle.proto.v1.GroupState.newBuilder()
                .setGroup(group)
                .setPacketCount(state.packets())
                .setByteCount(state.octets())
                .setDurationNs(state.durationNs())
                .setReferenceCount(state.referenceCount())
                .build();
    }

    private io.heddle.proto.v1.MeterState meter(MeterState state) {
        Meter.Builder meter = MeterMapping.toProto(state.meterId(), state.flags(), state.bands()).toBuilder();
        for (int i = 0; i < state.bandCounts().size() && i < meter.getBandsCount(); i++) {
            meter.getBandsBuilder(i)
                    .setPacketCount(state.bandCounts().get(i).packets())
                    .setByteCount(state.bandCounts().get(i).octets());
        }
        if (texts != null) {
            meter.setText(
                    texts.meter(new MeterMod(MeterMod.Command.ADD, state.meterId(), state.flags(), state.bands())));
        }
        return io.heddle.proto.v1.MeterState.newBuilder()
                .setMeter(meter)
                .setPacketCount(state.packets())
                .setByteCount(state.octets())
                .setDurationNs(state.durationNs())
                .setFlowCount(state.flowCount())
                .build();
    }

    static io.heddle.proto.v1.PortState port(PortState state) {
        PortState.Counters counters = state.counters();
        io.heddle.proto.v1.PortState.Builder proto = io.heddle.proto.v1.PortState.newBuilder()
                .setVlanMode(mode(state.vlans().mode()))
                .addAllTrunks(trunks(state.vlans()));
        tag(state.vlans()).ifPresent(proto::setTag);
        if (state.layer2().spanning() != SpanningState.OFF) {
            proto.setSpanningState(state.layer2().spanning().name().toLowerCase(Locale.ROOT))
                    .setSpanningRole(state.layer2().role());
        }
        proto.setBond(state.layer2().bond()).setBondState(state.layer2().bondState());
        for (Neighbour each : state.layer2().neighbours()) {
            proto.addNeighboursBuilder()
                    .setChassis(each.chassis())
                    .setPort(each.port())
                    .setPortDescription(each.portDescription())
                    .setSystemName(each.systemName())
                    .setSystemDescription(each.systemDescription())
                    .setTtlSeconds(each.ttlSeconds());
        }
        return proto.setNumber(state.number())
                .setName(state.name())
                .setType(type(state.type()))
                .setMac(state.macAddress() == 0 ? "" : AddressText.ethernet(state.macAddress()))
                .setMtu(state.mtu())
                .setIo(state.io())
                .setLinkUp(state.linkUp())
                .setDown(state.isDown())
                .setNoReceive((state.config() & PortState.CONFIG_NO_RECEIVE) != 0)
                .setNoForward((state.config() & PortState.CONFIG_NO_FORWARD) != 0)
                .setNoFlood((state.config() & PortState.CONFIG_NO_FLOOD) != 0)
                .setNoPacketIn((state.config() & PortState.CONFIG_NO_PACKET_IN) != 0)
                .setSpeedMbps((int) (state.speedKbps() / 1000))
                .setDurationNs(state.durationNs())
                .setCounters(PortCounters.newBuilder()
                        .setRxPackets(counters.rxPackets())
                        .setTxPackets(counters.txPackets())
                        .setRxBytes(counters.rxOctets())
                        .setTxBytes(counters.txOctets())
                        .setRxDropped(counters.rxDropped())
                        .setTxDropped(counters.txDropped())
                        .setRxErrors(counters.rxErrors())
                        .setTxErrors(counters.txErrors()))
                .build();
    }

    static PortType type(io.heddle.datapath.bridge.PortConfiguration.PortType type) {
        return switch (type) {
            case TAP -> PortType.PORT_TYPE_TAP;
            case SYSTEM -> PortType.PORT_TYPE_SYSTEM;
            case VETH -> PortType.PORT_TYPE_VETH;
            case VXLAN -> PortType.PORT_TYPE_VXLAN;
            case GENEVE -> PortType.PORT_TYPE_GENEVE;
            case GRE -> PortType.PORT_TYPE_GRE;
            case PATCH -> PortType.PORT_TYPE_PATCH;
            case TUN -> PortType.PORT_TYPE_TUN;
            case INTERNAL -> PortType.PORT_TYPE_INTERNAL;
            case MEMORY -> PortType.PORT_TYPE_MEMORY;
        };
    }

    static VlanMode mode(PortVlans.Mode mode) {
        return switch (mode) {
            case ACCESS -> VlanMode.VLAN_MODE_ACCESS;
            case TRUNK -> VlanMode.VLAN_MODE_TRUNK;
            case NATIVE_TAGGED -> VlanMode.VLAN_MODE_NATIVE_TAGGED;
            case NATIVE_UNTAGGED -> VlanMode.VLAN_MODE_NATIVE_UNTAGGED;
        };
    }

    static OptionalInt tag(PortVlans vlans) {
        return vlans.mode() == PortVlans.Mode.TRUNK ? OptionalInt.empty() : OptionalInt.of(vlans.tag());
    }

    static List<Integer> trunks(PortVlans vlans) {
        return vlans.trunks().stream().sorted().toList();
    }

    static FailMode failMode(BridgeConfiguration.FailMode mode) {
        return switch (mode) {
            case SECURE -> FailMode.FAIL_MODE_SECURE;
            case STANDALONE -> FailMode.FAIL_MODE_STANDALONE;
        };
    }

    Entity entity(BridgeReader.TableState state) {
        return Entity.newBuilder()
                .setTable(TableState.newBuilder()
                        .setTableId(state.tableId())
                        .setActiveCount(state.activeFlows())
                        .setLookupCount(state.lookups())
                        .setMatchedCount(state.matches())
                        .setMaxEntries(state.maxEntries()))
                .build();
    }

    Entity entity(BridgeReader.BridgeState state) {
        io.heddle.proto.v1.BridgeState.Builder bridge = io.heddle.proto.v1.BridgeState.newBuilder()
                .setName(state.name())
                .setDatapathId(datapathId(state.datapathId()))
                .setFailMode(failMode(state.failMode()))
                .setStandalone(state.standalone())
                .setFlows(state.flows())
                .setPorts(state.ports())
                .setSpanningTree(state.spanningTree());
        for (ControllerRegistration.State each : state.controllers()) {
            bridge.addControllers(ControllerConnection.newBuilder()
                    .setTarget(each.target())
                    .setProtocol(each.protocol())
                    .setConnected(each.connected())
                    .setRole(each.role())
                    .setLastError(each.lastError()));
        }
        return Entity.newBuilder().setBridge(bridge).build();
    }

    Entity entity(QueueState state) {
        return Entity.newBuilder().setQueue(QosMapping.state(state)).build();
    }

    Entity entity(BridgeReader.MulticastEntry entry) {
        return Entity.newBuilder()
                .setMulticast(MulticastEntry.newBuilder()
                        .setPort(entry.port())
                        .setPortName(entry.portName())
                        .setVlan(entry.vlan())
                        .setGroup(entry.group())
                        .setAgeSeconds((int) (entry.ageNs() / 1_000_000_000)))
                .build();
    }

    Entity entity(BridgeReader.LearnedAddress learned) {
        return Entity.newBuilder()
                .setAddress(LearnedAddress.newBuilder()
                        .setPort(learned.port())
                        .setPortName(learned.portName())
                        .setVlan(learned.vlan())
                        .setMac(AddressText.ethernet(learned.address()))
                        .setAgeSeconds((int) (learned.ageNs() / 1_000_000_000)))
                .build();
    }

    Entity entity(SwitchControl.DropCount count) {
        return Entity.newBuilder()
                .setDrop(DropCount.newBuilder()
                        .setReason(count.reason())
                        .setDescription(count.description())
                        .setPort(count.port())
                        .setPacketCount(count.packets()))
                .build();
    }

    Entity entity(SwitchControl.MegaflowState state) {
        return Entity.newBuilder()
                .setMegaflow(Megaflow.newBuilder()
                        .setMatch(FlowMapping.toProto(state.match()))
                        .setMatchText(state.matchText())
                        .setActionsText(state.actionsText())
                        .setPacketCount(state.packets())
                        .setByteCount(state.octets())
                        .setIdleNs(state.idleNs())
                        .setRevision(state.revision())
                        .setPollLoop(state.pollLoop())
                        .setDropReason(state.dropReason()))
                .build();
    }

    Entity entity(SwitchControl.PollLoopState state) {
        return Entity.newBuilder()
                .setCache(CacheState.newBuilder()
                        .setPollLoop(state.pollLoop())
                        .setExactHits(state.exactHits())
                        .setMegaflowHits(state.megaflowHits())
                        .setMisses(state.misses())
                        .setExactEntries(state.exactEntries())
                        .setMegaflowEntries(state.megaflowEntries())
                        .setMegaflowMasks(state.megaflowMasks())
                        .setMasksProbed(state.masksProbed())
                        .setBusy(state.busy())
                        .setCycles(state.cycles()))
                .build();
    }

    Entity entity(ConnectionState state) {
        Alg alg = state.alg();
        return Entity.newBuilder()
                .setConnection(Connection.newBuilder()
                        .setZone(state.zone())
                        .setProtocol(state.protocol())
                        .setOriginal(direction(state.original(), state.isIpv6()))
                        .setReply(direction(state.reply(), state.isIpv6()))
                        .setState(
                                state.state() == TcpState.NONE
                                        ? ""
                                        : state.state().name())
                        .setSeenReply(state.hasReply())
                        .setMark(state.mark())
                        .setLabel(Uint128.newBuilder()
                                .setHigh(state.label().high())
                                .setLow(state.label().low()))
                        .setAlg(alg == null ? "" : alg.text())
                        .setRelated(state.isRelated())
                        .setTimeoutNs(Math.max(0, state.timeoutNs())))
                .build();
    }

    private static Connection.Direction direction(ConnectionState.Direction direction, boolean isIpv6) {
        return Connection.Direction.newBuilder()
                .setSource(address(direction.source(), isIpv6))
                .setDestination(address(direction.destination(), isIpv6))
                .setSourcePort(direction.sourcePort())
                .setDestinationPort(direction.destinationPort())
                .build();
    }

    private static ByteString address(Bits address, boolean isIpv6) {
        ByteBuffer octets = ByteBuffer.allocate(isIpv6 ? 16 : 4);
        if (isIpv6) {
            octets.putLong(address.high()).putLong(address.low());
        } else {
            octets.putInt((int) address.low());
        }
        return ByteString.copyFrom(octets.flip());
    }

    static PacketIn packetIn(String bridge, BridgeEvent.PacketIn event, long sequence) {
        return PacketIn.newBuilder()
                .setBridge(bridge)
                .setData(com.google.protobuf.UnsafeByteOperations.unsafeWrap(event.frame()))
                .setTotalLength(event.totalLength())
                .setReason(FlowMapping.packetInReason(event.reason()))
                .setInPort(event.inPort())
                .setTableId(event.tableId())
                .setCookie(event.cookie())
                .setPipelineFields(FlowMapping.toProto(event.pipelineFields()))
                .setSequence(sequence)
                .setUserdata(ByteString.copyFrom(HexFormat.of().parseHex(event.userdata())))
                .build();
    }

    static FlowRemoved.Reason reason(BridgeEvent.RemovalReason reason) {
        return switch (reason) {
            case IDLE_TIMEOUT -> FlowRemoved.Reason.IDLE_TIMEOUT;
            case HARD_TIMEOUT -> FlowRemoved.Reason.HARD_TIMEOUT;
            case DELETE -> FlowRemoved.Reason.DELETE;
            case GROUP_DELETE -> FlowRemoved.Reason.GROUP_DELETE;
            case METER_DELETE -> FlowRemoved.Reason.METER_DELETE;
            case EVICTION -> FlowRemoved.Reason.EVICTION;
        };
    }

    static TraceNode trace(TraceReport.Step step) {
        TraceNode.Builder node = TraceNode.newBuilder()
                .setText(step.text())
                .setType(
                        switch (step.kind()) {
                            case BRIDGE -> TraceNode.Type.BRIDGE;
                            case TABLE -> TraceNode.Type.TABLE;
                            case ACTION -> TraceNode.Type.ACTION;
                            case BUCKET -> TraceNode.Type.BUCKET;
                            case NOTE -> TraceNode.Type.NOTE;
                            case ERROR -> TraceNode.Type.ERROR;
                        });
        step.children().forEach(child -> node.addChildren(trace(child)));
        return node.build();
    }
}
