package io.heddle.flow.pipeline;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.IpProtocols;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where NORMAL sends IP multicast of a bridge that snoops (RFC 4541 section 2.1). Membership messages go to the control loop, too.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class MulticastForwarding {
    private static final int IGMP_QUERY = 0x11;
    private static final Set<Integer> IGMP_REPORTS = Set.of(0x12, 0x16, 0x17, 0x22);
    private static final int MLD_QUERY = 130;
    private static final Set<Integer> MLD_REPORTS = Set.of(131, 132, 143);

    /** ff02::1: all hosts, whom nobody reports. */
    private static final Bits ALL_HOSTS = new Bits(0xff02L << 48, 1);

    private final Translator translator;
    private final NormalForwarding normal;

    MulticastForwarding(Translator translator, NormalForwarding normal) {
        this.translator = translator;
        this.normal = normal;
    }

    /**
     * Sends a packet to a group address.
     *
     * @return false if it is none that snooping is about: it is to be flooded
     */
    boolean forward(BridgeView bridge, MulticastTable table, int vlan) {
        PacketState packet = translator.packet;
        long type = packet.read(MatchField.ETH_TYPE);
        boolean isIpv4 = type == EtherTypes.IPV4;
        if (!isIpv4 && type != EtherTypes.IPV6) {
            return false;
        }
        Bits group;
        if (isIpv4) {
            int address = (int) packet.read(MatchField.NW_DST);
            if (packet.read(MatchField.NW_PROTO) == IpProtocols.IGMP) {
                return membership(bridge, table, vlan, (int) type(MatchField.ICMP_TYPE), IGMP_QUERY, IGMP_REPORTS);
            }
            if (address >>> 8 == 0xe00000) {
                return false; // 224.0.0.0/24 goes everywhere (RFC 4541 section 2.1.2)
            }
            group = MulticastTable.ipv4(address);
        } else {
            if (packet.read(MatchField.NW_PROTO) == IpProtocols.ICMPV6) {
                int message = (int) type(MatchField.ICMPV6_TYPE);
                if (message == MLD_QUERY || MLD_REPORTS.contains(message)) {
                    return membership(bridge, table, vlan, message, MLD_QUERY, MLD_REPORTS);
                }
            }
            group = packet.readBits(MatchField.IPV6_DST);
            if (group.equals(ALL_HOSTS)) {
                return false;
            }
        }
        MulticastTable.PortSet listeners = table.listeners(vlan, group);
        translator.saw(new MulticastTable.Fact(table, vlan, group, listeners));
        if (listeners == null && table.settings().floodsUnregistered()) {
            translator.trace.note("nobody has asked for the group: flooding");
            return false;
        }
        translator.trace.note(
                listeners == null
                        ? "nobody has asked for the group: only to routers"
                        : "to those who have asked for the group, and to routers");
        Set<Integer> ports = new TreeSet<>(listeners == null ? List.of() : listeners.ports());
        ports.addAll(routers(table, vlan));
        send(bridge, vlan, ports, true);
        return true;
    }

    /** Fragments have no type. */
    private long type(MatchField field) {
        return translator.read(field).low();
    }

    private boolean membership(
            BridgeView bridge, MulticastTable table, int vlan, int type, int query, Set<Integer> reports) {
        boolean isReport = reports.contains(type);
        if (isReport || type == query) {
            translator.punting.puntProtocol(PacketInReason.MEMBERSHIP);
        }
        if (!isReport) {
            return false;
        }
        translator.trace.note("a membership report: only to routers");
        send(bridge, vlan, routers(table, vlan), false);
        return true;
    }

    private List<Integer> routers(MulticastTable table, int vlan) {
        MulticastTable.@Nullable PortSet routers = table.routers(vlan);
        translator.saw(new MulticastTable.Fact(table, vlan, null, routers));
        return routers == null ? List.of() : routers.ports();
    }

    private void send(BridgeView bridge, int vlan, Collection<Integer> wanted, boolean isData) {
        for (PortInfo port : translator.world.topology().ports(bridge.id())) {
            boolean isFlooded =
                    isData ? port.layer2().floodsMulticast() : port.layer2().floodsReports();
            if (isFlooded || wanted.contains(port.number())) {
                normal.sendUnlessSource(bridge, port, vlan);
            }
        }
    }
}
