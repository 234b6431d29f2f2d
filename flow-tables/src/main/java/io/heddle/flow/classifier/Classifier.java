package io.heddle.flow.classifier;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rule of highest priority that matches a packet's key, by tuple-space search.
 *
 * <pre>
 *   subtables, by highest priority           one subtable = one mask
 *   +--------+   +--------+   +--------+     stage:  pipeline -> Ethernet -> IP -> transport -> rules
 *   | mask A |-->| mask B |-->| mask C |             (a miss after a stage ends the search in the subtable;
 *   +--------+   +--------+   +--------+              a prefix that no rule has ends it before the IP stage)
 * </pre>
 *
 * <p>The search ends when the best rule so far has at least the highest priority of all subtables that are left. A lookup adds every
 * bit that took part in a decision to a {@link FlowMask}, and no other: keys that agree in these bits find the same rule, and the
 * same bits.
 *
 * <p>Threading: the writer inserts rules for a version that nobody reads yet and removes rules that nobody can see any more; lookups
 * run on any thread, without a lock, in a version read before ({@link VersionClock#tableVersion}).
 *
 * @param <R> the rules
 * @see <a href="https://www.usenix.org/conference/nsdi15/technical-sessions/presentation/pfaff">Pfaff et al., The Design and
 *     Implementation of Open vSwitch, NSDI 2015, section 5</a>
 */
public final class Classifier<R extends ClassifierRule> {
    private static final VarHandle ORDER;

    static {
        try {
            ORDER = MethodHandles.lookup().findVarHandle(Classifier.class, "order", Order.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Subtables with their highest priorities as they were when this was made, in descending order; immutable.
     *
     * @param ids of the subtables; they and what follows stand here so that most subtables need not be touched at all
     * @param prefixFields bit n: the subtable has a prefix of address field n
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Order(Subtable[] subtables, int[] maxPriorities, int[] ids, int[] prefixFields) {}

    /** The mask of a match as a map key. */
    private record MaskKey(Match match) {
        @Override
        public boolean equals(@Nullable Object other) {
            if (!(other instanceof MaskKey that) || match.map() != that.match.map()) {
                return false;
            }
            for (int i = 0; i < match.wordCount(); i++) {
                if (match.maskAt(i) != that.match.maskAt(i)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            long hash = match.map();
            for (int i = 0; i < match.wordCount(); i++) {
                hash = hash * 0x9e3779b97f4a7c15L + match.maskAt(i);
            }
            return Long.hashCode(hash);
        }
    }

    /** What a thread needs for its lookups; reused so that a lookup allocates nothing. Belongs to one thread. */
    public static final class Scratch {
        private final PrefixTrie.Result[] results = new PrefixTrie.Result[AddressField.COUNT];
        private final boolean[] walked = new boolean[AddressField.COUNT];

        /**
         * Bit n: the lookup rests on all bits that the walk through the trie of field n has looked at. To leave out a further subtable
         * because of that field then makes it rest on nothing more.
         */
        private int settled;

        private final ConjunctiveMatch conjunctive = new ConjunctiveMatch();

        public Scratch() {
            Arrays.setAll(results, i -> new PrefixTrie.Result());
        }

        private void clear() {
            Arrays.fill(walked, false);
            settled = 0;
        }

        /** The lookup rests on the first {@code bits} bits of a field from now on. */
        void restsOn(int field, int bits) {
            if (bits >= results[field].checkedBits) {
                settled |= 1 << field;
            }
        }

        /** Says whether a prefix alone rules the subtable out, and nothing more is to be looked at to know. */
        private boolean isRuledOut(int prefixFields, int subtable) {
            for (int rest = prefixFields & settled; rest != 0; rest &= rest - 1) {
                if (!results[Integer.numberOfTrailingZeros(rest)].matches(subtable)) {
                    return true;
                }
            }
            return false;
        }

        PrefixTrie.Result prefixes(int field, FlowKey key, PrefixTrie trie) {
            PrefixTrie.Result result = results[field];
            if (!walked[field]) {
                walked[field] = true;
                trie.lookup(AddressField.high(field, key.words()), AddressField.low(field, key.words()), result);
            }
            return result;
        }
    }

    private Order order = new Order(new Subtable[0], new int[0], new int[0], new int[0]);
    private final PrefixTrie[] tries = new PrefixTrie[AddressField.COUNT];
    private final Map<MaskKey, Subtable> byMask = new HashMap<>();

    /** Numbers of subtables in use. Writer. */
    private final BitSet ids = new BitSet();

    private int size;

    public Classifier() {
        Arrays.setAll(tries, i -> new PrefixTrie(AddressField.bits(i)));
    }

    /**
     * Finds the rule of highest priority that matches and is visible.
     *
     * <p>Rules with {@link Clause}s are not found themselves. Where those of one priority complete a conjunction, and no plain rule of that
     * or a higher priority matches, the rule is found that a packet with that conj_id matches.
     *
     * @param key of the packet; conj_id changes for a while
     * @param version table version to look in
     * @param looked gets every bit that was looked at; null when nobody wants to know
     * @return the rule, or null when none matches
     */
    @SuppressWarnings("unchecked")
    public @Nullable R lookup(FlowKey key, long version, @Nullable FlowMask looked, Scratch scratch) {
        Order now = (Order) ORDER.getAcquire(this);
        scratch.clear();
        scratch.conjunctive.clear();
        ClassifierRule best = search(now, key, version, looked, scratch, scratch.conjunctive);
        return (R) (scratch.conjunctive.isEmpty() ? best : conjunctive(now, key, version, looked, scratch, best));
    }

    /**
     * The plain rule of highest priority that matches; adds the others that match, as far as they have a higher one.
     *
     * @param conjunctive null for a search with a conj_id: it does not see what stands behind a conjunctive rule of the same match
     */
    private @Nullable ClassifierRule search(
            Order now,
            FlowKey key,
            long version,
            @Nullable FlowMask looked,
            Scratch scratch,
            @Nullable ConjunctiveMatch conjunctive) {
        ClassifierRule best = null;
        for (int i = 0; i < now.subtables.length; i++) {
            if (best != null && best.priority() >= now.maxPriorities[i]) {
                break;
            }
            if (scratch.isRuledOut(now.prefixFields[i], now.ids[i])) {
                continue;
            }
            ClassifierRule rule = now.subtables[i].lookup(key, version, looked, tries, scratch);
            while (rule != null && rule.isConjunctive()) {
                if (conjunctive == null) {
                    rule = null;
                } else {
                    conjunctive.add(rule);
                    rule = nextVisible(rule, version);
                }
            }
            if (rule != null && (best == null || rule.priority() > best.priority())) {
                best = rule;
            }
        }
        return best;
    }

    private static @Nullable ClassifierRule nextVisible(ClassifierRule rule, long version) {
        ClassifierRule next = rule.next();
        while (next != null && !next.isVisibleIn(version)) {
            next = next.next();
        }
        return next;
    }

    private @Nullable ClassifierRule conjunctive(
            Order now,
            FlowKey key,
            long version,
            @Nullable FlowMask looked,
            Scratch scratch,
            @Nullable ClassifierRule plain) {
        Bits before = key.get(MatchField.CONJ_ID);
        for (int priority : scratch.conjunctive.priorities(plain == null ? -1 : plain.priority())) {
            for (int conjunction : scratch.conjunctive.complete(priority)) {
                key.set(MatchField.CONJ_ID, Integer.toUnsignedLong(conjunction));
                ClassifierRule rule = search(now, key, version, looked, scratch, null);
                key.set(MatchField.CONJ_ID, before);
                if (rule != null) {
                    return rule;
                }
            }
        }
        return plain;
    }

    /** Rules present, visible or not. Writer. */
    public int size() {
        return size;
    }

    /** Distinct masks. */
    public int maskCount() {
        return ((Order) ORDER.getAcquire(this)).subtables.length;
    }

    /** Adds a rule. Nobody may read the version in which it becomes visible yet. Writer. */
    public void insert(R rule) {
        MaskKey mask = new MaskKey(rule.match());
        Subtable subtable = byMask.computeIfAbsent(mask, m -> new Subtable(rule.match(), takeId()));
        int before = subtable.isEmpty() ? -1 : subtable.maxPriority();
        if (subtable.prefixFields != 0) {
            changePrefixes(subtable, rule.match(), true);
        }
        subtable.insert(rule);
        size++;
        if (subtable.maxPriority() != before) {
            publishOrder();
        }
    }

    /** Takes a rule out for good. Nobody may read a version in which it is visible any more. Writer. */
    public void remove(R rule) {
        MaskKey mask = new MaskKey(rule.match());
        Subtable subtable = byMask.get(mask);
        if (subtable == null) {
            throw new IllegalStateException("the rule is not in this classifier");
        }
        int before = subtable.maxPriority();
        subtable.remove(rule);
        if (subtable.prefixFields != 0) {
            changePrefixes(subtable, rule.match(), false);
        }
        size--;
        if (subtable.isEmpty()) {
            byMask.remove(mask);
            ids.clear(subtable.id);
            publishOrder();
        } else if (subtable.maxPriority() != before) {
            publishOrder();
        }
    }

    private int takeId() {
        int id = ids.nextClearBit(0);
        ids.set(id);
        return id;
    }

    private void changePrefixes(Subtable subtable, Match match, boolean insert) {
        for (int field = 0; field < AddressField.COUNT; field++) {
            int length = subtable.prefixLengths[field];
            if (length > 0) {
                long high = AddressField.high(field, match);
                long low = AddressField.low(field, match);
                if (insert) {
                    tries[field].insert(high, low, length, subtable.id);
                } else {
                    tries[field].remove(high, low, length, subtable.id);
                }
            }
        }
    }

    private void publishOrder() {
        Subtable[] subtables = byMask.values().toArray(Subtable[]::new);
        Arrays.sort(subtables, Comparator.comparingInt(Subtable::maxPriority).reversed());
        int[] priorities =
                Arrays.stream(subtables).mapToInt(Subtable::maxPriority).toArray();
        int[] numbers = Arrays.stream(subtables).mapToInt(s -> s.id).toArray();
        int[] fields = Arrays.stream(subtables).mapToInt(s -> s.prefixFields).toArray();
        ORDER.setRelease(this, new Order(subtables, priorities, numbers, fields));
    }

    /** The visible rule with exactly this match and priority, or null. Writer. */
    @SuppressWarnings("unchecked")
    public @Nullable R find(Match match, int priority, long version) {
        Subtable subtable = byMask.get(new MaskKey(match));
        ClassifierRule rule = subtable == null ? null : subtable.chainOf(match);
        while (rule != null && (rule.priority() != priority || !rule.isVisibleIn(version))) {
            rule = rule.next();
        }
        return (R) rule;
    }

    /** As {@link #find}, for any thread that keeps {@code version} from being reclaimed. */
    @SuppressWarnings("unchecked")
    public @Nullable R findShared(Match match, int priority, long version) {
        for (Subtable subtable : ((Order) ORDER.getAcquire(this)).subtables) {
            if (subtable.isOf(match)) {
                ClassifierRule rule = subtable.chainOfShared(match);
                while (rule != null && (rule.priority() != priority || !rule.isVisibleIn(version))) {
                    rule = rule.next();
                }
                return (R) rule;
            }
        }
        return null;
    }

    /** All visible rules, in no particular order. Any thread that keeps {@code version} from being reclaimed. */
    @SuppressWarnings("unchecked")
    public void forEach(long version, Consumer<? super R> consumer) {
        for (Subtable subtable : ((Order) ORDER.getAcquire(this)).subtables) {
            subtable.forEach(rule -> {
                if (rule.isVisibleIn(version)) {
                    consumer.accept((R) rule);
                }
            });
        }
    }

    /** All visible rules that are at least as specific as {@code looser}. Writer; {@code consumer} must not change the classifier. */
    @SuppressWarnings("unchecked")
    public void forEachCoveredBy(Match looser, long version, Consumer<? super R> consumer) {
        for (Subtable subtable : order.subtables) {
            if (subtable.isOf(looser)) {
                for (ClassifierRule rule = subtable.chainOf(looser); rule != null; rule = rule.next()) {
                    if (rule.isVisibleIn(version)) {
                        consumer.accept((R) rule);
                    }
                }
            } else if (subtable.covers(looser)) {
                subtable.forEach(rule -> {
                    if (rule.isVisibleIn(version) && rule.match().isCoveredBy(looser)) {
                        consumer.accept((R) rule);
                    }
                });
            }
        }
    }

    /** Some visible rule of that priority that overlaps with {@code match} and that {@code filter} accepts, or null. Writer. */
    @SuppressWarnings("unchecked")
    public @Nullable R findOverlapping(Match match, int priority, long version, Predicate<? super R> filter) {
        ClassifierRule[] found = new ClassifierRule[1];
        for (Subtable subtable : order.subtables) {
            if (subtable.hasPriority(priority)) {
                subtable.forEach(rule -> {
                    if (found[0] == null
                            && rule.priority() == priority
                            && rule.isVisibleIn(version)
                            && rule.match().overlaps(match)
                            && filter.test((R) rule)) {
                        found[0] = rule;
                    }
                });
            }
        }
        return (R) found[0];
    }
}
