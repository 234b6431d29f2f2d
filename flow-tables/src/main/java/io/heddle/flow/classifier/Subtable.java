package io.heddle.flow.classifier;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one mask, in a hash table with open addressing.
 *
 * <p>The words of the mask are hashed in four stages: pipeline and tunnel fields, Ethernet, IP, transport. A set of partial hashes
 * after each stage tells early that no rule can match; the later stages' bits are then not looked at.
 *
 * <p>Threading: one writer; lookups on any thread.
 */
final class Subtable {
    static final int STAGES = 4;

    /** The stage in which the address prefixes are. */
    static final int PREFIX_STAGE = 2;

    private static final VarHandle TABLE;
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(ClassifierRule[].class);
    private static final VarHandle TAG = MethodHandles.arrayElementVarHandle(int[].class);

    static {
        try {
            TABLE = MethodHandles.lookup().findVarHandle(Subtable.class, "table", Table.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Stands where a chain was taken out, so that probing goes on. */
    private static final ClassifierRule REMOVED = new ClassifierRule(Match.ANY, -1, Long.MAX_VALUE) {};

    /** Words in the order in which they are hashed, their masks, and their positions in a {@link Match}. */
    private final int[] words;

    private final long[] masks;
    private final int[] positions;

    /** {@code stageEnd[s]}: index after the last word of stage {@code s}. */
    private final int[] stageEnd = new int[STAGES];

    private final HashCounts[] stageHashes = new HashCounts[STAGES];

    /** Length of the prefix matched on in each of {@link AddressField}, 0 for none, -1 for a mask that is no prefix. */
    final int[] prefixLengths = new int[AddressField.COUNT];

    /** Bit n: the mask has a prefix of field n. */
    final int prefixFields;

    /**
     * Chains of rules with the same match, and the hashes of these matches: 0 where there is none. A tag, once written, stays; most probes
     * end at the tags, which lie close together.
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Table(int[] tags, ClassifierRule[] slots) {
        Table(int length) {
            this(new int[length], new ClassifierRule[length]);
        }
    }

    /** Number among all subtables of the classifier. */
    final int id;

    private Table table = new Table(8);
    private int usedSlots;
    private int chains;
    private int rules;
    private final PriorityCounts priorities = new PriorityCounts();

    Subtable(Match example, int id) {
        this.id = id;
        int count = example.wordCount();
        words = new int[count];
        masks = new long[count];
        positions = new int[count];
        int at = 0;
        for (int stage = 0; stage < STAGES; stage++) {
            int position = 0;
            for (long rest = example.map(); rest != 0; rest &= rest - 1) {
                int word = Long.numberOfTrailingZeros(rest);
                if (stageOf(word) == stage) {
                    words[at] = word;
                    masks[at] = example.maskAt(position);
                    positions[at++] = position;
                }
                position++;
            }
            stageEnd[stage] = at;
            stageHashes[stage] = new HashCounts();
        }
        int prefixes = 0;
        FlowMask mask = example.mask();
        for (int field = 0; field < AddressField.COUNT; field++) {
            prefixLengths[field] = AddressField.prefixLength(field, mask.words());
            prefixes |= prefixLengths[field] > 0 ? 1 << field : 0;
        }
        prefixFields = prefixes;
    }

    private static int stageOf(int word) {
        if (word == KeyLayout.W_PORT || word > KeyLayout.W_NSH) {
            return 0;
        }
        if (word <= KeyLayout.W_MPLS2_PBB) {
            return 1;
        }
        boolean network = word == KeyLayout.W_IPV4
                || word == KeyLayout.W_NW
                || (word >= KeyLayout.W_IPV6_SRC && word < KeyLayout.W_ND_TARGET);
        return network ? 2 : 3;
    }

    int maxPriority() {
        return priorities.max();
    }

    boolean isEmpty() {
        return rules == 0;
    }

    boolean hasPriority(int priority) {
        return priorities.contains(priority);
    }

    /**
     * Finds the visible rule of highest priority that matches. Adds to {@code looked} every bit that decided, found or not;
     * allocates nothing.
     */
    @Nullable
    ClassifierRule lookup(
            FlowKey key, long version, @Nullable FlowMask looked, PrefixTrie[] tries, Classifier.Scratch scratch) {
        long hash = 0;
        int at = 0;
        for (int stage = 0; stage < STAGES; stage++) {
            if (stage == PREFIX_STAGE && prefixFields != 0 && isRuledOut(key, looked, tries, scratch)) {
                addLooked(looked, at);
                return null;
            }
            int end = stageEnd[stage];
            if (at == end) {
                continue;
            }
            for (; at < end; at++) {
                hash = mix(hash, key.word(words[at]) & masks[at]);
            }
            if (at == words.length) {
                break;
            }
            if (!stageHashes[stage].contains(finish(hash))) {
                addLooked(looked, at);
                return null;
            }
        }
        addLooked(looked, at);
        ClassifierRule rule = chainOf(key, finish(hash));
        while (rule != null && !rule.isVisibleIn(version)) {
            rule = rule.next();
        }
        return rule;
    }

    private boolean isRuledOut(FlowKey key, @Nullable FlowMask looked, PrefixTrie[] tries, Classifier.Scratch scratch) {
        for (int field = 0; field < AddressField.COUNT; field++) {
            int length = prefixLengths[field];
            if (length > 0) {
                PrefixTrie.Result result = scratch.prefixes(field, key, tries[field]);
                boolean isRuledOut = !result.matches(id);
                int bits = isRuledOut ? Math.min(length, result.checkedBits) : length;
                if (looked == null) {
                    scratch.restsOn(field, Integer.MAX_VALUE);
                } else {
                    AddressField.addPrefix(field, bits, looked);
                    scratch.restsOn(field, bits);
                }
                if (isRuledOut) {
                    return true;
                }
            }
        }
        return false;
    }

    private void addLooked(@Nullable FlowMask looked, int count) {
        if (looked != null) {
            for (int i = 0; i < count; i++) {
                looked.addWord(words[i], masks[i]);
            }
        }
    }

    private @Nullable ClassifierRule chainOf(FlowKey key, long hash) {
        Table now = (Table) TABLE.getAcquire(this);
        int tag = tagOf(hash);
        int mask = now.tags.length - 1;
        for (int at = (int) hash & mask; ; at = (at + 1) & mask) {
            int here = (int) TAG.getAcquire(now.tags, at);
            if (here == 0) {
                return null;
            }
            if (here == tag) {
                ClassifierRule rule = (ClassifierRule) ELEMENT.getAcquire(now.slots, at);
                if (rule != REMOVED && matches(rule.match(), key)) {
                    return rule;
                }
            }
        }
    }

    /** As {@link Match#matches}, but with masks that are in the processor's cache already. */
    private boolean matches(Match match, FlowKey key) {
        for (int i = 0; i < words.length; i++) {
            if ((key.word(words[i]) & masks[i]) != match.valueAt(positions[i])) {
                return false;
            }
        }
        return true;
    }

    /** Other bits than those that choose the slot; never 0. */
    private static int tagOf(long hash) {
        return (int) (hash >>> 32) | 1;
    }

    /** Index of the slot with the chain of {@code match}, or -1. Any thread, in a table that it has read. */
    private int slotOf(Table now, Match match) {
        long hash = hashOf(match, words.length);
        int tag = tagOf(hash);
        int mask = now.tags.length - 1;
        for (int at = (int) hash & mask; ; at = (at + 1) & mask) {
            int here = (int) TAG.getAcquire(now.tags, at);
            if (here == 0) {
                return -1;
            }
            if (here == tag) {
                ClassifierRule rule = (ClassifierRule) ELEMENT.getAcquire(now.slots, at);
                if (rule != REMOVED && rule.match().equals(match)) {
                    return at;
                }
            }
        }
    }

    /** The first rule with that match, the others follow by {@link ClassifierRule#next}. Writer. */
    @Nullable
    ClassifierRule chainOf(Match match) {
        int slot = slotOf(table, match);
        return slot < 0 ? null : table.slots[slot];
    }

    /** As {@link #chainOf(Match)}, on any thread. */
    @Nullable
    ClassifierRule chainOfShared(Match match) {
        Table now = (Table) TABLE.getAcquire(this);
        int slot = slotOf(now, match);
        if (slot < 0) {
            return null;
        }
        ClassifierRule rule = (ClassifierRule) ELEMENT.getAcquire(now.slots, slot);
        return rule == REMOVED ? null : rule; // taken out meanwhile
    }

    void insert(ClassifierRule rule) {
        for (int stage = 0; stage < STAGES; stage++) {
            if (endsEarly(stage)) {
                stageHashes[stage].add(hashOf(rule.match(), stageEnd[stage]));
            }
        }
        priorities.add(rule.priority());
        rules++;
        int slot = slotOf(table, rule.match());
        if (slot >= 0) {
            insertIntoChain(slot, rule);
            return;
        }
        if (usedSlots * 2 >= table.slots.length) {
            rehash();
        }
        put(table, rule);
        usedSlots++;
        chains++;
    }

    private void insertIntoChain(int slot, ClassifierRule rule) {
        ClassifierRule before = null;
        ClassifierRule after = table.slots[slot];
        while (after != null && after.priority() > rule.priority()) {
            before = after;
            after = after.next();
        }
        rule.setNext(after);
        if (before == null) {
            ELEMENT.setRelease(table.slots, slot, rule);
        } else {
            before.setNext(rule);
        }
    }

    /** Takes a rule out for good. Readers of versions in which it is visible must be gone. */
    @SuppressWarnings("ReferenceEquality") // this very rule, whatever a subclass calls equal
    void remove(ClassifierRule rule) {
        int slot = slotOf(table, rule.match());
        ClassifierRule before = null;
        ClassifierRule here = slot < 0 ? null : table.slots[slot];
        while (here != null && here != rule) {
            before = here;
            here = here.next();
        }
        if (here == null) {
            throw new IllegalStateException("the rule is not in this classifier");
        }
        ClassifierRule after = rule.next();
        if (before != null) {
            before.setNext(after);
        } else if (after != null) {
            ELEMENT.setRelease(table.slots, slot, after);
        } else {
            ELEMENT.setRelease(table.slots, slot, REMOVED);
            chains--;
        }
        for (int stage = 0; stage < STAGES; stage++) {
            if (endsEarly(stage)) {
                stageHashes[stage].remove(hashOf(rule.match(), stageEnd[stage]));
            }
        }
        priorities.remove(rule.priority());
        rules--;
    }

    /** Says whether a lookup may end after a stage: it has words and so has a later one. */
    private boolean endsEarly(int stage) {
        return stageEnd[stage] < words.length && stageEnd[stage] > (stage == 0 ? 0 : stageEnd[stage - 1]);
    }

    private void rehash() {
        int length = 8;
        while (length < (chains + 1) * 4) {
            length *= 2;
        }
        Table larger = new Table(length);
        for (ClassifierRule rule : table.slots) {
            if (rule != null && rule != REMOVED) {
                put(larger, rule);
            }
        }
        usedSlots = chains;
        TABLE.setRelease(this, larger);
    }

    private void put(Table into, ClassifierRule rule) {
        long hash = hashOf(rule.match(), words.length);
        int mask = into.tags.length - 1;
        int at = (int) hash & mask;
        while (into.tags[at] != 0) {
            at = (at + 1) & mask;
        }
        ELEMENT.setRelease(into.slots, at, rule);
        TAG.setRelease(into.tags, at, tagOf(hash)); // from now on readers look at the slot
    }

    void forEach(Consumer<ClassifierRule> consumer) {
        for (ClassifierRule head : ((Table) TABLE.getAcquire(this)).slots) {
            if (head != REMOVED) {
                for (ClassifierRule rule = head; rule != null; rule = rule.next()) {
                    consumer.accept(rule);
                }
            }
        }
    }

    /** Says whether this is the mask of {@code match}. */
    boolean isOf(Match match) {
        if (match.wordCount() != words.length) {
            return false;
        }
        for (int i = 0; i < words.length; i++) {
            boolean isHere = (match.map() >>> words[i] & 1) != 0;
            if (!isHere || match.maskAt(positions[i]) != masks[i]) {
                return false;
            }
        }
        return true;
    }

    /** Says whether this mask looks at every bit that {@code looser} looks at. */
    boolean covers(Match looser) {
        int found = 0;
        for (int i = 0; i < words.length; i++) {
            if ((looser.map() >>> words[i] & 1) != 0) {
                long wanted = looser.maskAt(Long.bitCount(looser.map() & ((1L << words[i]) - 1)));
                if ((wanted & ~masks[i]) != 0) {
                    return false;
                }
                found++;
            }
        }
        return found == looser.wordCount();
    }

    private long hashOf(Match match, int count) {
        long hash = 0;
        for (int i = 0; i < count; i++) {
            hash = mix(hash, match.valueAt(positions[i]));
        }
        return finish(hash);
    }

    private static long mix(long hash, long word) {
        long mixed = (hash ^ word) * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 32;
    }

    private static long finish(long hash) {
        long mixed = hash * 0xd6e8feb86659fd93L;
        return mixed ^ mixed >>> 32;
    }
}
