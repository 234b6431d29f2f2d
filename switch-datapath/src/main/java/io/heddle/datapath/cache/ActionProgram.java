package io.heddle.datapath.cache;

import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.DatapathAction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Datapath actions in the form in which they are executed fastest: an operation code and its operands per step.
 *
 * <p>Threading: immutable.
 */
public final class ActionProgram {
    public static final int OUTPUT = 0;
    /** The packet itself goes: nothing follows that needs it. */
    public static final int OUTPUT_LAST = 1;

    public static final int TRUNCATE = 2;
    public static final int SET_FIELDS = 3;
    public static final int PUSH_VLAN = 4;
    public static final int POP_VLAN = 5;
    public static final int PUSH_MPLS = 6;
    public static final int POP_MPLS = 7;
    public static final int PUSH_PBB = 8;
    public static final int POP_PBB = 9;
    public static final int METER = 10;
    public static final int PUNT = 11;
    public static final int CLONE = 12;
    public static final int RECIRCULATE = 13;
    public static final int COPY_TTL = 14;
    public static final int CONNTRACK = 15;
    public static final int CONNTRACK_CLEAR = 16;
    public static final int CHECK_LENGTH = 17;

    /** The two ways on. */
    private record Branches(ActionProgram ifLonger, ActionProgram otherwise) {}

    private final int[] operations;
    private final int[] first;
    private final int[] second;
    private final @Nullable Object[] objects;

    /** Compiles. */
    public ActionProgram(List<DatapathAction> actions) {
        int n = actions.size();
        operations = new int[n];
        first = new int[n];
        second = new int[n];
        objects = new @Nullable Object[n];
        for (int i = 0; i < n; i++) {
            compile(i, actions.get(i));
        }
        // A truncation before the last output must not cut what others share: a share has its own length, so moving is
        // right.
        if (n > 0 && operations[n - 1] == OUTPUT) {
            operations[n - 1] = OUTPUT_LAST;
        }
    }

    private void compile(int i, DatapathAction action) {
        switch (action) {
            case DatapathAction.Output a -> set(i, OUTPUT, a.port(), 0, null);
            case DatapathAction.Truncate a -> set(i, TRUNCATE, a.maxLength(), 0, null);
            case DatapathAction.SetFields a -> set(i, SET_FIELDS, 0, 0, a.rewrite());
            case DatapathAction.PushVlan a -> set(i, PUSH_VLAN, a.etherType(), a.tci(), null);
            case DatapathAction.PopVlan a -> set(i, POP_VLAN, 0, 0, null);
            case DatapathAction.PushMpls a -> set(i, PUSH_MPLS, a.etherType(), a.labelStackEntry(), null);
            case DatapathAction.PopMpls a -> set(i, POP_MPLS, a.etherType(), 0, null);
            case DatapathAction.CopyTtl a -> set(i, COPY_TTL, a.isInward() ? 1 : 0, 0, null);
            case DatapathAction.PushPbb a -> set(i, PUSH_PBB, a.etherType(), a.serviceTag(), null);
            case DatapathAction.PopPbb a -> set(i, POP_PBB, 0, 0, null);
            case DatapathAction.Meter a -> set(i, METER, a.bridge(), a.meterId(), null);
            case DatapathAction.Punt a -> set(i, PUNT, 0, 0, a);
            case DatapathAction.Clone a -> set(i, CLONE, 0, 0, new ActionProgram(a.actions()));
            case DatapathAction.Conntrack a -> set(i, CONNTRACK, 0, 0, a.request());
            case DatapathAction.ConntrackClear a -> set(i, CONNTRACK_CLEAR, 0, 0, null);
            case DatapathAction.CheckLength a ->
                set(
                        i,
                        CHECK_LENGTH,
                        a.length(),
                        0,
                        new Branches(new ActionProgram(a.ifLonger()), new ActionProgram(a.otherwise())));
            case DatapathAction.Recirculate a -> set(i, RECIRCULATE, a.recirculationId(), 0, null);
        }
    }

    private void set(int i, int operation, int a, int b, @Nullable Object object) {
        operations[i] = operation;
        first[i] = a;
        second[i] = b;
        objects[i] = object;
    }

    /** Number of steps. */
    public int size() {
        return operations.length;
    }

    /** Operation code of a step. */
    public int operation(int step) {
        return operations[step];
    }

    /** Datapath port, length, Ethernet type, bridge or recirculation id. */
    public int first(int step) {
        return first[step];
    }

    /** Tag, label stack entry or meter. */
    public int second(int step) {
        return second[step];
    }

    /** Valid iff the step is {@link #SET_FIELDS}. */
    public Match rewrite(int step) {
        return (Match) object(step);
    }

    /** Valid iff the step is {@link #PUNT}. */
    public DatapathAction.Punt punt(int step) {
        return (DatapathAction.Punt) object(step);
    }

    /** Valid iff the step is {@link #CONNTRACK}. */
    public TrackRequest trackRequest(int step) {
        return (TrackRequest) object(step);
    }

    /** Valid iff the step is {@link #CLONE}. */
    public ActionProgram nested(int step) {
        return (ActionProgram) object(step);
    }

    /** Valid iff the step is {@link #CHECK_LENGTH}. */
    public ActionProgram branch(int step, boolean isLonger) {
        Branches branches = (Branches) object(step);
        return isLonger ? branches.ifLonger : branches.otherwise;
    }

    private Object object(int step) {
        Object object = objects[step];
        if (object == null) {
            throw new IllegalStateException("step " + step + " has operation " + operations[step]);
        }
        return object;
    }
}
