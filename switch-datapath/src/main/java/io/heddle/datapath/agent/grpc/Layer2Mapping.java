package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import io.heddle.datapath.bridge.Layer2Configuration;
import io.heddle.datapath.bridge.Layer2Configuration.Bond;
import io.heddle.datapath.bridge.Layer2Configuration.Mirror;
import io.heddle.proto.v1.BondMode;
import io.heddle.proto.v1.BridgeConfiguration;
import io.heddle.proto.v1.LacpMode;
import io.heddle.proto.v1.MirrorConfiguration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a bridge does as an Ethernet bridge, to and from messages. Stateless. */
final class Layer2Mapping {
    private Layer2Mapping() {}

    static void toProto(Layer2Configuration layer2, BridgeConfiguration.Builder proto) {
        proto.setStpEnable(layer2.stpEnable())
                .setRstpEnable(layer2.rstpEnable())
                .setMcastSnoopingEnable(layer2.mcastSnoopingEnable())
                .putAllOtherConfig(layer2.otherConfig());
        for (Mirror mirror : layer2.mirrors()) {
            proto.addMirrorsBuilder()
                    .setName(mirror.name())
                    .setSelectAll(mirror.selectAll())
                    .addAllSelectSrcPort(new TreeSet<>(mirror.selectSrcPort()))
                    .addAllSelectDstPort(new TreeSet<>(mirror.selectDstPort()))
                    .addAllSelectVlan(new TreeSet<>(mirror.selectVlan()))
                    .setOutputPort(mirror.outputPort())
                    .setOutputVlan(mirror.outputVlan())
                    .setSnaplen(mirror.snaplen());
        }
        for (Bond bond : layer2.bonds()) {
            proto.addBondsBuilder()
                    .setName(bond.name())
                    .addAllPorts(bond.ports())
                    .setBondMode(
                            switch (bond.mode()) {
                                case ACTIVE_BACKUP -> BondMode.BOND_MODE_ACTIVE_BACKUP;
                                case BALANCE_SLB -> BondMode.BOND_MODE_BALANCE_SLB;
                                case BALANCE_TCP -> BondMode.BOND_MODE_BALANCE_TCP;
                            })
                    .setLacp(
                            switch (bond.lacp()) {
                                case OFF -> LacpMode.LACP_MODE_OFF;
                                case PASSIVE -> LacpMode.LACP_MODE_PASSIVE;
                                case ACTIVE -> LacpMode.LACP_MODE_ACTIVE;
                            })
                    .setBondUpdelay(bond.updelayMs())
                    .setBondDowndelay(bond.downdelayMs())
                    .putAllOtherConfig(bond.otherConfig());
        }
    }

    static Layer2Configuration toModel(BridgeConfiguration bridge, String path) {
        List<Mirror> mirrors = new ArrayList<>();
        for (int i = 0; i < bridge.getMirrorsCount(); i++) {
            mirrors.add(mirror(bridge.getMirrors(i), path + ".mirrors[" + i + "]"));
        }
        List<Bond> bonds = new ArrayList<>();
        for (int i = 0; i < bridge.getBondsCount(); i++) {
            bonds.add(bond(bridge.getBonds(i), path + ".bonds[" + i + "]"));
        }
        return new Layer2Configuration(
                bridge.getStpEnable(),
                bridge.getRstpEnable(),
                bridge.getMcastSnoopingEnable(),
                bridge.getOtherConfigMap(),
                mirrors,
                bonds);
    }

    private static Mirror mirror(MirrorConfiguration mirror, String path) {
        Set<Integer> vlans = new HashSet<>(mirror.getSelectVlanList());
        return new Mirror(
                mirror.getName(),
                mirror.getSelectAll(),
                new HashSet<>(mirror.getSelectSrcPortList()),
                new HashSet<>(mirror.getSelectDstPortList()),
                vlans,
                mirror.getOutputPort(),
                ConfigurationMapping.unsigned(mirror.getOutputVlan(), path + ".output_vlan"),
                ConfigurationMapping.unsigned(mirror.getSnaplen(), path + ".snaplen"));
    }

    private static Bond bond(io.heddle.proto.v1.BondConfiguration bond, String path) {
        return new Bond(
                bond.getName(),
                bond.getPortsList(),
                switch (bond.getBondMode()) {
                    case BOND_MODE_UNSPECIFIED, BOND_MODE_ACTIVE_BACKUP -> Layer2Configuration.BondMode.ACTIVE_BACKUP;
                    case BOND_MODE_BALANCE_SLB -> Layer2Configuration.BondMode.BALANCE_SLB;
                    case BOND_MODE_BALANCE_TCP -> Layer2Configuration.BondMode.BALANCE_TCP;
                    case UNRECOGNIZED ->
                        throw Failures.refusal(
                                Code.INVALID_ARGUMENT,
                                path + ".bond_mode",
                                "the mode is none of active-backup, balance-slb and balance-tcp");
                },
                switch (bond.getLacp()) {
                    case LACP_MODE_UNSPECIFIED, LACP_MODE_OFF -> Layer2Configuration.LacpMode.OFF;
                    case LACP_MODE_PASSIVE -> Layer2Configuration.LacpMode.PASSIVE;
                    case LACP_MODE_ACTIVE -> Layer2Configuration.LacpMode.ACTIVE;
                    case UNRECOGNIZED ->
                        throw Failures.refusal(
                                Code.INVALID_ARGUMENT, path + ".lacp", "LACP is none of active, passive and off");
                },
                ConfigurationMapping.unsigned(bond.getBondUpdelay(), path + ".bond_updelay"),
                ConfigurationMapping.unsigned(bond.getBondDowndelay(), path + ".bond_downdelay"),
                bond.getOtherConfigMap());
    }
}
