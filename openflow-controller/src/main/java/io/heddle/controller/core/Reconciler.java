package io.heddle.controller.core;

import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowMod.Command;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares the flows that should be with those that are.
 *
 * <p>A flow that is as it should be is not mentioned, and so keeps its counters and its timeouts. A flow whose cookie is not the
 * controller's is never touched, not even when it stands where an intent should be: whoever put it there had a reason, and it is
 * reported instead.
 *
 * <p>Order of the result: first what is added or changed, later tables before earlier ones, so that no packet reaches a table that
 * is not filled yet; then what is deleted.
 */
public final class Reconciler {
    /**
     * What is to be done.
     *
     * @param flowMods in the order in which they must be sent
     * @param blocked intents whose place is taken by a foreign flow
     */
    public record Difference(List<FlowMod> flowMods, List<FlowIntent> blocked) {
        public Difference {
            flowMods = List.copyOf(flowMods);
            blocked = List.copyOf(blocked);
        }
    }

    private static final Comparator<FlowMod> LATER_TABLES_FIRST =
            Comparator.comparingInt(FlowMod::tableId).reversed();

    private Reconciler() {}

    /**
     * Finds the difference.
     *
     * @param wanted the intents
     * @param actual all flows of the bridge, whoever added them
     */
    public static Difference difference(Collection<FlowIntent> wanted, Collection<FlowMod> actual) {
        Map<FlowIdentity, FlowMod> there = new HashMap<>();
        for (FlowMod flow : actual) {
            there.put(FlowIdentity.of(flow), flow);
        }
        List<FlowMod> mods = new ArrayList<>();
        List<FlowIntent> blocked = new ArrayList<>();
        for (FlowIntent intent : wanted) {
            FlowMod flow = there.remove(intent.identity());
            if (flow == null) {
                mods.add(intent.toFlowMod(Command.ADD));
            } else if (!Cookies.isOwn(flow.cookie())) {
                blocked.add(intent);
            } else {
                FlowIntent is = FlowIntent.of(flow);
                if (!is.equals(intent)) {
                    mods.add(intent.toFlowMod(
                            differsInInstructionsOnly(is, intent) ? Command.MODIFY_STRICT : Command.ADD));
                }
            }
        }
        mods.sort(LATER_TABLES_FIRST);
        for (FlowMod flow : there.values()) {
            if (Cookies.isOwn(flow.cookie())) {
                mods.add(FlowIntent.of(flow).toFlowMod(Command.DELETE_STRICT));
            }
        }
        return new Difference(mods, blocked);
    }

    private static boolean differsInInstructionsOnly(FlowIntent is, FlowIntent intent) {
        return is.cookie() == intent.cookie()
                && is.idleTimeoutSeconds() == intent.idleTimeoutSeconds()
                && is.hardTimeoutSeconds() == intent.hardTimeoutSeconds();
    }
}
