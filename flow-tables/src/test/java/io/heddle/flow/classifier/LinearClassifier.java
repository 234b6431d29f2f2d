package io.heddle.flow.classifier;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The obviously correct classifier: looks at every rule. */
final class LinearClassifier<R extends ClassifierRule> {
    private final List<R> rules = new ArrayList<>();

    void insert(R rule) {
        rules.add(rule);
    }

    void remove(R rule) {
        rules.remove(rule);
    }

    /** The rule that a packet hits; where several conjunctions are complete, one of what they lead to. */
    List<@Nullable R> lookupConjunctive(FlowKey key, long version) {
        R plain = lookup(key, version);
        Set<Integer> priorities = new TreeSet<>(Comparator.reverseOrder());
        rules.forEach(rule -> priorities.add(rule.priority()));
        for (int priority : priorities) {
            if (plain != null && plain.priority() >= priority) {
                break;
            }
            List<@Nullable R> found = new ArrayList<>();
            for (int id = 0; id < 4; id++) {
                R rule = isComplete(id, key, version, priority)
                        ? lookup(new FlowKey(key).set(MatchField.CONJ_ID, id), version, true)
                        : null;
                if (rule != null) {
                    found.add(rule);
                }
            }
            if (!found.isEmpty()) {
                return found;
            }
        }
        List<@Nullable R> only = new ArrayList<>();
        only.add(plain);
        return only;
    }

    private boolean isComplete(int id, FlowKey key, long version, int priority) {
        Set<Integer> dimensions = new HashSet<>();
        int wanted = -1;
        for (R rule : rules) {
            if (rule.priority() == priority
                    && rule.isVisibleIn(version)
                    && rule.match().matches(key)) {
                for (Clause clause : rule.clauses()) {
                    if (clause.conjunction() == id) {
                        dimensions.add(clause.dimension());
                        wanted = clause.dimensions();
                    }
                }
            }
        }
        return dimensions.size() == wanted;
    }

    @Nullable
    R lookup(FlowKey key, long version) {
        return lookup(key, version, false);
    }

    /** @param isHiding whether a conjunctive rule hides the plain ones of its match and a lower priority */
    private @Nullable R lookup(FlowKey key, long version, boolean isHiding) {
        R best = null;
        for (R rule : rules) {
            boolean isBetter = best == null || rule.priority() > best.priority();
            boolean isFound = rule.clauses().isEmpty()
                    && rule.isVisibleIn(version)
                    && rule.match().matches(key);
            if (isBetter && isFound && !(isHiding && isHidden(rule, version))) {
                best = rule;
            }
        }
        return best;
    }

    private boolean isHidden(R rule, long version) {
        return rules.stream()
                .anyMatch(other -> !other.clauses().isEmpty()
                        && other.isVisibleIn(version)
                        && other.match().equals(rule.match())
                        && other.priority() > rule.priority());
    }
}
