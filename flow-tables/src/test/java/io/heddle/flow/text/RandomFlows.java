package io.heddle.flow.text;

import io.heddle.flow.match.Bits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Seeded random flows as text that both Heddle and {@code ovs-ofctl -O OpenFlow13} accept. */
final class RandomFlows {
    private final Random random;

    RandomFlows(long seed) {
        this.random = new Random(seed);
    }

    String next() {
        List<String> parts = new ArrayList<>();
        maybe(parts, "table=" + random.nextInt(254));
        maybe(parts, "priority=" + random.nextInt(65536));
        maybe(parts, "cookie=0x" + Long.toHexString(random.nextLong()));
        maybe(parts, "idle_timeout=" + random.nextInt(65536));
        maybe(parts, "hard_timeout=" + random.nextInt(65536));
        maybe(parts, "send_flow_rem");
        maybe(parts, "check_overlap");
        maybe(parts, "in_port=" + (random.nextBoolean() ? "LOCAL" : 1 + random.nextInt(60000)));
        maybe(parts, "dl_src=" + mac() + (random.nextBoolean() ? "" : "/" + mac()));
        maybe(parts, "dl_dst=" + mac());
        maybe(parts, "metadata=0x" + Long.toHexString(random.nextLong()) + (random.nextBoolean() ? "" : "/0xff00ff"));
        maybe(parts, "reg" + random.nextInt(16) + "=" + number(32) + (random.nextBoolean() ? "" : "/0xff0f"));
        maybe(parts, "tun_id=" + number(31));
        maybe(parts, "pkt_mark=" + number(31) + "/0xff");
        maybe(parts, vlan());
        String protocol =
                pick("ip", "ipv6", "arp", "tcp", "udp", "sctp", "tcp6", "udp6", "icmp", "icmp6", "mpls", "eth");
        if (!protocol.equals("eth")) {
            parts.add(protocol);
        }
        addressing(parts, protocol);
        transport(parts, protocol);
        Collections.shuffle(parts, random);
        return String.join(",", parts) + (parts.isEmpty() ? "" : ",") + "actions=" + actions(protocol);
    }

    private String vlan() {
        return switch (random.nextInt(5)) {
            case 0 -> "dl_vlan=" + random.nextInt(4096);
            case 1 -> "dl_vlan=" + random.nextInt(4096) + ",dl_vlan_pcp=" + random.nextInt(8);
            case 2 -> "dl_vlan=0xffff";
            case 3 -> "vlan_vid=0x1000/0x1000";
            default -> "vlan_tci=0x1%03x/0x1fff".formatted(random.nextInt(4096));
        };
    }

    private void addressing(List<String> parts, String protocol) {
        switch (protocol) {
            case "ip", "tcp", "udp", "sctp", "icmp" -> {
                maybe(parts, "nw_src=" + ipv4() + pick("", "/8", "/32", "/17", "/255.0.255.0"));
                maybe(parts, "nw_dst=" + ipv4() + pick("", "/24"));
                ipFields(parts, protocol);
            }
            case "ipv6", "tcp6", "udp6", "icmp6" -> {
                maybe(parts, "ipv6_src=" + ipv6() + pick("", "/64", "/127"));
                maybe(parts, "ipv6_dst=" + ipv6());
                maybe(parts, "ipv6_label=0x%05x".formatted(random.nextInt(1 << 20)) + pick("", "/0x000ff"));
                ipFields(parts, protocol);
            }
            case "arp" -> {
                maybe(parts, "arp_op=" + (1 + random.nextInt(2)));
                maybe(parts, pick("arp_spa=", "nw_src=") + ipv4() + pick("", "/24"));
                maybe(parts, "arp_tpa=" + ipv4());
                maybe(parts, "arp_sha=" + mac());
                maybe(parts, "arp_tha=" + mac());
            }
            case "mpls" -> {
                maybe(parts, "mpls_label=" + random.nextInt(1 << 20));
                maybe(parts, "mpls_tc=" + random.nextInt(8));
                maybe(parts, "mpls_bos=" + random.nextInt(2));
            }
            default -> {
                // No addresses above Ethernet.
            }
        }
    }

    private void ipFields(List<String> parts, String protocol) {
        maybe(parts, "nw_tos=" + (random.nextInt(64) << 2));
        maybe(parts, "nw_ecn=" + random.nextInt(4));
        maybe(parts, "nw_ttl=" + random.nextInt(256));
        // A later fragment has no ports to write.
        maybe(
                parts,
                "nw_frag=" + (protocol.startsWith("ip") ? pick("yes", "later") : pick("no", "first", "not_later")));
    }

    private void transport(List<String> parts, String protocol) {
        switch (protocol) {
            case "tcp", "tcp6", "udp", "udp6", "sctp" -> {
                maybe(parts, "tp_src=" + random.nextInt(65536));
                maybe(parts, "tp_dst=" + random.nextInt(65536) + pick("", "/0xfff0"));
                if (protocol.startsWith("tcp")) {
                    maybe(parts, "tcp_flags=" + pick("+syn-ack", "syn|ack", "+fin", "0x12/0x13", "-rst+ns"));
                }
            }
            case "icmp", "icmp6" -> {
                maybe(parts, "icmp_type=" + random.nextInt(130));
                maybe(parts, "icmp_code=" + random.nextInt(256));
            }
            default -> {
                // Nothing above the network layer.
            }
        }
    }

    private String actions(String protocol) {
        List<String> actions = new ArrayList<>();
        if (random.nextInt(20) == 0) {
            int dimensions = 2 + random.nextInt(63);
            return "conjunction(%s,%d/%d)".formatted(number(31), 1 + random.nextInt(dimensions), dimensions)
                    + pick("", ",note:01.23.45.67", ",conjunction(1,2/3)");
        }
        maybe(actions, "meter:" + (1 + random.nextInt(1000)));
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            actions.add(action(protocol));
        }
        maybe(actions, "clear_actions");
        maybe(actions, "write_actions(set_field:" + mac() + "->eth_src,output:" + (1 + random.nextInt(1000)) + ")");
        maybe(
                actions,
                "write_metadata:0x" + Long.toHexString((random.nextLong() >>> 1) & 0xffffffff0000ffffL)
                        + pick("", "/0xffffffff0000ffff"));
        maybe(actions, "goto_table:254");
        return actions.isEmpty() ? "drop" : String.join(",", actions);
    }

    private String action(String protocol) {
        return switch (random.nextInt(31)) {
            case 30 ->
                "output(port=" + pick("7", "LOCAL", "IN_PORT") + ",max_len=" + (14 + random.nextInt(100000)) + ")";
            case 27 ->
                "multipath(%s,%d,%s,%d,%d,NXM_NX_REG%d[0..%d])"
                        .formatted(
                                hashFields(),
                                random.nextInt(65536),
                                pick("modulo_n", "hash_threshold", "hrw", "iter_hash"),
                                1 + random.nextInt(256),
                                random.nextInt(1000),
                                random.nextInt(8),
                                7 + random.nextInt(20));
            case 28 ->
                "bundle(%s,%d,%s,ofport,%s:%s)"
                        .formatted(
                                hashFields(),
                                random.nextInt(65536),
                                pick("hrw", "active_backup"),
                                pick("members", "slaves"),
                                pick("", "4", "4,8,LOCAL", "IN_PORT,NONE"));
            case 29 -> "bundle_load(" + hashFields() + ",0,hrw,ofport,NXM_NX_REG0[8..31],members:1,2,3)";
            case 23 -> "push:NXM_OF_ETH_SRC[" + random.nextInt(10) + "..15]";
            case 24 -> pick("pop:NXM_NX_REG3[]", "pop:NXM_NX_REG4[7]", "exit", "pop_queue", "enqueue:3:7");
            case 25 -> "check_pkt_larger(" + random.nextInt(65536) + ")->NXM_NX_REG0[" + random.nextInt(32) + "]";
            case 26 -> "clone(" + action(protocol) + "," + action(protocol) + ")";
            case 22 -> pick("note:", "note:01.02.03", "note:00112233445566778899");
            case 20 -> learn(protocol);
            case 21 ->
                protocol.startsWith("tcp")
                        ? pick("fin_timeout(idle_timeout=10)", "fin_timeout(idle_timeout=3,hard_timeout=9)")
                        : "output:8";
            case 0 -> "output:" + (1 + random.nextInt(60000));
            case 1 -> pick("LOCAL", "IN_PORT", "FLOOD", "ALL", "NORMAL", "TABLE");
            case 2 -> "CONTROLLER:" + random.nextInt(65536);
            case 3 ->
                "controller(reason=" + pick("no_match", "invalid_ttl") + ",max_len=" + random.nextInt(65535) + ",id=5)";
            case 4 -> "mod_dl_src:" + mac();
            case 5 -> "set_field:" + mac() + "->eth_dst";
            case 6 -> "set_field:" + number(32) + "->reg" + random.nextInt(16);
            case 7 -> "load:0x" + Integer.toHexString(random.nextInt(256)) + "->NXM_NX_REG1[3..10]";
            case 8 -> "move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG" + random.nextInt(16) + "[16..31]";
            case 9 -> "group:" + random.nextInt(1000);
            case 10 -> "set_queue:" + random.nextInt(1000);
            case 11 -> "resubmit(," + random.nextInt(255) + ")";
            case 12 -> "set_field:0x" + Long.toHexString(random.nextLong() >>> 1) + "->tun_id";
            case 13 -> "output:NXM_NX_REG2[0..15]";
            case 14 -> "set_field:0x1234567890abcdef->metadata";
            case 15 -> "set_field:" + ipv4() + "->tun_dst";
            default -> transportAction(protocol);
        };
    }

    private String hashFields() {
        return pick(
                "eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "symmetric_l3", "nw_src", "nw_dst");
    }

    private String learn(String protocol) {
        List<String> parts = new ArrayList<>();
        maybe(parts, "table=" + random.nextInt(254));
        maybe(parts, "idle_timeout=" + random.nextInt(65536));
        maybe(parts, "hard_timeout=" + random.nextInt(65536));
        maybe(parts, "fin_idle_timeout=" + random.nextInt(65536));
        maybe(parts, "fin_hard_timeout=" + random.nextInt(65536));
        maybe(parts, "priority=" + random.nextInt(65536));
        maybe(parts, "send_flow_rem");
        maybe(parts, "delete_learned");
        maybe(parts, "cookie=0x" + Long.toHexString(random.nextLong()));
        maybe(parts, "limit=" + (1 + random.nextInt(1000)));
        maybe(parts, "result_dst=reg0[" + random.nextInt(32) + "]");
        maybe(parts, pick("in_port", "in_port=" + random.nextInt(100), "in_port=LOCAL", "NXM_OF_IN_PORT[]"));
        maybe(parts, pick("NXM_OF_VLAN_TCI[0..11]", "vlan_tci=0x1005", "NXM_OF_VLAN_TCI[0..3]=3"));
        maybe(parts, pick("NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]", "eth_dst=eth_src", "eth_src=" + mac(), "dl_dst"));
        maybe(parts, "metadata=0x1234");
        maybe(parts, "NXM_NX_REG1[]=NXM_NX_REG2[]");
        if (protocol.equals("tcp")) {
            parts.add("eth_type=0x800");
            parts.add("nw_proto=6");
            maybe(parts, pick("ip_dst=ip_src", "nw_src", "ip_src=" + ipv4(), "NXM_OF_IP_DST[8..31]"));
            maybe(parts, pick("tcp_dst=tcp_src", "NXM_OF_TCP_DST[]=NXM_OF_TCP_SRC[]", "tcp_src=80", "tp_dst=443"));
        } else if (protocol.equals("udp6")) {
            parts.add("dl_type=0x86dd");
            maybe(parts, pick("ipv6_src=ipv6_dst", "ipv6_dst=" + ipv6(), "NXM_NX_IPV6_SRC[64..127]"));
        }
        maybe(parts, "load:" + number(8) + "->NXM_NX_REG" + random.nextInt(8) + "[4..11]");
        maybe(parts, pick("load:NXM_OF_IN_PORT[]->NXM_NX_REG3[0..15]", "load:1->reg4[]", "load:reg1[0]->reg2[31]"));
        maybe(parts, pick("output:NXM_OF_IN_PORT[]", "output:reg5[0..15]", "output:in_port"));
        return "learn(" + String.join(",", parts) + ")";
    }

    private String transportAction(String protocol) {
        return switch (protocol) {
            case "tcp" -> pick("mod_tp_dst:80", "dec_ttl", "mod_nw_src:" + ipv4(), "mod_nw_tos:16", "mod_nw_ttl:5");
            case "udp6" -> pick("set_field:53->udp_dst", "dec_ttl", "set_field:" + ipv6() + "->ipv6_dst");
            case "mpls" -> pick("dec_mpls_ttl", "set_mpls_ttl(7)", "set_field:100->mpls_label");
            case "arp" ->
                pick("set_field:2->arp_op", "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]", "load:0x2->NXM_OF_ARP_OP[]");
            default -> pick("resubmit:5", "resubmit(5,6)", "output:7");
        };
    }

    private void maybe(List<String> parts, String part) {
        if (random.nextInt(4) == 0) {
            parts.add(part);
        }
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String number(int bits) {
        long value = random.nextLong() & ((1L << bits) - 1);
        return random.nextBoolean() ? Long.toString(value) : "0x" + Long.toHexString(value);
    }

    private String mac() {
        return AddressText.ethernet(random.nextLong());
    }

    private String ipv4() {
        return AddressText.ipv4(random.nextInt());
    }

    private String ipv6() {
        long high = random.nextBoolean() ? random.nextLong() : 0xfe80L << 48;
        long low = random.nextBoolean() ? random.nextLong() : random.nextInt(3);
        return AddressText.ipv6(new Bits(high, low));
    }
}
