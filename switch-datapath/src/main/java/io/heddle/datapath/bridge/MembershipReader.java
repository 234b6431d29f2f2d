package io.heddle.datapath.bridge;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.pipeline.MulticastTable;
import io.heddle.flow.pipeline.PortVlans;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Reads membership messages: IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810). What is cut, or no membership message, is ignored.
 *
 * <pre>
 *   IGMPv1, v2   type  | max. time | checksum | group (4 octets)
 *   MLDv1        type  | code      | checksum | delay (2) | reserved (2) | group (16)
 *   v3, MLDv2    type  | reserved  | checksum | reserved (2) | records (2) | records ...
 *   record       type  | aux. words | sources (2) | group | sources ... | aux. data
 * </pre>
 *
 * <p>Stateless.
 */
final class MembershipReader {
    private static final int IGMP_QUERY = 0x11;
    private static final int IGMP_REPORT_V1 = 0x12;
    private static final int IGMP_REPORT_V2 = 0x16;
    private static final int IGMP_LEAVE = 0x17;
    private static final int IGMP_REPORT_V3 = 0x22;
    private static final int MLD_QUERY = 130;
    private static final int MLD_REPORT_V1 = 131;
    private static final int MLD_DONE = 132;
    private static final int MLD_REPORT_V2 = 143;
    private static final int MODE_IS_INCLUDE = 1;
    private static final int CHANGE_TO_INCLUDE = 3;
    private static final int ALLOW_NEW_SOURCES = 5;
    private static final int BLOCK_OLD_SOURCES = 6;

    private final MulticastTable table;
    private final int vlan;
    private final int port;
    private final long nowNs;

    private MembershipReader(MulticastTable table, int vlan, int port, long nowNs) {
        this.table = table;
        this.vlan = vlan;
        this.port = port;
        this.nowNs = nowNs;
    }

    /** @param port OpenFlow number of the port, or of its bond, that the frame came by */
    static void read(byte[] frame, PortVlans vlans, int port, MulticastTable table, long nowNs) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        FlowKey key = new FlowKey();
        FlowKeyExtractor.extract(memory, 0, frame.length, key);
        int tci = (int) key.getLong(MatchField.VLAN_TCI);
        int vlan = vlans.vlanOf((tci & KeyLayout.VLAN_PRESENT) != 0 ? tci & 0xfff : 0);
        if (vlan == PortVlans.NOT_ADMITTED) {
            return;
        }
        long layers = PacketLayers.parse(memory, 0, frame.length);
        long type = key.getLong(MatchField.ETH_TYPE);
        long protocol = key.getLong(MatchField.NW_PROTO);
        boolean isIpv4 = type == EtherTypes.IPV4 && protocol == IpProtocols.IGMP;
        boolean isIpv6 = type == EtherTypes.IPV6 && protocol == IpProtocols.ICMPV6;
        if (!isIpv4 && !isIpv6 || !PacketLayers.isL4Known(layers)) {
            return;
        }
        int start = PacketLayers.l4(layers);
        int length = Math.min(PacketLayers.l4Length(layers), frame.length - start);
        if (length < 8) {
            return;
        }
        ByteBuffer message = ByteBuffer.wrap(frame, start, length).slice();
        MembershipReader reader = new MembershipReader(table, vlan, port, nowNs);
        if (isIpv4) {
            reader.igmp(message, key.getLong(MatchField.NW_SRC));
        } else {
            reader.mld(message, key.get(MatchField.IPV6_SRC));
        }
    }

    private void igmp(ByteBuffer message, long source) {
        switch (message.get(0) & 0xff) {
            case IGMP_QUERY -> {
                if (source != 0) { // 0.0.0.0 is a switch that asks in the stead of a router (RFC 4541 section 2.1.1)
                    table.query(vlan, port, nowNs);
                }
            }
            case IGMP_REPORT_V1, IGMP_REPORT_V2 -> join4(message.getInt(4));
            case IGMP_LEAVE -> table.leave(vlan, MulticastTable.ipv4(message.getInt(4)), port, nowNs);
            case IGMP_REPORT_V3 -> records(message, 4);
            default -> {}
        }
    }

    private void mld(ByteBuffer message, Bits source) {
        switch (message.get(0) & 0xff) {
            case MLD_QUERY -> {
                if (!source.isZero()) {
                    table.query(vlan, port, nowNs);
                }
            }
            case MLD_REPORT_V1 -> {
                if (message.limit() >= 24) {
                    join(group(message, 8, 16), 16);
                }
            }
            case MLD_DONE -> {
                if (message.limit() >= 24) {
                    table.leave(vlan, group(message, 8, 16), port, nowNs);
                }
            }
            case MLD_REPORT_V2 -> records(message, 16);
            default -> {}
        }
    }

    /** Records of IGMPv3 and MLDv2. Which sources are wanted is not looked at: who wants any gets all. */
    private void records(ByteBuffer message, int addressLength) {
        int count = message.getShort(6) & 0xffff;
        int at = 8;
        for (int i = 0; i < count && message.limit() - at >= 4 + addressLength; i++) {
            int type = message.get(at) & 0xff;
            int sources = message.getShort(at + 2) & 0xffff;
            Bits group = group(message, at + 4, addressLength);
            boolean isNone = sources == 0 && (type == MODE_IS_INCLUDE || type == CHANGE_TO_INCLUDE);
            if (isNone) {
                table.leave(vlan, group, port, nowNs);
            } else if (type <= ALLOW_NEW_SOURCES) {
                join(group, addressLength);
            } else if (type != BLOCK_OLD_SOURCES) {
                return; // no record of these protocols
            }
            at += 4 + addressLength + sources * addressLength + (message.get(at + 1) & 0xff) * 4;
        }
    }

    private static Bits group(ByteBuffer message, int at, int length) {
        return length == 4
                ? MulticastTable.ipv4(message.getInt(at))
                : new Bits(message.getLong(at), message.getLong(at + 8));
    }

    private void join4(int group) {
        join(MulticastTable.ipv4(group), 4);
    }

    /** Groups that go everywhere are not kept, nor what is no group. */
    private void join(Bits group, int addressLength) {
        boolean isKept = addressLength == 4
                ? (group.low() >>> 28 & 0xf) == 0xe && (group.low() >>> 8 & 0xffffff) != 0xe00000
                : group.high() >>> 56 == 0xff && !(group.high() == 0xff02L << 48 && group.low() == 1);
        if (isKept) {
            table.join(vlan, group, port, nowNs);
        }
    }
}
