package io.heddle.flow.classifier;

import io.heddle.flow.match.Match;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Classifier} holds: a match, a priority, and the window of table versions {@code [addedIn, removedIn)} in which
 * the rule is visible.
 *
 * <p>Rules with the same match are chained by descending priority, through the rule itself so that a rule costs no further
 * object. A rule is in one classifier at most.
 *
 * <p>Threading: one writer; readers reach {@code removedIn} and {@code next} by acquire loads.
 */
public abstract class ClassifierRule {
    private static final VarHandle REMOVED_IN;
    private static final VarHandle NEXT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            REMOVED_IN = lookup.findVarHandle(ClassifierRule.class, "removedIn", long.class);
            NEXT = lookup.findVarHandle(ClassifierRule.class, "next", ClassifierRule.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Match match;
    private final int priority;
    private final long addedIn;
    private long removedIn = Long.MAX_VALUE;
    private final List<Clause> clauses;
    private @Nullable ClassifierRule next;

    protected ClassifierRule(Match match, int priority, long addedIn) {
        this(match, priority, addedIn, List.of());
    }

    /** @param clauses of conjunctive matches; a rule that has some is never found itself */
    protected ClassifierRule(Match match, int priority, long addedIn, List<Clause> clauses) {
        this.match = match;
        this.priority = priority;
        this.addedIn = addedIn;
        this.clauses = List.copyOf(clauses);
    }

    /** What conjunctive matches the rule is part of; empty for a plain rule. */
    public final List<Clause> clauses() {
        return clauses;
    }

    /** Says whether the rule is only part of conjunctive matches. */
    final boolean isConjunctive() {
        return !clauses.isEmpty();
    }

    public final Match match() {
        return match;
    }

    /** Larger wins. */
    public final int priority() {
        return priority;
    }

    /** First table version in which the rule is visible. */
    public final long addedIn() {
        return addedIn;
    }

    /** First table version in which the rule is no longer visible; {@link Long#MAX_VALUE} while there is none. */
    public final long removedIn() {
        return (long) REMOVED_IN.getAcquire(this);
    }

    /** Says whether lookups in {@code version} see the rule. */
    public final boolean isVisibleIn(long version) {
        return addedIn <= version && version < removedIn();
    }

    /** Ends the rule's window; {@link Long#MAX_VALUE} takes that back. Writer. */
    public final void removeIn(long version) {
        REMOVED_IN.setRelease(this, version);
    }

    final @Nullable ClassifierRule next() {
        return (ClassifierRule) NEXT.getAcquire(this);
    }

    final void setNext(@Nullable ClassifierRule rule) {
        NEXT.setRelease(this, rule);
    }
}
