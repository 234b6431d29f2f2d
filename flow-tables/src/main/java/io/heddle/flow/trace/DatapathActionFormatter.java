package io.heddle.flow.trace;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.DatapathAction;
import io.heddle.flow.pipeline.PacketInReason;
import io.heddle.flow.text.FlowFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * Prints datapath actions for people: {@code set(dl_dst=00:00:00:00:00:02),push_vlan(vid=5,pcp=0),2}.
 *
 * <p>Thread safety: immutable.
 */
public final class DatapathActionFormatter {
    private static final long[] ALL_ONES = new long[KeyLayout.WORDS];

    static {
        Arrays.fill(ALL_ONES, -1L);
    }

    private final FlowFormatter formatter;
    private final FlowKey packet;

    /**
     * For one kind of packet.
     *
     * @param packet tells which of the fields that share bits is meant (tcp_dst or udp_dst)
     */
    public DatapathActionFormatter(FlowFormatter formatter, FlowKey packet) {
        this.formatter = formatter;
        this.packet = packet;
    }

    /** The program in one line; {@code drop} for none. */
    public String format(List<DatapathAction> actions) {
        return actions.isEmpty() ? "drop" : actions.stream().map(this::format).collect(Collectors.joining(","));
    }

    private String format(DatapathAction action) {
        return switch (action) {
            case DatapathAction.Output output -> Integer.toString(output.port());
            case DatapathAction.Truncate truncate -> "trunc(" + truncate.maxLength() + ")";
            case DatapathAction.SetFields set -> "set(" + fields(set.rewrite()) + ")";
            case DatapathAction.PushVlan push ->
                "push_vlan(%svid=%d,pcp=%d)"
                        .formatted(
                                push.etherType() == 0x8100 ? "" : "tpid=0x%04x,".formatted(push.etherType()),
                                push.tci() & 0xfff,
                                push.tci() >>> 13 & 7);
            case DatapathAction.PopVlan pop -> "pop_vlan";
            case DatapathAction.PushMpls push ->
                "push_mpls(label=%d,tc=%d,ttl=%d,bos=%d,eth_type=0x%04x)"
                        .formatted(
                                push.labelStackEntry() >>> 12,
                                push.labelStackEntry() >>> 9 & 7,
                                push.labelStackEntry() & 0xff,
                                push.labelStackEntry() >>> 8 & 1,
                                push.etherType());
            case DatapathAction.PopMpls pop -> "pop_mpls(eth_type=0x%04x)".formatted(pop.etherType());
            case DatapathAction.CopyTtl copy -> copy.isInward() ? "copy_ttl(in)" : "copy_ttl(out)";
            case DatapathAction.PushPbb push ->
                "push_pbb(isid=%d,eth_type=0x%04x)".formatted(push.serviceTag() & 0xffffff, push.etherType());
            case DatapathAction.PopPbb pop -> "pop_pbb";
            case DatapathAction.Meter meter -> "meter(" + Integer.toUnsignedString(meter.meterId()) + ")";
            case DatapathAction.Punt punt when PacketInReason.isOwn(punt.reason()) -> "userspace(slow_path)";
            case DatapathAction.Punt punt ->
                "controller(reason=%d,max_len=%d%s)"
                        .formatted(
                                punt.reason(), punt.maxLength(), punt.continuation() == null ? "" : ",continuation=1");
            case DatapathAction.Clone clone -> "clone(" + format(clone.actions()) + ")";
            case DatapathAction.CheckLength check ->
                "check_pkt_len(size=%d,gt(%s),le(%s))"
                        .formatted(check.length(), format(check.ifLonger()), format(check.otherwise()));
            case DatapathAction.Conntrack conntrack -> formatter.conntrack(conntrack.request());
            case DatapathAction.ConntrackClear clear -> "ct_clear";
            case DatapathAction.Recirculate recirculate -> "recirc(0x%x)".formatted(recirculate.recirculationId());
        };
    }

    private String fields(Match rewrite) {
        StringJoiner text = new StringJoiner(",");
        long[] left = rewrite.mask().words();
        long id = 0x0fffL << 32;
        if ((left[KeyLayout.W_VLAN] & id) == id) {
            text.add("dl_vlan=" + ((rewrite.key().word(KeyLayout.W_VLAN) & id) >>> 32));
            left[KeyLayout.W_VLAN] &= ~id;
        }
        for (boolean isExpected : new boolean[] {true, false}) {
            for (MatchField field : MatchField.in(left)) {
                boolean isHere = field.prerequisite().isMetBy(packet.words(), ALL_ONES);
                Bits mask = field.read(left);
                boolean isWhole = (mask.low() | mask.high()) != 0
                        && (field.isMaskable() || (left[field.word()] & field.wordMask()) == field.wordMask());
                if (isHere == isExpected && isWhole) {
                    String value = formatter.match(Match.builder()
                            .masked(field, rewrite.valueOf(field), mask)
                            .build());
                    text.add(value);
                    field.write(left, Bits.ZERO);
                }
            }
        }
        long secondLabel = left[KeyLayout.W_MPLS] & 0xffffffffL;
        if (secondLabel != 0) {
            text.add("mpls_lse1=0x%x/0x%x".formatted(rewrite.key().word(KeyLayout.W_MPLS) & secondLabel, secondLabel));
        }
        if ((left[KeyLayout.W_HASH_PRIORITY] & 0xffffffffL) != 0) {
            long queue = rewrite.key().word(KeyLayout.W_HASH_PRIORITY) & 0xffffffffL;
            text.add(queue == 0 ? "queue=none" : "queue=" + (queue - 1));
        }
        return text.toString();
    }
}
