package io.heddle.flow.text;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.Selection;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Prints flows, matches, keys, actions, groups and meters with the order and the spelling of {@code ovs-ofctl}. {@link FlowParser}
 * reads what is printed back to an equal value.
 *
 * <p>Thread safety: immutable.
 */
public final class FlowFormatter {
    private final FieldText values;
    private final ActionFormatter actions;

    public FlowFormatter(PortNames ports) {
        this.values = new FieldText(ports);
        this.actions = new ActionFormatter(values);
    }

    /** A port number, or the name of a reserved or known port. */
    public String port(int port) {
        return values.port(port);
    }

    /** Such as {@code tcp,in_port=1,nw_src=10.0.0.0/8,tp_dst=80}; empty for a match of everything. */
    public String match(Match match) {
        return MatchFormatter.format(values, match);
    }

    /** A flow's priority (unless it is 32768) and match, as they stand before {@code actions=}. */
    public String rule(int priority, Match match) {
        String fields = match(match);
        if (priority == FlowMod.DEFAULT_PRIORITY) {
            return fields;
        }
        return "priority=" + priority + (fields.isEmpty() ? "" : "," + fields);
    }

    /** Such as {@code output:1,output:2}; {@code drop} for none. */
    public String actions(List<Action> list) {
        return actions.actions(list);
    }

    /** What a datapath action asks of the connection tracker, as {@code ct(commit,zone=1,mark=0x1/0xffffffff)}. */
    public String conntrack(TrackRequest request) {
        StringJoiner text = new StringJoiner(",", "ct(", ")");
        text.setEmptyValue("ct");
        if (request.isCommit()) {
            text.add(request.isForced() ? "force_commit" : "commit");
        }
        if (request.zone() != 0) {
            text.add("zone=" + request.zone());
        }
        if (request.markMask() != 0) {
            text.add("mark=0x%x/0x%x".formatted(request.mark(), request.markMask()));
        }
        if (!request.labelMask().isZero()) {
            text.add("label=" + FieldText.hexAlways(request.label()) + "/" + FieldText.hexAlways(request.labelMask()));
        }
        Alg alg = request.alg();
        if (alg != null) {
            text.add("helper=" + alg.text());
        }
        NatSpec nat = request.nat();
        if (nat != null) {
            text.add(NatText.format(nat));
        }
        return text.toString();
    }

    /** Bits of {@code ct_state}, as {@code trk|new}. */
    public String ctState(int state) {
        return CtStateText.format(state);
    }

    /** Such as {@code meter:1,output:2,goto_table:3}; {@code drop} for none. */
    public String instructions(List<Instruction> instructions) {
        return actions.instructions(instructions);
    }

    /** A flow without statistics, such as {@code table=1, priority=100,ip actions=output:1}. */
    public String flow(FlowMod flow) {
        StringBuilder text = new StringBuilder();
        if (flow.cookie() != 0 || flow.cookieMask() != 0) {
            text.append("cookie=0x").append(Long.toHexString(flow.cookie()));
            if (flow.cookieMask() != 0) {
                text.append("/0x").append(Long.toHexString(flow.cookieMask()));
            }
            text.append(", ");
        }
        boolean isDelete = flow.command() == FlowMod.Command.DELETE || flow.command() == FlowMod.Command.DELETE_STRICT;
        if (flow.tableId() != (isDelete ? FlowMod.ALL_TABLES : 0)) {
            text.append("table=").append(flow.tableId()).append(", ");
        }
        if (flow.outPort() != Ports.ANY) {
            text.append("out_port=").append(values.port(flow.outPort())).append(", ");
        }
        if (flow.outGroup() != FlowMod.ANY_GROUP) {
            text.append("out_group=")
                    .append(Integer.toUnsignedString(flow.outGroup()))
                    .append(", ");
        }
        body(text, flow, !isDelete);
        return text.toString();
    }

    /**
     * A line of {@code ovs-ofctl dump-flows}.
     *
     * @param durationNs since the flow was added, in nanoseconds
     */
    public String statistics(FlowMod flow, long durationNs, long packets, long octets) {
        StringBuilder text = new StringBuilder(" cookie=0x").append(Long.toHexString(flow.cookie()));
        text.append(", duration=")
                .append(seconds(durationNs))
                .append("s, table=")
                .append(flow.tableId());
        text.append(", n_packets=")
                .append(packets)
                .append(", n_bytes=")
                .append(octets)
                .append(", ");
        body(text, flow, true);
        return text.toString();
    }

    /** Seconds, with as many decimals as there are up to milliseconds. */
    private static String seconds(long durationNs) {
        long milliseconds = durationNs / 1_000_000;
        String decimals = String.format(Locale.ROOT, ".%03d", milliseconds % 1000);
        int end = decimals.length();
        while (end > 0 && (decimals.charAt(end - 1) == '0' || decimals.charAt(end - 1) == '.')) {
            end--;
        }
        return milliseconds / 1000 + decimals.substring(0, end);
    }

    private void body(StringBuilder text, FlowMod flow, boolean withActions) {
        if (flow.idleTimeoutSeconds() != 0) {
            text.append("idle_timeout=").append(flow.idleTimeoutSeconds()).append(", ");
        }
        if (flow.hardTimeoutSeconds() != 0) {
            text.append("hard_timeout=").append(flow.hardTimeoutSeconds()).append(", ");
        }
        flags(text, flow.flags());
        if (flow.importance() != 0) {
            text.append("importance=").append(flow.importance()).append(", ");
        }
        String rule = rule(flow.priority(), flow.match());
        text.append(rule);
        if (withActions) {
            text.append(rule.isEmpty() ? "" : " ").append("actions=").append(instructions(flow.instructions()));
        }
    }

    private static void flags(StringBuilder text, Set<FlowMod.Flag> flags) {
        for (FlowMod.Flag flag : FlowMod.Flag.values()) {
            if (flags.contains(flag)) {
                text.append(
                        switch (flag) {
                            case SEND_FLOW_REM -> "send_flow_rem ";
                            case CHECK_OVERLAP -> "check_overlap ";
                            case RESET_COUNTS -> "reset_counts ";
                            case NO_PKT_COUNTS -> "no_packet_counts ";
                            case NO_BYT_COUNTS -> "no_byte_counts ";
                        });
            }
        }
    }

    /** Such as {@code group_id=1,type=select,bucket=weight:10,actions=output:1}. */
    public String group(GroupMod group) {
        StringBuilder text = new StringBuilder("group_id=")
                .append(group.groupId() == GroupMod.ALL_GROUPS ? "all" : Integer.toUnsignedString(group.groupId()));
        text.append(",type=")
                .append(
                        switch (group.type()) {
                            case ALL -> "all";
                            case SELECT -> "select";
                            case INDIRECT -> "indirect";
                            case FAST_FAILOVER -> "ff";
                        });
        selection(text, group.selection());
        for (GroupMod.BucketSpec bucket : group.buckets()) {
            text.append(",bucket=");
            if (bucket.id() != GroupMod.BucketSpec.UNNUMBERED) {
                text.append("bucket_id:")
                        .append(Integer.toUnsignedString(bucket.id()))
                        .append(',');
            }
            if (bucket.weight() != (group.type() == GroupMod.GroupType.SELECT ? 1 : 0)) {
                text.append("weight:").append(bucket.weight()).append(',');
            }
            if (bucket.watchPort() != Ports.ANY) {
                text.append("watch_port:")
                        .append(values.port(bucket.watchPort()))
                        .append(',');
            }
            if (bucket.watchGroup() != FlowMod.ANY_GROUP) {
                text.append("watch_group:")
                        .append(Integer.toUnsignedString(bucket.watchGroup()))
                        .append(',');
            }
            text.append("actions=").append(actions(bucket.actions()));
        }
        return text.toString();
    }

    private void selection(StringBuilder text, Selection selection) {
        if (selection.method() == Selection.Method.DEFAULT) {
            return;
        }
        text.append(",selection_method=").append(selection.method().word());
        if (selection.parameter() != 0) {
            text.append(",selection_method_param=").append(Long.toUnsignedString(selection.parameter()));
        }
        List<String> fields = new ArrayList<>();
        for (Selection.Field each : selection.fields()) {
            String name = FieldNames.ofSetField(each.field());
            fields.add(
                    each.isWhole()
                            ? name
                            : values.format(
                                    each.field(),
                                    name,
                                    each.mask(),
                                    each.field().allOnes()));
        }
        if (fields.size() == 1 && selection.fields().getFirst().isWhole()) {
            text.append(",fields=").append(fields.getFirst());
        } else if (!fields.isEmpty()) {
            text.append(",fields(").append(String.join(",", fields)).append(')');
        }
    }

    /** Such as {@code meter=1 kbps burst bands=type=drop rate=1000 burst_size=100}, on one line. */
    public String meter(MeterMod meter) {
        StringBuilder text = new StringBuilder("meter=")
                .append(
                        switch (meter.meterId()) {
                            case MeterMod.ALL_METERS -> "all";
                            case MeterMod.CONTROLLER -> "controller";
                            case MeterMod.SLOW_PATH -> "slowpath";
                            default -> Integer.toUnsignedString(meter.meterId());
                        });
        for (MeterMod.Flag flag : MeterMod.Flag.values()) {
            if (meter.flags().contains(flag)) {
                text.append(' ').append(flag.name().toLowerCase(Locale.ROOT));
            }
        }
        if (!meter.bands().isEmpty()) {
            text.append(" bands=");
        }
        String separator = "";
        for (MeterMod.Band band : meter.bands()) {
            text.append(separator)
                    .append(
                            switch (band) {
                                case MeterMod.Band.Drop _ -> "type=drop";
                                case MeterMod.Band.DscpRemark _ -> "type=dscp_remark";
                            });
            text.append(" rate=").append(band.rate());
            if (band.burstSize() != 0) {
                text.append(" burst_size=").append(band.burstSize());
            }
            if (band instanceof MeterMod.Band.DscpRemark remark) {
                text.append(" prec_level=").append(remark.precedenceLevel());
            }
            separator = " ";
        }
        return text.toString();
    }

    /** A packet's key as on the {@code Flow:} line of {@code ofproto/trace}: the headers that the packet has, and non-zero metadata. */
    public String key(FlowKey key) {
        return MatchFormatter.format(values, Match.of(key, maskOf(key)));
    }

    /** The match of a megaflow as on the {@code Megaflow:} line of {@code ofproto/trace}. */
    public String megaflow(FlowKey key, FlowMask mask) {
        return MatchFormatter.megaflow(values, key, mask);
    }

    /** The bits that a packet of this kind has, and those metadata fields that are not zero. */
    private static FlowMask maskOf(FlowKey key) {
        FlowMask mask = new FlowMask();
        mask.add(MatchField.ETH_SRC)
                .add(MatchField.ETH_DST)
                .add(MatchField.ETH_TYPE)
                .add(MatchField.VLAN_TCI);
        if ((key.word(KeyLayout.W_VLAN) & KeyLayout.VLAN_PRESENT) != 0) {
            mask.addWord(KeyLayout.W_VLAN, 0xffffL);
        }
        for (MatchField field : MatchField.values()) {
            boolean isMetadata = field.word() >= KeyLayout.W_TUN_ID
                    || field == MatchField.IN_PORT
                    || field == MatchField.IN_PHY_PORT;
            if (isMetadata
                    && field.bits() <= 64
                    && (!key.get(field).isZero() || (key.word(KeyLayout.W_TUN_OPTIONS) & field.presenceBit()) != 0)
                    && !field.fieldName().startsWith("xreg")) {
                mask.add(field);
            }
            if (isMetadata
                    && field.bits() == 128
                    && !key.get(field).isZero()
                    && !field.fieldName().startsWith("xxreg")) {
                mask.add(field);
            }
        }
        addNetwork(key, mask);
        return mask;
    }

    private static void addNetwork(FlowKey key, FlowMask mask) {
        switch ((int) key.getLong(MatchField.ETH_TYPE)) {
            case 0x0800 -> {
                mask.add(MatchField.NW_SRC).add(MatchField.NW_DST);
                addIp(key, mask);
            }
            case 0x86dd -> {
                mask.add(MatchField.IPV6_SRC).add(MatchField.IPV6_DST).add(MatchField.IPV6_LABEL);
                addIp(key, mask);
            }
            case 0x0806, 0x8035 ->
                mask.add(MatchField.ARP_SPA)
                        .add(MatchField.ARP_TPA)
                        .add(MatchField.ARP_OP)
                        .add(MatchField.ARP_SHA)
                        .add(MatchField.ARP_THA);
            case 0x8847, 0x8848 -> addLabels(key, mask);
            case 0x894f -> MatchFormatter.NSH.forEach(mask::add);
            case 0x88e7 -> mask.add(MatchField.PBB_ISID).add(MatchField.PBB_UCA);
            default -> {
                // Nothing above Ethernet is known.
            }
        }
    }

    private static void addLabels(FlowKey key, FlowMask mask) {
        mask.addWord(KeyLayout.W_MPLS, 0xffffffff00000000L);
        boolean isLast = key.getLong(MatchField.MPLS_BOS) != 0;
        if (!isLast) {
            mask.addWord(KeyLayout.W_MPLS, 0xffffffffL);
            if ((key.word(KeyLayout.W_MPLS) & 0x100) == 0) {
                mask.addWord(KeyLayout.W_MPLS2_PBB, 0xffffffff00000000L);
            }
        }
    }

    private static void addIp(FlowKey key, FlowMask mask) {
        mask.add(MatchField.NW_PROTO)
                .add(MatchField.NW_TOS)
                .add(MatchField.NW_TTL)
                .add(MatchField.NW_FRAG);
        if ((key.getLong(MatchField.NW_FRAG) & KeyLayout.FRAG_LATER) != 0) {
            return;
        }
        int protocol = (int) key.getLong(MatchField.NW_PROTO);
        boolean hasTransport = switch (protocol) {
            case 1, 2, 6, 17, 58, 132 -> true;
            default -> false;
        };
        if (hasTransport) {
            mask.add(MatchField.TCP_SRC).add(MatchField.TCP_DST);
        }
        if (protocol == 6) {
            mask.add(MatchField.TCP_FLAGS);
        }
        long icmpType = key.getLong(MatchField.ICMPV6_TYPE);
        if (protocol == 58 && key.getLong(MatchField.ETH_TYPE) == 0x86dd && (icmpType == 135 || icmpType == 136)) {
            mask.add(MatchField.ND_TARGET).add(icmpType == 135 ? MatchField.ND_SLL : MatchField.ND_TLL);
        }
    }

    /** Says whether all bits of the field that a match can ask for are asked for. */
    static boolean isWhole(MatchField field, FlowMask mask) {
        Bits all = new FlowMask().add(field).get(field);
        return switch (field) {
            case NW_FRAG -> (mask.get(field).low() & 3) == 3;
            case CT_STATE -> (mask.get(field).low() & 0xff) == 0xff;
            case TUN_FLAGS -> (mask.get(field).low() & 1) == 1;
            default -> mask.get(field).equals(all);
        };
    }
}
