package io.heddle.flow.action;

import io.heddle.flow.action.Action.CopyField;
import io.heddle.flow.action.Action.SetField;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.Prerequisite;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Checks lists of actions before they are accepted: ports, groups and meters that they name, values, and, where the packet is known by
 * a match, whether it has the headers that they change.
 *
 * <p>Threading: none; for one use at a time.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 sections 6.4 and
 *     7.2.5</a>
 */
public final class ActionValidator {
    /** Highest number of a meter; those above limit packets to controllers and cannot be named. */
    private static final int MAX_METER = 0xffff0000;

    private static final int CT_INVALID = 0x10;
    private static final int CT_TRACKED = 0x20;

    /** new, est, rel, rpl, snat, dnat. */
    private static final int CT_OF_CONNECTION = 0xcf;

    private final IntPredicate knowsGroup;
    private final IntPredicate knowsMeter;

    /** What is known of the packet when the next action is executed; a packet of which all is unknown fits every action. */
    private Match.Builder known = Match.builder();

    private boolean isMatched;
    private boolean isPacketOut;

    public ActionValidator(IntPredicate knowsGroup, IntPredicate knowsMeter) {
        this.knowsGroup = knowsGroup;
        this.knowsMeter = knowsMeter;
    }

    /** Checks an apply-actions list of a flow with that match. */
    public void applied(Match match, List<Action> actions, String path) throws FlowException {
        know(match);
        checkConjunctions(actions, path);
        for (int i = 0; i < actions.size(); i++) {
            check(actions.get(i), path + "[" + i + "]");
        }
    }

    /** Checks a write-actions list of a flow with that match. */
    public void written(Match match, List<Action> actions, String path) throws FlowException {
        know(match);
        checkSet(actions, path);
    }

    /** Checks a group bucket's actions: no match says what packets it will get. */
    public void bucket(List<Action> actions, String path) throws FlowException {
        checkSet(actions, path);
    }

    /** Checks the actions of a packet-out. */
    public void packetOut(List<Action> actions, String path) throws FlowException {
        isPacketOut = true;
        for (int i = 0; i < actions.size(); i++) {
            check(actions.get(i), path + "[" + i + "]");
        }
    }

    private static void checkConjunctions(List<Action> actions, String path) throws FlowException {
        if (actions.stream().anyMatch(Action.Conjunction.class::isInstance)) {
            for (int i = 0; i < actions.size(); i++) {
                Action action = actions.get(i);
                if (!(action instanceof Action.Conjunction || action instanceof Action.Note)) {
                    throw new FlowException(
                            ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                            path + "[" + i + "]",
                            "a flow with conjunction has no other actions than conjunction and note: they would not be executed");
                }
            }
        }
    }

    private void know(Match match) {
        isMatched = true;
        known.from(match);
    }

    /** In the order in which they are executed: a tag that is pushed by the set may be set by it, however it is written. */
    private void checkSet(List<Action> actions, String path) throws FlowException {
        List<Integer> order = IntStream.range(0, actions.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> ActionSet.rank(actions.get(i))))
                .toList();
        for (int i : order) {
            String at = path + "[" + i + "]";
            switch (actions.get(i)) {
                case Action.Resubmit a -> throw notInSet(at, "resubmit");
                case CopyField a -> throw notInSet(at, "copy_field");
                case Action.Meter a -> throw notInSet(at, "meter");
                case Action.OutputField a -> throw notInSet(at, "output to a field");
                case Action.Controller a -> throw notInSet(at, "controller");
                case Action.Conntrack a -> throw notInSet(at, "ct");
                case Action.ConntrackClear a -> throw notInSet(at, "ct_clear");
                case Action.Learn a -> throw notInSet(at, "learn");
                case Action.CloneActions a -> throw notInSet(at, "clone");
                case Action.Push a -> throw notInSet(at, "push");
                case Action.Pop a -> throw notInSet(at, "pop");
                case Action.DeleteField a -> throw notInSet(at, "delete_field");
                case Action.Exit a -> throw notInSet(at, "exit");
                case Action.CheckPacketLarger a -> throw notInSet(at, "check_pkt_larger");
                case Action.PopQueue a -> throw notInSet(at, "pop_queue");
                case Action.OutputTruncated a -> throw notInSet(at, "output with max_len");
                case Action.Multipath a -> throw notInSet(at, "multipath");
                case Action.Bundle a -> throw notInSet(at, "bundle");
                case Action.Conjunction a -> throw notInSet(at, "conjunction");
                case Action.Note a -> throw notInSet(at, "note");
                case Action.FinTimeout a -> throw notInSet(at, "fin_timeout");
                case Action other -> check(other, at);
            }
        }
    }

    private static FlowException notInSet(String path, String name) {
        return new FlowException(
                ErrorCode.BAD_ACTION_BAD_ARGUMENT, path, name + " cannot be part of an action set; use apply_actions");
    }

    private void check(Action action, String path) throws FlowException {
        switch (action) {
            case Action.Output output -> checkPort(output.port(), path + ".output");
            case Action.GroupAction group -> checkGroup(group.groupId(), path);
            case Action.SetQueue queue -> {}
            case SetField set -> checkSetField(set, path + ".set_field");
            case CopyField copy -> checkCopy(copy, path + ".copy_field");
            case Action.PushVlan push -> {
                require(push.etherType(), path + ".push_vlan", 0x8100, 0x88a8);
                write(MatchField.VLAN_TCI, Bits.of(KeyLayout.VLAN_PRESENT));
            }
            case Action.PopVlan pop -> {
                checkHas(Prerequisite.VLAN, path + ".pop_vlan", "a VLAN tag (vlan_vid)");
                known.withoutWord(KeyLayout.W_VLAN);
            }
            case Action.PushMpls push -> {
                require(push.etherType(), path + ".push_mpls", 0x8847, 0x8848);
                forgetPayload(push.etherType());
            }
            case Action.PopMpls pop -> {
                checkHas(Prerequisite.MPLS, path + ".pop_mpls", "an MPLS label (dl_type 0x8847 or 0x8848)");
                forgetPayload(pop.etherType());
            }
            case Action.PushPbb push -> {
                require(push.etherType(), path + ".push_pbb", 0x88e7, 0x88e7);
                forgetPayload(push.etherType());
            }
            case Action.PopPbb pop -> {
                checkHas(Prerequisite.PBB, path + ".pop_pbb", "a PBB tag (dl_type 0x88e7)");
                forgetAll();
            }
            case Action.SetMplsTtl set ->
                checkHas(Prerequisite.MPLS, path + ".set_mpls_ttl", "an MPLS label (dl_type)");
            case Action.DecMplsTtl dec ->
                checkHas(Prerequisite.MPLS, path + ".dec_mpls_ttl", "an MPLS label (dl_type)");
            case Action.SetNwTtl set -> checkHas(Prerequisite.IP, path + ".set_nw_ttl", "an IP header (dl_type)");
            case Action.DecNwTtl dec -> checkHas(Prerequisite.IP, path + ".dec_nw_ttl", "an IP header (dl_type)");
            case Action.DecNshTtl dec ->
                checkHas(Prerequisite.NSH, path + ".dec_nsh_ttl", "a Network Service Header (dl_type 0x894f)");
            case Action.CopyTtlOut copy ->
                checkHas(Prerequisite.MPLS, path + ".copy_ttl_out", "an MPLS label (dl_type)");
            case Action.CopyTtlIn copy -> checkHas(Prerequisite.MPLS, path + ".copy_ttl_in", "an MPLS label (dl_type)");
            case Action.Meter meter -> checkMeter(meter.meterId(), path);
            case Action.Resubmit resubmit -> {
                if (resubmit.tableId() < 0 || resubmit.tableId() > 255 || resubmit.tableId() == 254) {
                    throw new FlowException(
                            ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                            path + ".resubmit.table_id",
                            "table " + resubmit.tableId() + " is not in 0-253");
                }
                if (resubmit.withConnection() && isMatched && !isOfConnection()) {
                    throw new FlowException(
                            ErrorCode.BAD_ACTION_MATCH_INCONSISTENT,
                            path + ".resubmit",
                            "the match does not ask for a packet that is of a connection: match ct_state=+trk+est, or another of"
                                    + " new, est, rel, rpl, snat, dnat, or +trk-inv");
                }
                forgetAll();
            }
            case Action.Controller controller -> {
                if (controller.meterId() != 0) {
                    checkMeter(controller.meterId(), path + ".controller");
                }
            }
            case Action.DeleteField delete -> {
                if (delete.field().optionIndex() < 0) {
                    throw new FlowException(
                            ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                            path + ".delete_field",
                            delete.field().fieldName() + " is no tun_metadata field: no other can be deleted");
                }
            }
            case Action.Conntrack conntrack -> new ConntrackCheck(isMatched, known).check(conntrack, path + ".ct");
            case Action.ConntrackClear clear -> {}
            case Action.Learn learn -> {
                new LearnCheck(isMatched, known).check(learn.spec(), path + ".learn");
                Action.Subfield result = learn.spec().result();
                if (result != null) {
                    checkWritten(result, path + ".learn.result_dst");
                }
            }
            case Action.CloneActions clone -> checkClone(clone.actions(), path + ".clone");
            case Action.Push push -> checkReadable(push.source().field(), path + ".push");
            case Action.Pop pop -> checkWritten(pop.destination(), path + ".pop");
            case Action.Exit exit -> {}
            case Action.CheckPacketLarger larger -> {
                if (larger.destination().bits() != 1) {
                    throw new FlowException(
                            ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                            path + ".check_pkt_larger",
                            "the answer is one bit, not " + larger.destination().bits());
                }
                checkWritten(larger.destination(), path + ".check_pkt_larger");
            }
            case Action.PopQueue pop -> {}
            case Action.OutputTruncated output -> {
                if (output.port() != Ports.IN_PORT && !Ports.isPhysicalOrLocal(output.port())) {
                    throw new FlowException(
                            ErrorCode.BAD_ACTION_BAD_OUT_PORT,
                            path + ".output",
                            "a packet is cut for a port, LOCAL or IN_PORT only");
                }
            }
            case Action.Multipath multipath -> checkWritten(multipath.destination(), path + ".multipath");
            case Action.Bundle bundle -> {
                for (int member : bundle.members()) {
                    if (member == Ports.CONTROLLER) {
                        throw new FlowException(
                                ErrorCode.BAD_ACTION_BAD_OUT_PORT,
                                path + ".bundle",
                                "the controller cannot be a member of a bundle");
                    } else if (member != Ports.ANY) {
                        checkPort(member, path + ".bundle");
                    }
                }
                Action.Subfield to = bundle.destination();
                if (to != null) {
                    checkWritten(to, path + ".bundle");
                }
            }
            case Action.Conjunction conjunction -> {}
            case Action.Note note -> {}
            case Action.FinTimeout fin ->
                checkHas(Prerequisite.TCP, path + ".fin_timeout", "a TCP header (nw_proto=6)");
            case Action.OutputField output -> checkReadable(output.field(), path + ".output_field");
        }
    }

    /** Says whether what is known of the packet implies that the tracker has found, or begun, its connection. */
    private boolean isOfConnection() {
        Match match = known.build();
        long state = match.valueOf(MatchField.CT_STATE).low();
        long asked = MatchField.CT_STATE.read(match.mask().words()).low();
        boolean isValid = (state & CT_TRACKED) != 0 && (asked & ~state & CT_INVALID) != 0;
        return isValid || (state & CT_OF_CONNECTION) != 0;
    }

    private void checkMeter(int meterId, String path) throws FlowException {
        boolean isNamed = Integer.compareUnsigned(meterId, MAX_METER) <= 0;
        if (!isNamed || !knowsMeter.test(meterId)) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_INVALID_METER,
                    path + ".meter_id",
                    "there is no meter " + Integer.toUnsignedString(meterId) + "; add it first");
        }
    }

    private void checkPort(int port, String path) throws FlowException {
        boolean isReserved = switch (port) {
            case Ports.IN_PORT, Ports.NORMAL, Ports.FLOOD, Ports.ALL, Ports.CONTROLLER, Ports.LOCAL -> true;
            case Ports.TABLE -> isPacketOut;
            default -> false;
        };
        if (!isReserved && !Ports.isPhysicalOrLocal(port)) {
            String what = port == Ports.TABLE
                    ? "output to TABLE is for packet-out only"
                    : "port " + Integer.toUnsignedString(port)
                            + " is neither in 1-0xffffff00 nor a reserved port for output";
            throw new FlowException(ErrorCode.BAD_ACTION_BAD_OUT_PORT, path, what);
        }
    }

    private void checkGroup(int groupId, String path) throws FlowException {
        if (!knowsGroup.test(groupId)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_OUT_GROUP,
                    path + ".group_id",
                    "there is no group " + Integer.toUnsignedString(groupId) + "; add it first");
        }
    }

    private void checkSetField(SetField set, String path) throws FlowException {
        MatchField field = set.field();
        if (!field.isSettable()) {
            throw notWritable(field, path);
        }
        if (!set.value().and(field.allOnes().not()).isZero()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                    path,
                    "the value of " + field.fieldName() + " has more than " + field.bits() + " bits");
        }
        checkPrerequisite(field, path);
        checkOutsideOfConntrack(field, path);
        if (field == MatchField.VLAN_VID) {
            checkHas(Prerequisite.VLAN, path, "a VLAN tag (vlan_vid); push_vlan first");
            if (!set.isMasked() && (set.value().low() & KeyLayout.VLAN_PRESENT) == 0) {
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                        path,
                        "a VLAN id is set with bit 12 (OFPVID_PRESENT); use pop_vlan to remove the tag");
            }
        }
        if (!set.isMasked()) {
            write(field, set.value());
        }
    }

    /** What is known of the packet is as before after it. */
    private void checkClone(List<Action> actions, String path) throws FlowException {
        Match before = known.build();
        boolean wasMatched = isMatched;
        for (int i = 0; i < actions.size(); i++) {
            check(actions.get(i), path + "[" + i + "]");
        }
        known.from(before);
        isMatched = wasMatched;
    }

    private void checkWritten(Action.Subfield bits, String path) throws FlowException {
        MatchField field = bits.field();
        checkWritable(field, path);
        checkPrerequisite(field, path);
        checkOutsideOfConntrack(field, path);
        known.without(field);
    }

    private void checkCopy(CopyField copy, String path) throws FlowException {
        checkReadable(copy.source(), path);
        checkWritable(copy.destination(), path);
        checkPrerequisite(copy.destination(), path);
        checkOutsideOfConntrack(copy.destination(), path);
        known.without(copy.destination());
    }

    private static void checkOutsideOfConntrack(MatchField field, String path) throws FlowException {
        if (ConntrackCheck.isOfConnection(field)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                    path,
                    field.fieldName() + " belongs to the connection: write it in ct(commit,exec(...))");
        }
    }

    private void checkReadable(MatchField field, String path) throws FlowException {
        checkPrerequisite(field, path);
    }

    private static void checkWritable(MatchField field, String path) throws FlowException {
        if (!field.isWritable()) {
            throw notWritable(field, path);
        }
    }

    private static FlowException notWritable(MatchField field, String path) {
        return new FlowException(
                ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                path,
                field.fieldName() + " is a field that this action cannot write");
    }

    private void checkPrerequisite(MatchField field, String path) throws FlowException {
        checkHas(field.prerequisite(), path, "what " + field.fieldName() + " needs: " + field.prerequisite());
    }

    private void checkHas(Prerequisite prerequisite, String path, String what) throws FlowException {
        if (isMatched && !prerequisite.isMetBy(known)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_MATCH_INCONSISTENT, path, "the match does not ask for " + what);
        }
    }

    private static void require(int etherType, String path, int first, int second) throws FlowException {
        if (etherType != first && etherType != second) {
            String right = first == second ? "0x%04x".formatted(first) : "0x%04x or 0x%04x".formatted(first, second);
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    path,
                    "Ethernet type 0x%04x is not %s".formatted(etherType, right));
        }
    }

    private void write(MatchField field, Bits value) {
        known.exact(field, value);
    }

    /** The packet's Ethernet type changes and what follows it with it. */
    private void forgetPayload(int etherType) {
        for (int word = KeyLayout.W_MPLS; word < KeyLayout.W_TUN_ID; word++) {
            known.withoutWord(word);
        }
        write(MatchField.ETH_TYPE, Bits.of(etherType));
    }

    /** What is known after another lookup is what that flow's own match says: nothing is refused here. */
    private void forgetAll() {
        isMatched = false;
        known = Match.builder();
    }
}
