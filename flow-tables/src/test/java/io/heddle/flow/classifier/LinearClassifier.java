package io.heddle.flow.classifier;

import io.heddle.flow.match.FlowKey;
import java.util.ArrayList;
import java.util.List;
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

    @Nullable
    R lookup(FlowKey key, long version) {
        R best = null;
        for (R rule : rules) {
            boolean isBetter = best == null || rule.priority() > best.priority();
            if (isBetter && rule.isVisibleIn(version) && rule.match().matches(key)) {
                best = rule;
            }
        }
        return best;
    }
}
