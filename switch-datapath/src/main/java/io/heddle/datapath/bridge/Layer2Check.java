package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.datapath.bridge.Layer2Configuration.Bond;
import io.heddle.datapath.bridge.Layer2Configuration.BondMode;
import io.heddle.datapath.bridge.Layer2Configuration.LacpMode;
import io.heddle.datapath.bridge.Layer2Configuration.Mirror;
import io.heddle.flow.pipeline.BridgeLayer2;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Checks what a bridge is to do as an Ethernet bridge, against its ports. Stateless. */
final class Layer2Check {
    private static final int MAX_VLAN = 4095;

    private Layer2Check() {}

    static void check(BridgeConfiguration bridge, String path) throws ConfigurationException {
        Layer2Configuration layer2 = bridge.layer2();
        if (layer2.stpEnable() && layer2.rstpEnable()) {
            throw invalid(path + ".stp-enable", "STP and RSTP exclude each other: RSTP speaks STP where it must");
        }
        OtherConfig.check(layer2.otherConfig(), OtherConfig.BRIDGE, path);
        Map<String, PortConfiguration> ports = new HashMap<>();
        for (int i = 0; i < bridge.ports().size(); i++) {
            PortConfiguration port = bridge.ports().get(i);
            ports.put(port.name(), port);
            OtherConfig.check(port.otherConfig(), OtherConfig.PORT, path + ".ports[" + i + "]");
        }
        Set<String> names = new HashSet<>(ports.keySet());
        Set<String> members = new HashSet<>();
        for (int i = 0; i < layer2.bonds().size(); i++) {
            checkBond(layer2.bonds().get(i), ports, names, members, path + ".bonds[" + i + "]");
        }
        if (layer2.mirrors().size() > BridgeLayer2.MAX_MIRRORS) {
            throw invalid(
                    path + ".mirrors",
                    "there are " + layer2.mirrors().size() + " mirrors: a bridge has " + BridgeLayer2.MAX_MIRRORS
                            + " at most");
        }
        Set<String> mirrors = new HashSet<>();
        for (int i = 0; i < layer2.mirrors().size(); i++) {
            Mirror mirror = layer2.mirrors().get(i);
            String at = path + ".mirrors[" + i + "]";
            if (mirror.name().isEmpty() || !mirrors.add(mirror.name())) {
                throw invalid(
                        at + ".name", "\"" + mirror.name() + "\" is empty or taken: give each mirror its own name");
            }
            checkMirror(mirror, names, members, at);
        }
    }

    private static void checkBond(
            Bond bond, Map<String, PortConfiguration> ports, Set<String> names, Set<String> members, String path)
            throws ConfigurationException {
        if (bond.name().isEmpty() || !names.add(bond.name())) {
            throw invalid(path + ".name", "\"%s\" is empty, or a port or bond is called so".formatted(bond.name()));
        }
        if (bond.ports().size() < 2) {
            throw invalid(path + ".ports", "a bond has two or more ports");
        }
        for (String name : bond.ports()) {
            PortConfiguration port = ports.get(name);
            PortConfiguration first = ports.get(bond.ports().getFirst());
            if (port == null || first == null) {
                throw invalid(path + ".ports", "the bridge has no port \"" + name + "\"");
            }
            if (port.type() == PortConfiguration.PortType.PATCH || port.type() == PortConfiguration.PortType.INTERNAL) {
                throw invalid(path + ".ports", "\"" + name + "\" is a patch or internal port: it has no link to lose");
            }
            if (!members.add(name)) {
                throw invalid(path + ".ports", "\"" + name + "\" is there twice, or in another bond");
            }
            if (!port.vlans().equals(first.vlans())) {
                throw invalid(
                        path + ".ports",
                        "\"%s\" carries other VLANs than \"%s\": give the ports of a bond the same"
                                .formatted(name, first.name()));
            }
        }
        if (bond.mode() == BondMode.BALANCE_TCP && bond.lacp() == LacpMode.OFF) {
            throw invalid(path + ".bond-mode", "balance-tcp needs LACP: say lacp active or passive, or balance-slb");
        }
        if (bond.updelayMs() < 0 || bond.downdelayMs() < 0) {
            throw invalid(path + ".bond-updelay", "delays are not negative");
        }
        OtherConfig.check(bond.otherConfig(), OtherConfig.BOND, path);
        String primary =
                bond.otherConfig().getOrDefault("bond-primary", bond.ports().getFirst());
        if (!bond.ports().contains(primary)) {
            throw invalid(path + ".other-config", "bond-primary: \"" + primary + "\" is no port of the bond");
        }
    }

    private static void checkMirror(Mirror mirror, Set<String> names, Set<String> members, String path)
            throws ConfigurationException {
        Set<String> meant = new HashSet<>(mirror.selectSrcPort());
        meant.addAll(mirror.selectDstPort());
        if (!mirror.outputPort().isEmpty()) {
            meant.add(mirror.outputPort());
        }
        for (String name : meant) {
            if (!names.contains(name) || members.contains(name)) {
                throw invalid(path, "the bridge has no port or bond \"%s\", or it is a port of a bond".formatted(name));
            }
        }
        if (mirror.outputPort().isEmpty() == (mirror.outputVlan() == 0)) {
            throw invalid(path + ".output-port", "say either output-port or output-vlan");
        }
        if (mirror.outputVlan() < 0 || mirror.outputVlan() >= MAX_VLAN) {
            throw invalid(path + ".output-vlan", mirror.outputVlan() + " is no VLAN id: 1 to 4094");
        }
        for (int vlan : mirror.selectVlan()) {
            if (vlan < 0 || vlan > MAX_VLAN) {
                throw invalid(path + ".select-vlan", vlan + " is no VLAN id: 0 to 4095");
            }
        }
        if (mirror.snaplen() != 0 && (mirror.snaplen() < 14 || mirror.snaplen() > 65_535)) {
            throw invalid(path + ".snaplen", mirror.snaplen() + " is not in [14, 65535]");
        }
    }

    private static ConfigurationException invalid(String path, String message) {
        return new ConfigurationException(Kind.INVALID, path, message);
    }
}
