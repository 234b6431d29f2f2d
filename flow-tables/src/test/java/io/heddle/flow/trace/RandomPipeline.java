package io.heddle.flow.trace;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Random flows, in the syntax of {@code ovs-ofctl}, and packets that they are likely to match. */
final class RandomPipeline {
    private static final String[] PROTOCOLS = {"", "ip", "tcp", "udp", "ipv6", "tcp6", "arp", "mpls"};

    private RandomPipeline() {}

    static String flow(Random random) {
        String protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        List<String> match = new ArrayList<>();
        int table = random.nextInt(3);
        match.add("table=" + table);
        match.add("priority=" + random.nextInt(65536));
        if (!protocol.isEmpty()) {
            match.add(protocol);
        }
        boolean hasVlan = random.nextInt(4) == 0;
        if (hasVlan) {
            match.add("dl_vlan=" + vlan(random));
        }
        maybe(random, match, "in_port=" + (1 + random.nextInt(3)));
        maybe(random, match, "dl_dst=" + mac(random));
        maybe(random, match, "dl_src=00:00:00:00:00:00/01:00:00:00:00:00");
        maybe(random, match, "reg0=" + random.nextInt(2));
        maybe(random, match, "metadata=" + random.nextInt(2) + "/0x1");
        matchNetwork(random, protocol, match);
        return String.join(",", match) + ",actions=" + instructions(random, protocol, table, hasVlan);
    }

    /**
     * Flows of which no two of a table have one priority: which of them matches "is explicitly undefined" (OpenFlow 1.3.5 section 5.3).
     */
    static List<String> flows(Random random, int count) {
        Map<String, String> byPriority = new LinkedHashMap<>();
        while (byPriority.size() < count) {
            String flow = flow(random);
            String tableAndPriority = flow.substring(0, flow.indexOf(',', flow.indexOf("priority=")));
            byPriority.putIfAbsent(tableAndPriority, flow);
        }
        return List.copyOf(byPriority.values());
    }

    private static void matchNetwork(Random random, String protocol, List<String> match) {
        switch (protocol) {
            case "ip", "tcp", "udp" -> {
                maybe(random, match, "nw_dst=10.0." + random.nextInt(2) + ".0/" + (22 + random.nextInt(3)));
                maybe(random, match, "nw_src=10.0.0." + random.nextInt(3));
                maybe(random, match, "nw_frag=" + (protocol.equals("ip") ? "later" : "no"));
            }
            case "ipv6", "tcp6" ->
                maybe(random, match, "ipv6_dst=2001::" + random.nextInt(2) + "/" + (120 + random.nextInt(9)));
            case "arp" -> maybe(random, match, "arp_op=" + (1 + random.nextInt(2)));
            case "mpls" -> maybe(random, match, "mpls_label=" + random.nextInt(2));
            default -> {}
        }
        if (protocol.startsWith("tcp") || protocol.equals("udp")) {
            maybe(random, match, "tp_dst=" + (random.nextBoolean() ? "80" : "0x50/0xfff0"));
        }
    }

    private static void maybe(Random random, List<String> match, String text) {
        if (random.nextInt(3) == 0) {
            match.add(text);
        }
    }

    private static String instructions(Random random, String protocol, int table, boolean hasVlan) {
        List<String> actions = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            actions.add(action(random, protocol, table, hasVlan));
        }
        String popped = protocol.equals("mpls") && random.nextInt(3) == 0 ? "pop_mpls:0x0800" : "";
        if (!popped.isEmpty()) {
            actions.add(popped);
        }
        if (random.nextInt(3) == 0) {
            actions.add("write_actions(output:" + (2 + random.nextInt(3)) + ")");
        }
        if (random.nextInt(3) == 0) {
            actions.add("write_metadata:" + random.nextInt(2));
        }
        if (table < 2 && random.nextBoolean()) {
            actions.add("goto_table:" + (table + 1));
        }
        return actions.isEmpty() ? "drop" : String.join(",", actions);
    }

    private static String action(Random random, String protocol, int table, boolean hasVlan) {
        boolean isIpv4 = protocol.equals("ip") || protocol.equals("tcp") || protocol.equals("udp");
        return switch (random.nextInt(26)) {
            // Chosen without the hash, which is not Open vSwitch's.
            case 24 ->
                random.nextBoolean()
                        ? "bundle(eth_src,0,active_backup,ofport,members:9,%d,2)".formatted(1 + random.nextInt(4))
                        : "bundle_load(nw_src,1,active_backup,ofport,NXM_NX_REG0[0..15],members:9,%d)"
                                .formatted(1 + random.nextInt(4));
            case 25 ->
                "multipath(%s,5,hrw,1,0,NXM_NX_REG0[0..1])"
                        .formatted(List.of("eth_src", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_dst")
                                .get(random.nextInt(4)));
            case 21 -> "push:NXM_NX_REG0[]";
            case 22 -> "pop:" + (random.nextBoolean() ? "NXM_OF_ETH_DST[0..3]" : "NXM_NX_REG0[0..7]");
            case 23 ->
                random.nextInt(4) == 0
                        ? "exit"
                        : "clone(" + action(random, protocol, table, hasVlan) + ","
                                + action(random, protocol, table, hasVlan) + ")";
            case 20 -> learn(random, isIpv4);
            case 0, 1, 2 -> "output:" + (1 + random.nextInt(4));
            case 3 -> "output:6";
            case 4 -> "set_field:" + mac(random) + "->eth_dst";
            case 5 -> "set_field:" + random.nextInt(2) + "->reg0";
            case 6 -> "move:NXM_OF_ETH_SRC[0..7]->NXM_NX_REG0[0..7]";
            case 7 -> isIpv4 ? "set_field:10.0.0." + random.nextInt(3) + "->ip_dst" : "output:3";
            case 8 -> isIpv4 || protocol.endsWith("6") ? "dec_ttl" : "output:2";
            case 9 -> table < 2 ? "resubmit(,2)" : "output:4";
            case 10 -> "group:1";
            case 11 -> "group:2";
            case 12 -> "normal";
            case 13 -> "flood";
            case 14 -> "controller";
            case 15 -> hasVlan ? "set_field:" + (4096 + vlan(random)) + "->vlan_vid" : "set_field:3->metadata";
            case 16 -> "output:reg0[0..2]";
            case 17 -> protocol.startsWith("tcp") ? "set_field:81->tcp_dst" : "in_port";
            case 18 -> "move:NXM_NX_REG0[]->NXM_NX_REG1[]";
            default -> "set_field:5->tun_id";
        };
    }

    /** Conjunctive matches, each of a priority of its own, and plain flows between them. */
    static List<String> conjunctions(Random random) {
        List<String> flows = new ArrayList<>();
        List<Integer> priorities =
                new ArrayList<>(IntStream.range(0, 40).boxed().toList());
        Collections.shuffle(priorities, random);
        for (int id = 1; id <= 3; id++) {
            List<String> fields = new ArrayList<>(List.of("in_port=", "dl_src=", "dl_dst="));
            Collections.shuffle(fields, random);
            int dimensions = 2 + random.nextInt(2);
            for (int i = 0; i < dimensions; i++) {
                for (int j = random.nextInt(3); j >= 0; j--) {
                    flows.add("priority=%d,%s,actions=conjunction(%d,%d/%d)%s"
                            .formatted(
                                    10 * id,
                                    value(random, fields.get(i)),
                                    id,
                                    i + 1,
                                    dimensions,
                                    random.nextInt(3) == 0 ? ",note:01" : ""));
                }
            }
            if (random.nextInt(4) > 0) {
                flows.add("priority=%d,conj_id=%d,actions=output:%d"
                        .formatted(priorities.removeLast(), id, 2 + random.nextInt(3)));
            }
            if (random.nextInt(4) == 0) {
                flows.add("priority=%d,conj_id=%d,dl_dst=%s,actions=output:6"
                        .formatted(priorities.removeLast(), id, mac(random)));
            }
        }
        for (int i = random.nextInt(5); i > 0; i--) {
            String match = value(random, random.nextBoolean() ? "in_port=" : "dl_src=");
            flows.add("priority=%d,%s,actions=output:%d"
                    .formatted(priorities.removeLast(), match, 2 + random.nextInt(3)));
        }
        return flows;
    }

    private static String value(Random random, String field) {
        return field + (field.equals("in_port=") ? 1 + random.nextInt(3) : mac(random));
    }

    /** Of what nobody looks up, so that what is learned changes no other packet's way. */
    static String learn(Random random, boolean isIpv4) {
        List<String> parts = new ArrayList<>();
        parts.add("table=" + (3 + random.nextInt(2)));
        maybe(random, parts, "priority=" + random.nextInt(3));
        maybe(random, parts, "cookie=" + random.nextInt(3));
        maybe(random, parts, "hard_timeout=" + (100 + random.nextInt(3)));
        maybe(random, parts, "NXM_OF_VLAN_TCI[0..11]");
        maybe(random, parts, random.nextBoolean() ? "in_port" : "in_port=2");
        maybe(random, parts, "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]");
        maybe(random, parts, "eth_src=" + mac(random));
        maybe(random, parts, "NXM_NX_REG3[]=NXM_NX_REG0[]");
        if (isIpv4) {
            parts.add("eth_type=0x800");
            maybe(
                    random,
                    parts,
                    random.nextBoolean() ? "NXM_OF_IP_SRC[]" : "NXM_OF_IP_DST[8..31]=NXM_OF_IP_SRC[0..23]");
            maybe(random, parts, "nw_proto");
            maybe(random, parts, "nw_tos=8");
        }
        maybe(random, parts, "load:NXM_OF_IN_PORT[]->NXM_NX_REG1[3..18]");
        maybe(random, parts, "load:NXM_OF_ETH_SRC[4..7]->NXM_OF_ETH_DST[1..4]");
        maybe(random, parts, "load:7->NXM_NX_REG2[0..3]");
        maybe(random, parts, random.nextBoolean() ? "output:NXM_OF_IN_PORT[]" : "output:NXM_NX_REG0[]");
        return "learn(" + String.join(",", parts) + ")";
    }

    private static int vlan(Random random) {
        return 5 + random.nextInt(2);
    }

    private static String mac(Random random) {
        return "02:00:00:00:00:0" + random.nextInt(3);
    }

    /** A packet's key as an extractor would make it. */
    static FlowKey key(Random random) {
        FlowKey key = new FlowKey()
                .set(MatchField.IN_PORT, 1 + random.nextInt(3))
                .set(MatchField.ETH_DST, 0x020000000000L + random.nextInt(3))
                .set(MatchField.ETH_SRC, 0x020000000000L + random.nextInt(3));
        if (random.nextInt(3) == 0) {
            long tags = 0x8100_1000L + vlan(random) << 32;
            key.word(KeyLayout.W_VLAN, random.nextBoolean() ? tags : tags | 0x8100_1000L + vlan(random));
        }
        switch (random.nextInt(5)) {
            case 0 ->
                key.set(MatchField.ETH_TYPE, 0x0806)
                        .set(MatchField.NW_PROTO, 1 + random.nextInt(2))
                        .set(MatchField.ARP_TPA, 0x0a000000L + random.nextInt(3));
            case 1 -> {
                key.set(MatchField.ETH_TYPE, 0x86dd)
                        .set(MatchField.IPV6_DST, new Bits(0x2001L << 48, random.nextInt(3)));
                transport(random, key);
            }
            case 2 ->
                key.set(MatchField.ETH_TYPE, 0x8847)
                        .set(MatchField.MPLS_LABEL, random.nextInt(2))
                        .set(MatchField.MPLS_BOS, random.nextInt(2));
            default -> {
                key.set(MatchField.ETH_TYPE, 0x0800)
                        .set(MatchField.NW_DST, 0x0a000000L + random.nextInt(3) * 256L)
                        .set(MatchField.NW_SRC, 0x0a000000L + random.nextInt(3));
                transport(random, key);
            }
        }
        return key;
    }

    private static void transport(Random random, FlowKey key) {
        key.set(MatchField.NW_PROTO, random.nextBoolean() ? 6 : 17)
                .set(MatchField.NW_TTL, random.nextInt(3))
                .set(MatchField.TCP_SRC, random.nextInt(100))
                .set(MatchField.TCP_DST, random.nextBoolean() ? 80 : 81);
        if (random.nextInt(6) == 0) {
            key.set(MatchField.NW_FRAG, random.nextBoolean() ? 1 : 3);
        }
    }
}
