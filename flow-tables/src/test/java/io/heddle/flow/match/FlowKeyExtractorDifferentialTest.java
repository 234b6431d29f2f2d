package io.heddle.flow.match;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.RandomFrames;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random packets: the key that we extract, printed as Open vSwitch prints a flow, is the flow that Open vSwitch extracts. */
@Tag("differential")
class FlowKeyExtractorDifferentialTest {
    private static final int PACKETS = 5_000;

    @TempDir
    Path folder;

    @Test
    void shouldExtractWhatOpenVswitchExtracts() throws Exception {
        Random random = new Random(20);
        FlowKey key = new FlowKey();
        TreeMap<String, Integer> kinds = new TreeMap<>();
        try (OpenVswitch oracle = new OpenVswitch(folder)) {
            for (int i = 0; i < PACKETS; i++) {
                byte[] frame = RandomFrames.next(random);
                if (frame.length < EthernetView.LENGTH) {
                    continue;
                }
                key.clear();
                FlowKeyExtractor.extract(MemorySegment.ofArray(frame), 0, frame.length, key);
                String hex = HexFormat.of().formatHex(frame);
                String theirs = withoutUnmatchablePorts(oracle.flowOf(hex));
                assertThat(print(key)).as("packet %d: %s", i, hex).isEqualTo(theirs);
                kinds.merge(theirs.substring(0, theirs.indexOf(',')), 1, Integer::sum);
            }
        }
        assertThat(kinds.keySet())
                .contains(
                        "tcp", "udp", "sctp", "icmp", "ip", "tcp6", "udp6", "sctp6", "icmp6", "ipv6", "arp", "rarp",
                        "mpls");
    }

    /**
     * Open vSwitch fills tp_src and tp_dst for IGMP, and for ICMP over the wrong IP version, where the prerequisites of every field that
     * could match them are not met.
     */
    private static String withoutUnmatchablePorts(String flow) {
        return flow.startsWith("ip") ? flow.replaceFirst(",tp_src=.*", "") : flow;
    }

    /** Prints as {@code flow_format} of Open vSwitch does. */
    private static String print(FlowKey key) throws UnknownHostException {
        int type = (int) key.getLong(MatchField.ETH_TYPE);
        StringJoiner text = new StringJoiner(",");
        int protocol = (int) key.getLong(MatchField.NW_PROTO);
        String name = nameOf(type, protocol);
        if (!name.isEmpty()) {
            text.add(name);
        }
        text.add("in_port=1");
        long tci = key.getLong(MatchField.VLAN_TCI);
        if (tci == 0) {
            text.add("vlan_tci=0x0000");
        } else {
            text.add("dl_vlan=" + (tci & 0xfff))
                    .add("dl_vlan_pcp=" + (tci >>> 13))
                    .add("vlan_tci1=0x0000");
        }
        text.add("dl_src=" + EthernetView.text(key.getLong(MatchField.ETH_SRC)));
        text.add("dl_dst=" + EthernetView.text(key.getLong(MatchField.ETH_DST)));
        if (name.isEmpty()) {
            text.add("dl_type=0x%04x".formatted(type));
        }
        switch (type) {
            case EtherTypes.IPV4 -> {
                text.add("nw_src=" + ipv4(key, MatchField.NW_SRC)).add("nw_dst=" + ipv4(key, MatchField.NW_DST));
                printIp(text, key, name, protocol);
            }
            case EtherTypes.IPV6 -> {
                text.add("ipv6_src=" + ipv6(key, MatchField.IPV6_SRC))
                        .add("ipv6_dst=" + ipv6(key, MatchField.IPV6_DST));
                text.add("ipv6_label=0x%05x".formatted(key.getLong(MatchField.IPV6_LABEL)));
                printIp(text, key, name, protocol);
            }
            case EtherTypes.ARP, EtherTypes.RARP -> {
                text.add("arp_spa=" + ipv4(key, MatchField.ARP_SPA)).add("arp_tpa=" + ipv4(key, MatchField.ARP_TPA));
                text.add("arp_op=" + protocol);
                text.add("arp_sha=" + EthernetView.text(key.getLong(MatchField.ARP_SHA)));
                text.add("arp_tha=" + EthernetView.text(key.getLong(MatchField.ARP_THA)));
            }
            case EtherTypes.MPLS, EtherTypes.MPLS_MULTICAST -> printMpls(text, key);
            default -> {}
        }
        return text.toString();
    }

    private static String nameOf(int type, int protocol) {
        String ip = switch (type) {
            case EtherTypes.IPV4 -> "";
            case EtherTypes.IPV6 -> "6";
            case EtherTypes.ARP -> "arp";
            case EtherTypes.RARP -> "rarp";
            case EtherTypes.MPLS -> "mpls";
            case EtherTypes.MPLS_MULTICAST -> "mplsm";
            default -> "none";
        };
        if (ip.length() > 1) {
            return ip.equals("none") ? "" : ip;
        }
        return switch (protocol) {
            case 6 -> "tcp" + ip;
            case 17 -> "udp" + ip;
            case 132 -> "sctp" + ip;
            case 1 -> ip.isEmpty() ? "icmp" : "ipv6";
            case 58 -> ip.isEmpty() ? "ip" : "icmp6";
            default -> ip.isEmpty() ? "ip" : "ipv6";
        };
    }

    private static void printIp(StringJoiner text, FlowKey key, String name, int protocol) throws UnknownHostException {
        if (name.equals("ip") || name.equals("ipv6")) {
            text.add("nw_proto=" + protocol);
        }
        long tos = key.getLong(MatchField.NW_TOS);
        text.add("nw_tos=" + (tos & 0xfc)).add("nw_ecn=" + (tos & 3)).add("nw_ttl=" + key.getLong(MatchField.NW_TTL));
        int fragment = (int) key.getLong(MatchField.NW_FRAG);
        text.add("nw_frag=" + (fragment == 0 ? "no" : fragment == 1 ? "first" : "later"));
        if (fragment == 3) {
            return;
        }
        long source = key.getLong(MatchField.TCP_SRC);
        long destination = key.getLong(MatchField.TCP_DST);
        if (name.startsWith("icmp")) {
            text.add("icmp_type=" + source).add("icmp_code=" + destination);
            if (name.equals("icmp6") && (source == 135 || source == 136) && destination == 0) {
                text.add("nd_target=" + ipv6(key, MatchField.ND_TARGET));
                text.add("nd_sll=" + EthernetView.text(key.getLong(MatchField.ND_SLL)));
                text.add("nd_tll=" + EthernetView.text(key.getLong(MatchField.ND_TLL)));
            }
        } else if (!name.startsWith("ip")) {
            text.add("tp_src=" + source).add("tp_dst=" + destination);
            if (name.startsWith("tcp")) {
                text.add("tcp_flags=" + tcpFlags((int) key.getLong(MatchField.TCP_FLAGS)));
            }
        }
    }

    private static String tcpFlags(int flags) {
        String[] names = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"};
        StringJoiner text = new StringJoiner("|");
        for (int bit = 0; bit < names.length; bit++) {
            if ((flags >>> bit & 1) != 0) {
                text.add(names[bit]);
            }
        }
        return flags == 0 ? "0" : text.toString();
    }

    private static void printMpls(StringJoiner text, FlowKey key) {
        text.add("mpls_label=" + key.getLong(MatchField.MPLS_LABEL)).add("mpls_tc=" + key.getLong(MatchField.MPLS_TC));
        text.add("mpls_ttl=" + key.getLong(MatchField.MPLS_TTL)).add("mpls_bos=" + key.getLong(MatchField.MPLS_BOS));
        if (key.getLong(MatchField.MPLS_BOS) == 0) {
            long second = key.word(KeyLayout.W_MPLS) & 0xffffffffL;
            text.add("mpls_lse1=" + second);
            if ((second & 0x100) == 0) {
                text.add("mpls_lse2=" + (key.word(KeyLayout.W_MPLS2_PBB) >>> 32));
            }
        }
    }

    private static String ipv4(FlowKey key, MatchField field) {
        return Ipv4View.text((int) key.getLong(field));
    }

    private static String ipv6(FlowKey key, MatchField field) throws UnknownHostException {
        Bits value = key.get(field);
        byte[] octets = ByteBuffer.allocate(16)
                .putLong(value.high())
                .putLong(value.low())
                .array();
        return canonical(InetAddress.getByAddress(octets).getHostAddress(), value);
    }

    /** The C library compresses the longest run of zeros; the JDK compresses nothing. */
    private static String canonical(String full, Bits value) {
        if (value.isZero()) {
            return "::";
        }
        String[] groups = full.split(":");
        int best = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups.length == 8 && groups[end].equals("0")) {
                end++;
            }
            if (end - i > bestLength) {
                best = i;
                bestLength = end - i;
            }
        }
        if (best < 0) {
            return full;
        }
        String head = String.join(":", java.util.Arrays.copyOfRange(groups, 0, best));
        String tail = String.join(":", java.util.Arrays.copyOfRange(groups, best + bestLength, 8));
        return head + "::" + tail;
    }
}
