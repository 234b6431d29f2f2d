package io.heddle.flow.classifier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules with {@link Clause}s that a packet matches, and the conjunctions that they complete.
 *
 * <p>Threading: none; scratch of one thread's lookups.
 */
final class ConjunctiveMatch {
    private final List<ClassifierRule> rules = new ArrayList<>();

    /** Says whether {@link #add} was not called since {@link #clear}. */
    boolean isEmpty() {
        return rules.isEmpty();
    }

    void clear() {
        rules.clear();
    }

    void add(ClassifierRule rule) {
        rules.add(rule);
    }

    /** Priorities above {@code floor} of the rules, the highest first. */
    int[] priorities(int floor) {
        return rules.stream()
                .map(ClassifierRule::priority)
                .filter(priority -> priority > floor)
                .distinct()
                .sorted(Comparator.reverseOrder())
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Conjunctions of which rules of that priority have every dimension. */
    List<Integer> complete(int priority) {
        List<Integer> complete = new ArrayList<>();
        Map<Integer, Long> missing = new HashMap<>();
        for (ClassifierRule rule : rules) {
            if (rule.priority() == priority) {
                for (Clause clause : rule.clauses()) {
                    long all = -1L >>> (Clause.MAX_DIMENSIONS - clause.dimensions());
                    long before = missing.getOrDefault(clause.conjunction(), all);
                    long after = before & ~(1L << clause.dimension());
                    missing.put(clause.conjunction(), after);
                    if (before != 0 && after == 0) {
                        complete.add(clause.conjunction());
                    }
                }
            }
        }
        return complete;
    }
}
