package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.ConntrackConfiguration;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.proto.v1.Configuration;
import io.heddle.proto.v1.FailMode;
import io.heddle.proto.v1.PortIo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Configurations to and from messages. What they mean is checked where they are applied. */
final class ConfigurationMapping {
    private ConfigurationMapping() {}

    static Configuration toProto(SwitchConfiguration configuration) {
        Configuration.Builder proto = Configuration.newBuilder();
        configuration.bridges().forEach(bridge -> proto.addBridges(toProto(bridge)));
        if (!configuration.conntrack().equals(ConntrackConfiguration.DEFAULT)) {
            proto.setConntrack(ConntrackConfigurationMapping.toProto(configuration.conntrack()));
        }
        return proto.build();
    }

    private static io.heddle.proto.v1.BridgeConfiguration toProto(BridgeConfiguration bridge) {
        io.heddle.proto.v1.BridgeConfiguration.Builder proto = io.heddle.proto.v1.BridgeConfiguration.newBuilder()
                .setName(bridge.name())
                .setDatapathId(bridge.datapathId())
                .setFailMode(StateMapping.failMode(bridge.failMode()))
                .addAllControllers(bridge.controllers())
                .addAllListen(bridge.listen())
                .addAllProtocols(bridge.protocols());
        for (PortConfiguration port : bridge.ports()) {
            io.heddle.proto.v1.PortConfiguration.Builder to = proto.addPortsBuilder()
                    .setName(port.name())
                    .setNumber(port.number())
                    .setType(StateMapping.type(port.type()))
                    .setPeer(port.peer())
                    .setNetns(port.netns())
                    .setMac(port.mac())
                    .setMtu(port.mtu())
                    .setRemote(port.remote())
                    .setLocal(port.local())
                    .setKey(port.key())
                    .setUdpPort(port.udpPort())
                    .setCsum(port.tunnel().checksum())
                    .setTos(port.tunnel().tos())
                    .setTtl(port.tunnel().ttl())
                    .setDf(port.tunnel().dontFragment())
                    .setSeq(port.tunnel().sequence())
                    .putAllOtherConfig(port.otherConfig())
                    .setIo(io(port.io()));
            QosMapping.toProto(port.qos(), to);
            if (!port.vlans().equals(PortVlans.ALL)) {
                to.setVlanMode(StateMapping.mode(port.vlans().mode())).addAllTrunks(StateMapping.trunks(port.vlans()));
                StateMapping.tag(port.vlans()).ifPresent(to::setTag);
            }
        }
        Layer2Mapping.toProto(bridge.layer2(), proto);
        return proto.build();
    }

    static List<ConfigurationChange> toModel(List<io.heddle.proto.v1.ConfigurationChange> changes) {
        List<ConfigurationChange> model = new ArrayList<>(changes.size());
        for (int i = 0; i < changes.size(); i++) {
            model.add(toModel(changes.get(i), "changes[" + i + "]"));
        }
        return model;
    }

    private static ConfigurationChange toModel(io.heddle.proto.v1.ConfigurationChange change, String path) {
        return switch (change.getKindCase()) {
            case REPLACE -> {
                List<BridgeConfiguration> bridges = new ArrayList<>();
                for (int i = 0; i < change.getReplace().getBridgesCount(); i++) {
                    bridges.add(bridge(change.getReplace().getBridges(i), path + ".replace.bridges[" + i + "]"));
                }
                yield new ConfigurationChange.Replace(new SwitchConfiguration(
                        bridges,
                        ConntrackConfigurationMapping.toModel(
                                change.getReplace().getConntrack(), path + ".replace.conntrack")));
            }
            case PUT_CONNTRACK ->
                new ConfigurationChange.PutConntrack(
                        ConntrackConfigurationMapping.toModel(change.getPutConntrack(), path + ".put_conntrack"));
            case PUT_BRIDGE -> new ConfigurationChange.PutBridge(bridge(change.getPutBridge(), path + ".put_bridge"));
            case DELETE_BRIDGE -> new ConfigurationChange.DeleteBridge(change.getDeleteBridge());
            case PUT_PORT ->
                new ConfigurationChange.PutPort(
                        change.getPutPort().getBridge(),
                        port(change.getPutPort().getPort(), path + ".put_port.port"));
            case DELETE_PORT ->
                new ConfigurationChange.DeletePort(
                        change.getDeletePort().getBridge(),
                        change.getDeletePort().getPort());
            case KIND_NOT_SET ->
                throw Failures.refusal(Code.INVALID_ARGUMENT, path, "the change is of no kind that this switch knows");
        };
    }

    private static BridgeConfiguration bridge(io.heddle.proto.v1.BridgeConfiguration bridge, String path) {
        List<PortConfiguration> ports = new ArrayList<>();
        for (int i = 0; i < bridge.getPortsCount(); i++) {
            ports.add(port(bridge.getPorts(i), path + ".ports[" + i + "]"));
        }
        if (bridge.getFailMode() == FailMode.UNRECOGNIZED) {
            throw Failures.refusal(Code.INVALID_ARGUMENT, path + ".fail_mode", "the fail mode is SECURE or STANDALONE");
        }
        return new BridgeConfiguration(
                bridge.getName(),
                bridge.getDatapathId(),
                bridge.getFailMode() == FailMode.FAIL_MODE_STANDALONE
                        ? BridgeConfiguration.FailMode.STANDALONE
                        : BridgeConfiguration.FailMode.SECURE,
                bridge.getControllersList(),
                bridge.getListenList(),
                bridge.getProtocolsList(),
                ports,
                Layer2Mapping.toModel(bridge, path));
    }

    private static PortConfiguration port(io.heddle.proto.v1.PortConfiguration port, String path) {
        PortConfiguration.PortType type = switch (port.getType()) {
            case PORT_TYPE_TAP -> PortConfiguration.PortType.TAP;
            case PORT_TYPE_SYSTEM -> PortConfiguration.PortType.SYSTEM;
            case PORT_TYPE_VETH -> PortConfiguration.PortType.VETH;
            case PORT_TYPE_VXLAN -> PortConfiguration.PortType.VXLAN;
            case PORT_TYPE_GENEVE -> PortConfiguration.PortType.GENEVE;
            case PORT_TYPE_GRE -> PortConfiguration.PortType.GRE;
            case PORT_TYPE_PATCH -> PortConfiguration.PortType.PATCH;
            case PORT_TYPE_TUN -> PortConfiguration.PortType.TUN;
            case PORT_TYPE_INTERNAL -> PortConfiguration.PortType.INTERNAL;
            case PORT_TYPE_MEMORY -> PortConfiguration.PortType.MEMORY;
            case PORT_TYPE_UNSPECIFIED, UNRECOGNIZED ->
                throw Failures.refusal(
                        Code.INVALID_ARGUMENT,
                        path + ".type",
                        "the port's type is missing or unknown: tap, system, veth, vxlan, geneve, gre, patch, tun or internal");
        };
        return new PortConfiguration(
                port.getName(),
                unsigned(port.getNumber(), path + ".number"),
                type,
                port.getPeer(),
                port.getNetns(),
                port.getMac(),
                unsigned(port.getMtu(), path + ".mtu"),
                port.getRemote(),
                port.getLocal(),
                port.getKey(),
                unsigned(port.getUdpPort(), path + ".udp_port"),
                new PortConfiguration.OuterHeaders(
                        port.getCsum(), port.getTos(), port.getTtl(), port.getDf(), port.getSeq()),
                vlans(port, path),
                port.getOtherConfigMap(),
                io(port, path),
                QosMapping.toModel(port));
    }

    private static PortIo io(PortConfiguration.PortIo io) {
        return switch (io) {
            case AUTO -> PortIo.PORT_IO_AUTO;
            case AF_PACKET -> PortIo.PORT_IO_AF_PACKET;
            case AF_XDP -> PortIo.PORT_IO_AF_XDP;
        };
    }

    private static PortConfiguration.PortIo io(io.heddle.proto.v1.PortConfiguration port, String path) {
        return switch (port.getIo()) {
            case PORT_IO_AUTO -> PortConfiguration.PortIo.AUTO;
            case PORT_IO_AF_PACKET -> PortConfiguration.PortIo.AF_PACKET;
            case PORT_IO_AF_XDP -> PortConfiguration.PortIo.AF_XDP;
            case UNRECOGNIZED ->
                throw Failures.refusal(Code.INVALID_ARGUMENT, path + ".io", "is unknown: auto, af_packet or af_xdp");
        };
    }

    private static PortVlans vlans(io.heddle.proto.v1.PortConfiguration port, String path) {
        PortVlans.Mode mode = switch (port.getVlanMode()) {
            case VLAN_MODE_UNSPECIFIED -> null;
            case VLAN_MODE_ACCESS -> PortVlans.Mode.ACCESS;
            case VLAN_MODE_TRUNK -> PortVlans.Mode.TRUNK;
            case VLAN_MODE_NATIVE_TAGGED -> PortVlans.Mode.NATIVE_TAGGED;
            case VLAN_MODE_NATIVE_UNTAGGED -> PortVlans.Mode.NATIVE_UNTAGGED;
            case UNRECOGNIZED ->
                throw Failures.refusal(
                        Code.INVALID_ARGUMENT,
                        path + ".vlan_mode",
                        "the mode is unknown: access, trunk, native-tagged or native-untagged");
        };
        try {
            int tag = port.hasTag() ? unsigned(port.getTag(), path + ".tag") : -1;
            return PortVlans.of(mode, tag, new HashSet<>(port.getTrunksList()));
        } catch (IllegalArgumentException e) {
            // Its message begins with the setting.
            String message = String.valueOf(e.getMessage());
            int colon = message.indexOf(": ");
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT,
                    path + "." + message.substring(0, colon).replace('-', '_'),
                    message.substring(colon + 2));
        }
    }

    static int unsigned(int number, String path) {
        if (number < 0) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT, path, Integer.toUnsignedString(number) + " is too large a number");
        }
        return number;
    }
}
