package io.heddle.flow.pipeline;

import java.util.ArrayList;
import java.util.List;

/**
 * What can be said of a program of datapath actions: whether the packet gets anywhere by it, and how little of it is enough.
 *
 * <p>Threading: none; functions.
 */
final class Programs {
    private Programs() {}

    /** Says whether the packet, or a copy of it, leaves by this action or is looked up again. */
    static boolean isDelivery(DatapathAction action) {
        return switch (action) {
            case DatapathAction.Output a -> true;
            case DatapathAction.Punt a -> true;
            case DatapathAction.Recirculate a -> true;
            case DatapathAction.CheckLength a -> true;
            case DatapathAction.Clone a -> a.actions().stream().anyMatch(Programs::isDelivery);
            case DatapathAction.Meter a -> false;
            case DatapathAction.Truncate a -> false;
            case DatapathAction.SetFields a -> false;
            case DatapathAction.PushVlan a -> false;
            case DatapathAction.PopVlan a -> false;
            case DatapathAction.PushMpls a -> false;
            case DatapathAction.PopMpls a -> false;
            case DatapathAction.CopyTtl a -> false;
            case DatapathAction.PushPbb a -> false;
            case DatapathAction.PopPbb a -> false;
            case DatapathAction.Conntrack a -> false;
            case DatapathAction.ConntrackClear a -> false;
        };
    }

    /** Leaves out what nothing comes after; a copy that is the last thing need not be a copy. */
    static List<DatapathAction> trim(List<DatapathAction> actions) {
        List<DatapathAction> kept = new ArrayList<>(actions);
        while (!kept.isEmpty()) {
            DatapathAction last = kept.getLast();
            if (last instanceof DatapathAction.Clone clone) {
                kept.removeLast();
                kept.addAll(trim(clone.actions()));
                return kept;
            }
            if (isDelivery(last) || last instanceof DatapathAction.Meter || last instanceof DatapathAction.Conntrack) {
                return kept;
            }
            kept.removeLast();
        }
        return kept;
    }

    /** Says whether what comes after these actions finds the packet as it was before them. */
    static boolean leavesPacketAlone(List<DatapathAction> actions) {
        return actions.stream()
                .allMatch(action -> action instanceof DatapathAction.Output
                        || action instanceof DatapathAction.Punt
                        || action instanceof DatapathAction.Truncate
                        || action instanceof DatapathAction.Clone);
    }
}
