package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.Layer2Configuration.Bond;
import io.heddle.datapath.upcall.Punt;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.BridgeLayer2;
import io.heddle.flow.pipeline.InBand;
import io.heddle.flow.pipeline.MacLearning;
import io.heddle.flow.pipeline.Mirror;
import io.heddle.flow.pipeline.MulticastTable;
import io.heddle.flow.pipeline.PortLayer2;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.text.AddressText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a bridge does as an Ethernet bridge beside learning: mirrors, multicast snooping, the spanning tree, bonds and discovery. Hears the packets of its protocols and says
 * what the pipeline is to know.
 *
 * <p>Threading: the control loop.
 */
final class LayerTwo {
    private static final int LLDP_TYPE = 0x88cc;
    private static final int SLOW_TYPE = 0x8809;
    private static final int DEFAULT_GROUPS = 2048;

    /** Of OpenFlow. */
    private static final int DEFAULT_PORT = 6653;

    private static final Pattern CONTROLLER = Pattern.compile("(?:tcp|ssl):([0-9.]+)(?::([0-9]{1,5}))?");
    private static final int DEFAULT_AGEING_S = 300;
    private static final long SECOND_NS = 1_000_000_000L;

    private final Bridge bridge;
    private final HeddleSwitch owner;
    private final Spanning spanning;
    private final Discovery discovery;
    private final Map<String, BondGroup> bonds = new LinkedHashMap<>();
    private Layer2Configuration configuration = Layer2Configuration.NONE;
    private @Nullable MulticastTable multicast;

    LayerTwo(Bridge bridge, HeddleSwitch owner) {
        this.bridge = bridge;
        this.owner = owner;
        this.spanning = new Spanning(bridge, this, owner);
        this.discovery = new Discovery(bridge, this);
    }

    /** The bridge's own address: of its datapath id, locally administered. */
    long address() {
        return bridge.datapathId() & 0xfcff_ffff_ffffL | 0x0200_0000_0000L;
    }

    /** Takes over what is configured now, and the ports that there are. */
    void reconfigure() {
        Layer2Configuration wanted = bridge.configuration().layer2();
        bridge.macs()
                .setLimits(
                        OtherConfig.number(wanted.otherConfig(), "mac-aging-time", DEFAULT_AGEING_S) * SECOND_NS,
                        OtherConfig.number(wanted.otherConfig(), "mac-table-size", MacLearning.DEFAULT_MAX_ENTRIES));
        if (!wanted.mcastSnoopingEnable()) {
            multicast = null;
        } else {
            MulticastTable.Settings settings = settings(wanted.otherConfig());
            MulticastTable now = multicast;
            if (now == null || !now.settings().equals(settings)) {
                multicast = new MulticastTable(owner.clock(), settings);
            }
        }
        configuration = wanted;
        reconfigureBonds(wanted);
        spanning.reconfigure();
        discovery.reconfigure(owner.nowNs());
    }

    /** A bond whose configuration and ports are as they were goes on as it is. */
    private void reconfigureBonds(Layer2Configuration wanted) {
        bonds.values().removeIf(group -> {
            boolean isKept = wanted.bonds().contains(group.configuration()) && group.isWhole();
            if (!isKept) {
                group.members().forEach(this::leaveBond);
            }
            return !isKept;
        });
        for (Bond bond : wanted.bonds()) {
            BondGroup group = bonds.get(bond.name());
            if (group == null) {
                group = new BondGroup(bridge, this, bond, address(), owner.nowNs());
                bonds.put(bond.name(), group);
                group.members().forEach(number -> bridge.macs().flushPort(number));
            }
            group.run(owner.nowNs());
        }
    }

    private void leaveBond(int number) {
        bridge.macs().flushPort(number);
        BridgePort port = bridge.ports().byNumber(number);
        if (port != null) {
            setState(port, port.layer2().withBond("", ""));
        }
    }

    /** Takes over what a protocol has made of a port, and tells who follows ports if that is news. */
    void setState(BridgePort port, PortState.Layer2 state) {
        if (!state.equals(port.layer2())) {
            port.setLayer2(state);
            bridge.portChanged(BridgeEvent.Change.MODIFIED, port, owner.nowNs());
        }
    }

    private @Nullable BondGroup bondOf(int number) {
        for (BondGroup group : bonds.values()) {
            if (group.members().contains(number)) {
                return group;
            }
        }
        return null;
    }

    private static MulticastTable.Settings settings(Map<String, String> config) {
        return new MulticastTable.Settings(
                OtherConfig.number(config, "mcast-snooping-table-size", DEFAULT_GROUPS),
                OtherConfig.number(config, "mcast-snooping-aging-time", DEFAULT_AGEING_S) * SECOND_NS,
                !OtherConfig.flag(config, "mcast-snooping-disable-flood-unregistered", false),
                OtherConfig.flag(config, "mcast-snooping-fast-leave", true));
    }

    /** What the pipeline is to know of the bridge. */
    BridgeLayer2 view() {
        List<Mirror> mirrors = new ArrayList<>();
        for (Layer2Configuration.Mirror mirror : configuration.mirrors()) {
            mirrors.add(new Mirror(
                    mirror.name(),
                    mirror.selectAll(),
                    numbers(mirror.selectSrcPort()),
                    numbers(mirror.selectDstPort()),
                    mirror.selectVlan(),
                    mirror.outputPort().isEmpty() ? 0 : number(mirror.outputPort()),
                    mirror.outputVlan(),
                    mirror.snaplen()));
        }
        return new BridgeLayer2(mirrors, multicast, inBand());
    }

    /** Controllers that are reached through the bridge itself: those whose addresses are said in numbers. */
    private @Nullable InBand inBand() {
        BridgePort local = bridge.ports().byNumber(Ports.LOCAL);
        if (local == null
                || local.device() == null
                || !configuration
                        .otherConfig()
                        .getOrDefault("connection-mode", "")
                        .equals("in-band")) {
            return null;
        }
        List<InBand.Controller> controllers = new ArrayList<>();
        for (String target : bridge.configuration().controllers()) {
            Matcher address = CONTROLLER.matcher(target);
            if (address.matches()) {
                AddressText.parseIpv4(address.group(1))
                        .ifPresent(number -> controllers.add(new InBand.Controller(
                                number, address.group(2) == null ? DEFAULT_PORT : Integer.parseInt(address.group(2)))));
            }
        }
        return new InBand(local.device().macAddress(), controllers);
    }

    private Set<Integer> numbers(Set<String> names) {
        Set<Integer> numbers = new HashSet<>();
        names.forEach(name -> numbers.add(number(name)));
        return numbers;
    }

    /** OpenFlow number of a port, or of the first port of a bond; one that no port has if there is none. */
    private int number(String name) {
        String port = name;
        for (Bond bond : configuration.bonds()) {
            port = bond.name().equals(name) ? bond.ports().getFirst() : port;
        }
        BridgePort found = bridge.ports().byName(port);
        return found == null ? -1 : found.number();
    }

    /** What the pipeline is to know of a port. */
    PortLayer2 view(BridgePort port) {
        Map<String, String> config = port.configuration().otherConfig();
        BondGroup group = bondOf(port.number());
        int protocols = spanning.takesPart(port.number()) ? PortLayer2.STP : 0;
        protocols |= group != null && group.speaksLacp() ? PortLayer2.LACP : 0;
        protocols |= Discovery.isEnabled(port) ? PortLayer2.LLDP : 0;
        return new PortLayer2(
                port.layer2().spanning(),
                group == null ? null : group.view(),
                OtherConfig.flag(config, "mcast-snooping-flood", false),
                OtherConfig.flag(config, "mcast-snooping-flood-reports", false),
                protocols);
    }

    /** A packet of a protocol that the bridge speaks has come. */
    void received(Punt punt, long nowNs) {
        BridgePort port = bridge.ports().byNumber((int)
                punt.action().pipelineFields().valueOf(MatchField.IN_PORT).low());
        if (port == null) {
            return;
        }
        byte[] frame = punt.frame();
        int type = frame.length < 14 ? 0 : (frame[12] & 0xff) << 8 | frame[13] & 0xff;
        BondGroup group = bondOf(port.number());
        MulticastTable table = multicast;
        if (type == LLDP_TYPE) {
            discovery.received(port, frame, nowNs);
        } else if (type == SLOW_TYPE && group != null) {
            group.received(port.number(), frame, nowNs);
            runBonds(nowNs);
        } else if (isLinkLocal(frame)) {
            spanning.received(port.number(), frame);
        } else if (table != null) {
            PortVlans vlans = port.configuration().vlans();
            MembershipReader.read(frame, vlans, group == null ? port.number() : group.number(), table, nowNs);
        }
    }

    /** Does what is due at the bonds. Several times a second. */
    void runBonds(long nowNs) {
        boolean isNews = false;
        for (BondGroup group : bonds.values()) {
            isNews |= group.run(nowNs);
        }
        if (isNews) {
            owner.updateTopology();
        }
    }

    private static boolean isLinkLocal(byte[] frame) {
        return frame.length >= 14
                && frame[0] == 1
                && frame[1] == (byte) 0x80
                && frame[2] == (byte) 0xc2
                && frame[3] == 0
                && frame[4] == 0
                && (frame[5] & 0xf0) == 0;
    }

    /** A port's link has come or gone. */
    void linkChanged(BridgePort port) {
        spanning.linkChanged(port);
        discovery.linkChanged(port, owner.nowNs());
        runBonds(owner.nowNs());
    }

    /** Another way through the network has been chosen: what was heard by a port is heard elsewhere. */
    void flush(int number) {
        bridge.macs().flushPort(number);
        if (multicast != null) {
            multicast.flush();
        }
    }

    /** Sends a frame by a port, past tables and states. */
    void send(BridgePort port, byte[] frame) {
        owner.sendFrame(bridge, port, frame);
    }

    /** A port has gone. */
    void portGone(int number) {
        spanning.portGone(number);
        if (multicast != null) {
            multicast.flushPort(number);
        }
    }

    /** Does what is due. Once a second. */
    void run(long nowNs) {
        if (multicast != null) {
            multicast.expire(nowNs);
        }
        spanning.tick();
        discovery.run(nowNs);
    }

    /** Of the spanning tree, for people; empty if the bridge takes no part. */
    String spanningTreeText() {
        return spanning.text();
    }

    /** Who has asked for which multicast; empty while the bridge does not snoop. */
    List<MulticastTable.Entry> multicastEntries(long nowNs) {
        return multicast == null ? List.of() : multicast.entries(nowNs);
    }
}
