package io.heddle.flow.action;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MaskedWords;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.Prerequisite;

/**
 * Checks a {@code ct} action before it is accepted.
 *
 * <p>Threading: none; for one use.
 *
 * @param isMatched whether {@code known} says what the packet is
 */
record ConntrackCheck(boolean isMatched, MaskedWords known) {
    /** Says whether a field is written to the connection, not to the packet. */
    static boolean isOfConnection(MatchField field) {
        return field == MatchField.CT_MARK || field == MatchField.CT_LABEL;
    }

    void check(Action.Conntrack action, String path) throws FlowException {
        if (isMatched && !Prerequisite.IP.isMetBy(known)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_MATCH_INCONSISTENT, path, "the match does not ask for an IP header (dl_type)");
        }
        NatSpec nat = action.nat();
        boolean bindsNat = nat != null && nat.direction() != NatSpec.Direction.NONE;
        if (!action.isCommit() && (action.isForced() || !action.exec().isEmpty() || bindsNat)) {
            throw bad(path, "force, exec(...) and nat with src or dst need commit");
        }
        if (action.tableId() < 0 || action.tableId() > 255 || action.tableId() == 254) {
            throw bad(path + ".table", "table " + action.tableId() + " is not in 0-253");
        }
        Action.Subfield zone = action.zoneField();
        if (zone != null && zone.bits() != 16) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_LEN,
                    path + ".zone",
                    "a zone has 16 bits, but " + zone.bits() + " are given");
        }
        for (int i = 0; i < action.exec().size(); i++) {
            checkNested(action.exec().get(i), path + ".exec[" + i + "]");
        }
        if (nat != null && bindsNat) {
            checkFamily(nat, path + ".nat");
        }
    }

    private static void checkNested(Action action, String path) throws FlowException {
        MatchField written = action instanceof Action.SetField set
                ? set.field()
                : action instanceof Action.CopyField copy ? copy.destination() : null;
        if (written == null || !isOfConnection(written)) {
            throw bad(path, "exec(...) takes actions that write ct_mark or ct_label only");
        }
    }

    private void checkFamily(NatSpec nat, String path) throws FlowException {
        if (!isMatched || !nat.hasAddress()) {
            return;
        }
        Prerequisite family = nat.isIpv6() ? Prerequisite.IPV6 : Prerequisite.IPV4;
        if (!family.isMetBy(known)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_MATCH_INCONSISTENT,
                    path,
                    "addresses of " + family + " need a match on " + (nat.isIpv6() ? "ipv6" : "ip"));
        }
    }

    private static FlowException bad(String path, String what) {
        return new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, path, what);
    }
}
