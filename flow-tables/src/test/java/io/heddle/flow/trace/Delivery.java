package io.heddle.flow.trace;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.DatapathAction;
import java.util.ArrayList;
import java.util.List;

/**
 * What datapath actions, Heddle's or Open vSwitch's, do to a packet: where it goes, and what it is then.
 *
 * @param port datapath port, {@code controller} or {@code recirc}
 */
record Delivery(String port, String packet) implements Comparable<Delivery> {
    boolean isRecirculation() {
        return port.equals("recirc");
    }

    @Override
    public int compareTo(Delivery other) {
        return (port + packet).compareTo(other.port + other.packet);
    }

    /** Executes Heddle's actions. */
    static List<Delivery> ofHeddle(FlowKey packet, List<DatapathAction> actions) {
        List<Delivery> deliveries = new ArrayList<>();
        heddle(new FlowKey(packet), actions, deliveries);
        return sorted(deliveries);
    }

    private static void heddle(FlowKey packet, List<DatapathAction> actions, List<Delivery> out) {
        for (DatapathAction action : actions) {
            switch (action) {
                case DatapathAction.Output output -> out.add(delivery(Integer.toString(output.port()), packet));
                case DatapathAction.Punt punt -> out.add(delivery("controller", packet));
                case DatapathAction.Recirculate recirculate -> out.add(delivery("recirc", packet));
                case DatapathAction.Clone clone -> heddle(new FlowKey(packet), clone.actions(), out);
                case DatapathAction.SetFields set -> {
                    Match rewrite = set.rewrite();
                    long[] mask = rewrite.mask().words();
                    long[] value = rewrite.key().words();
                    for (int word = 0; word < KeyLayout.WORDS; word++) {
                        packet.word(word, packet.word(word) & ~mask[word] | value[word]);
                    }
                }
                case DatapathAction.PushVlan push -> pushVlan(packet, push.etherType(), push.tci());
                case DatapathAction.PopVlan pop -> packet.word(KeyLayout.W_VLAN, packet.word(KeyLayout.W_VLAN) << 32);
                case DatapathAction.PushMpls push -> pushMpls(packet, push.etherType(), push.labelStackEntry());
                case DatapathAction.PopMpls pop -> popMpls(packet, pop.etherType());
                case DatapathAction.Meter meter -> {}
                case DatapathAction.CopyTtl copy -> throw new IllegalArgumentException("no copied TTL in this test");
                case DatapathAction.CheckLength check -> throw new IllegalArgumentException("no lengths in this test");
                case DatapathAction.Truncate truncate ->
                    throw new IllegalArgumentException("no truncation in this test");
                case DatapathAction.PushPbb push -> throw new IllegalArgumentException("no PBB in this test");
                case DatapathAction.Conntrack ct -> throw new IllegalArgumentException("no connections in this test");
                case DatapathAction.ConntrackClear clear ->
                    throw new IllegalArgumentException("no connections in this test");
                case DatapathAction.PopPbb pop -> throw new IllegalArgumentException("no PBB in this test");
            }
        }
    }

    /** Executes Open vSwitch's actions. */
    static List<Delivery> ofOpenVSwitch(FlowKey packet, String actions) {
        List<Delivery> deliveries = new ArrayList<>();
        openVSwitch(new FlowKey(packet), actions, deliveries);
        return sorted(deliveries);
    }

    private static void openVSwitch(FlowKey packet, String actions, List<Delivery> out) {
        for (String action : split(actions)) {
            int open = action.indexOf('(');
            String name = open < 0 ? action : action.substring(0, open);
            String inner = open < 0 ? "" : action.substring(open + 1, action.length() - 1);
            switch (name) {
                case "drop", "meter" -> {}
                case "set" -> set(packet, inner);
                case "clone" -> openVSwitch(new FlowKey(packet), inner, out);
                case "userspace" -> out.add(delivery("controller", packet));
                case "recirc" -> out.add(delivery("recirc", packet));
                case "push_vlan" -> {
                    int vid = 0;
                    int pcp = 0;
                    int tpid = 0x8100;
                    for (String part : split(inner)) {
                        int value = Integer.decode(part.substring(part.indexOf('=') + 1));
                        switch (part.substring(0, part.indexOf('='))) {
                            case "vid" -> vid = value;
                            case "pcp" -> pcp = value;
                            default -> tpid = value;
                        }
                    }
                    pushVlan(packet, tpid, pcp << 13 | vid);
                }
                case "pop_vlan" -> packet.word(KeyLayout.W_VLAN, packet.word(KeyLayout.W_VLAN) << 32);
                case "pop_mpls" -> popMpls(packet, Integer.decode(inner.substring(inner.indexOf('=') + 1)));
                default -> out.add(delivery(name, packet));
            }
        }
    }

    private static void set(FlowKey packet, String text) {
        int open = text.indexOf('(');
        String header = text.substring(0, open);
        for (String part : split(text.substring(open + 1, text.length() - 1))) {
            String name = part.substring(0, part.indexOf('='));
            MatchField field = field(header, name);
            String value = part.substring(part.indexOf('=') + 1);
            Match match;
            try {
                match = PipelineLab.PARSER.field(field, value);
            } catch (FlowException e) {
                throw new IllegalArgumentException(text, e);
            }
            Bits mask = match.maskOf(field);
            packet.set(field, packet.get(field).and(mask.not()).or(match.valueOf(field)));
        }
    }

    private static MatchField field(String header, String name) {
        return switch (header + "." + name) {
            case "eth.src" -> MatchField.ETH_SRC;
            case "eth.dst" -> MatchField.ETH_DST;
            case "ipv4.src" -> MatchField.NW_SRC;
            case "ipv4.dst" -> MatchField.NW_DST;
            case "ipv4.ttl", "ipv6.hlimit" -> MatchField.NW_TTL;
            case "ipv4.tos", "ipv6.tclass" -> MatchField.NW_TOS;
            case "ipv6.src" -> MatchField.IPV6_SRC;
            case "ipv6.dst" -> MatchField.IPV6_DST;
            case "tcp.src", "udp.src" -> MatchField.TCP_SRC;
            case "tcp.dst", "udp.dst" -> MatchField.TCP_DST;
            default -> throw new IllegalArgumentException("unknown set(" + header + "(" + name + "))");
        };
    }

    /** Splits at commas outside of parentheses. */
    static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? ',' : text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ',' && depth == 0) {
                parts.add(text.substring(start, i).trim());
                start = i + 1;
            }
        }
        return parts;
    }

    private static void pushVlan(FlowKey packet, int etherType, int tci) {
        long tag = (long) etherType << 16 | tci | KeyLayout.VLAN_PRESENT;
        packet.word(KeyLayout.W_VLAN, tag << 32 | packet.word(KeyLayout.W_VLAN) >>> 32);
    }

    private static void pushMpls(FlowKey packet, int etherType, int entry) {
        packet.word(KeyLayout.W_MPLS, (long) entry << 32 | packet.word(KeyLayout.W_MPLS) >>> 32);
        packet.set(MatchField.ETH_TYPE, etherType);
    }

    private static void popMpls(FlowKey packet, int etherType) {
        packet.word(KeyLayout.W_MPLS, packet.word(KeyLayout.W_MPLS) << 32);
        packet.set(MatchField.ETH_TYPE, etherType);
    }

    private static Delivery delivery(String port, FlowKey packet) {
        return new Delivery(port, PipelineLab.FORMATTER.key(packet));
    }

    private static List<Delivery> sorted(List<Delivery> deliveries) {
        deliveries.sort(null);
        return deliveries;
    }
}
