package io.heddle.flow.trace;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Groups, flows and one packet, and how to make them fewer while something stays true of them.
 *
 * @param groups in the syntax of {@code ovs-ofctl}; flows refer to them
 * @param flows in the syntax of {@code ovs-ofctl}, {@code MATCH,actions=ACTIONS}
 * @param packet its key
 */
record DifferentialCase(List<String> groups, List<String> flows, FlowKey packet) {
    private static final String ACTIONS = "actions=";

    /** Says whether a case still shows what it was found to show. */
    @FunctionalInterface
    interface Property {
        boolean holds(DifferentialCase candidate) throws Exception;
    }

    DifferentialCase {
        groups = List.copyOf(groups);
        flows = List.copyOf(flows);
    }

    /** Returns a case for which {@code property} holds and does not hold without any one flow, action, match or field of the packet. */
    DifferentialCase shrunk(Property property) throws Exception {
        DifferentialCase best = this;
        boolean isSmaller;
        do {
            isSmaller = false;
            for (DifferentialCase candidate : best.smaller().toList()) {
                if (property.holds(candidate)) {
                    best = candidate;
                    isSmaller = true;
                    break;
                }
            }
        } while (isSmaller);
        return best;
    }

    private Stream<DifferentialCase> smaller() {
        return Stream.of(withoutFlows(), withoutActions(), withoutMatches(), withoutFields())
                .flatMap(stream -> stream);
    }

    /** Half of them, a quarter of them ... one of them left out. */
    private Stream<DifferentialCase> withoutFlows() {
        List<DifferentialCase> candidates = new ArrayList<>();
        for (int size = Math.max(1, flows.size() / 2); size >= 1; size /= 2) {
            for (int from = 0; from < flows.size(); from += size) {
                List<String> rest = new ArrayList<>(flows.subList(0, from));
                rest.addAll(flows.subList(Math.min(flows.size(), from + size), flows.size()));
                candidates.add(new DifferentialCase(groups, rest, packet));
            }
        }
        return candidates.stream();
    }

    private Stream<DifferentialCase> withoutActions() {
        return withoutParts(true);
    }

    private Stream<DifferentialCase> withoutMatches() {
        return withoutParts(false);
    }

    private Stream<DifferentialCase> withoutParts(boolean isActions) {
        List<DifferentialCase> candidates = new ArrayList<>();
        for (int i = 0; i < flows.size(); i++) {
            String flow = flows.get(i);
            int at = flow.indexOf(ACTIONS) + ACTIONS.length();
            String text = isActions ? flow.substring(at) : flow.substring(0, Math.max(0, at - ACTIONS.length() - 1));
            List<String> parts = Delivery.split(text);
            for (int left = 0; left < parts.size(); left++) {
                if (parts.get(left).matches("(table|priority)=.*")) {
                    // Which of two flows of one priority matches is for each switch to choose.
                    continue;
                }
                List<String> rest = new ArrayList<>(parts);
                rest.remove(left);
                String joined = String.join(",", rest);
                List<String> changed = new ArrayList<>(flows);
                changed.set(
                        i,
                        isActions
                                ? flow.substring(0, at) + (joined.isEmpty() ? "drop" : joined)
                                : (joined.isEmpty() ? "" : joined + ",") + flow.substring(at - ACTIONS.length()));
                if (!changed.get(i).equals(flow)) {
                    candidates.add(new DifferentialCase(groups, changed, packet));
                }
            }
        }
        return candidates.stream();
    }

    private Stream<DifferentialCase> withoutFields() {
        List<DifferentialCase> candidates = new ArrayList<>();
        for (MatchField field : MatchField.values()) {
            if (field != MatchField.IN_PORT
                    && field != MatchField.ETH_TYPE
                    && field != MatchField.NW_PROTO
                    && field != MatchField.MPLS_BOS
                    && field != MatchField.NW_TTL
                    && !packet.get(field).isZero()) {
                candidates.add(new DifferentialCase(groups, flows, new FlowKey(packet).set(field, 0)));
            }
        }
        return candidates.stream();
    }

    /** The case in a form that can be typed: groups, flows, and what to trace. */
    String toText() {
        return String.join("\n", flows) + "\ntrace " + PipelineLab.FORMATTER.key(packet);
    }
}
