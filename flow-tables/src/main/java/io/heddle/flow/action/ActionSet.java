package io.heddle.flow.action;

import java.util.ArrayList;
import java.util.List;

/**
 * The actions that a packet carries from table to table and that are executed at the end of the pipeline: one of each kind, for each
 * field one {@code set_field}; what is written later replaces what was written before.
 *
 * <p>Threading: none; belongs to one translation.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 5.10</a>
 */
public final class ActionSet {
    private final List<Action> actions = new ArrayList<>();

    /** A set of the actions that a list writes one after the other: a group bucket's. */
    public static ActionSet of(List<Action> actions) {
        ActionSet set = new ActionSet();
        actions.forEach(set::write);
        return set;
    }

    /** Adds an action in the place of the one that it replaces. */
    public void write(Action action) {
        actions.removeIf(old -> isReplacedBy(old, action));
        int at = actions.size();
        while (at > 0 && rank(actions.get(at - 1)) > rank(action)) {
            at--;
        }
        actions.add(at, action);
    }

    public void clear() {
        actions.clear();
    }

    public boolean isEmpty() {
        return actions.isEmpty();
    }

    /** The actions in the order in which they are executed; an output is ignored where there is a group. */
    public List<Action> inOrder() {
        boolean hasGroup = actions.stream().anyMatch(Action.GroupAction.class::isInstance);
        return actions.stream()
                .filter(action -> !(hasGroup && action instanceof Action.Output))
                .toList();
    }

    private static boolean isReplacedBy(Action old, Action action) {
        if (old instanceof Action.SetField before && action instanceof Action.SetField after) {
            return before.field() == after.field()
                    && before.mask().and(after.mask().not()).isZero();
        }
        return old.getClass() == action.getClass();
    }

    /** Place in the order of execution. */
    static int rank(Action action) {
        return switch (action) {
            case Action.CopyTtlIn a -> 0;
            case Action.PopPbb a -> 1;
            case Action.PopVlan a -> 2;
            case Action.PopMpls a -> 3;
            case Action.PushMpls a -> 4;
            case Action.PushPbb a -> 5;
            case Action.PushVlan a -> 6;
            case Action.CopyTtlOut a -> 7;
            case Action.DecMplsTtl a -> 8;
            case Action.DecNwTtl a -> 9;
            case Action.DecNshTtl a -> 9;
            case Action.SetField a -> 10;
            case Action.SetMplsTtl a -> 10;
            case Action.SetNwTtl a -> 10;
            case Action.CopyField a -> 10;
            case Action.SetQueue a -> 11;
            case Action.Meter a -> 11;
            case Action.ConntrackClear a -> 11;
            case Action.Learn a -> 11;
            case Action.CloneActions a -> 11;
            case Action.Push a -> 11;
            case Action.Pop a -> 11;
            case Action.DeleteField a -> 11;
            case Action.Exit a -> 11;
            case Action.CheckPacketLarger a -> 11;
            case Action.PopQueue a -> 11;
            case Action.OutputTruncated a -> 14;
            case Action.Multipath a -> 11;
            case Action.Bundle a -> 14;
            case Action.Conjunction a -> 11;
            case Action.Note a -> 11;
            case Action.FinTimeout a -> 11;
            case Action.Conntrack a -> 12;
            case Action.Controller a -> 12;
            case Action.GroupAction a -> 13;
            case Action.Output a -> 14;
            case Action.OutputField a -> 14;
            case Action.Resubmit a -> 14;
        };
    }
}
