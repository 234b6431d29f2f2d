package io.heddle.flow.table;

import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.Match;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One flow table of a bridge: its entries and what was looked up in it.
 *
 * <p>Threading: the control loop changes; any thread looks up.
 */
public final class FlowTable {
    private static final int LEAST_EVICTION_QUEUE = 1024;

    private final int id;
    private final Classifier<FlowEntry> classifier = new Classifier<>();
    private final HitCounter lookups;
    private final HitCounter matches;
    private int activeCount;
    private TablePolicy policy = TablePolicy.DEFAULT;

    /** Null until an entry has to be evicted. */
    private @Nullable EvictionQueue evictions;

    /** What a vacancy event will tell next: that places have become scarce, or that there are enough again. */
    private boolean isVacancyLow;

    /** How many entries of the published version have which cookie, for the cookies that a {@code learn} has a limit for. */
    private final Map<Long, Integer> cookieCounts = new ConcurrentHashMap<>();

    /** For each counted cookie, how often {@link #countCookie} was asked. Control loop. */
    private final Map<Long, Integer> cookieUsers = new HashMap<>();

    FlowTable(int id, long nowNs) {
        this.id = id;
        this.lookups = new HitCounter(nowNs);
        this.matches = new HitCounter(nowNs);
    }

    public int id() {
        return id;
    }

    /** Packets looked up in the table. */
    public HitCounter lookups() {
        return lookups;
    }

    /** Packets that an entry matched. */
    public HitCounter matches() {
        return matches;
    }

    /** Entries, as of the last change that was staged. Control loop. */
    public int activeCount() {
        return activeCount;
    }

    /** What it does when it fills up. Control loop. */
    public TablePolicy policy() {
        return policy;
    }

    void setPolicy(TablePolicy wanted, int maxEntries) {
        policy = wanted;
        evictions = null;
        isVacancyLow = vacancyPercent(maxEntries) < wanted.vacancyUp();
    }

    /** What a change of the policy changes. */
    record PolicyState(TablePolicy policy, boolean isVacancyLow) {}

    PolicyState policyState() {
        return new PolicyState(policy, isVacancyLow);
    }

    /** Takes a change of the policy back. */
    void restore(PolicyState before) {
        policy = before.policy();
        isVacancyLow = before.isVacancyLow();
        evictions = null;
    }

    /** Places that are free, in percent. Control loop. */
    public int vacancyPercent(int maxEntries) {
        return (int) Math.max(0, (maxEntries - activeCount) * 100L / maxEntries);
    }

    /** Says whether a vacancy event is due, which {@link #isVacancyLow} tells more of. */
    boolean takeVacancyEvent(int maxEntries) {
        if (!policy.hasVacancyEvents()) {
            return false;
        }
        int vacancy = vacancyPercent(maxEntries);
        boolean isDue = isVacancyLow ? vacancy > policy.vacancyUp() : vacancy < policy.vacancyDown();
        if (isDue) {
            isVacancyLow = !isVacancyLow;
        }
        return isDue;
    }

    boolean isVacancyLow() {
        return isVacancyLow;
    }

    /** The entry that is to make room for another; null when there is none, or nothing is evicted. */
    @Nullable
    FlowEntry evictable(long version) {
        if (!policy.evicts()) {
            return null;
        }
        EvictionQueue queue = evictions;
        if (queue == null) {
            EvictionQueue made = new EvictionQueue();
            classifier.forEach(version, made::add);
            evictions = made;
            queue = made;
        }
        return queue.peek(version);
    }

    void inserted(FlowEntry entry) {
        if (evictions != null) {
            evictions.add(entry);
            if (evictions.size() > 2 * activeCount + LEAST_EVICTION_QUEUE) {
                evictions = null;
            }
        }
    }

    /** Changes have been taken back: what is in the queue may not be right. */
    void reverted() {
        evictions = null;
    }

    /** The entry of exactly that match and priority, or null. Control loop. */
    public @Nullable FlowEntry find(Match match, int priority, long version) {
        return classifier.find(match, priority, version);
    }

    /** As {@link #find}, on any thread that keeps {@code version} from being reclaimed. */
    public @Nullable FlowEntry findShared(Match match, int priority, long version) {
        return classifier.findShared(match, priority, version);
    }

    /**
     * Says whether there are fewer than {@code limit} entries with a cookie, of which {@link #countCookie} was told; any number if it was
     * not. Any thread.
     *
     * @param limit unsigned
     */
    public boolean isBelowLimit(long cookie, int limit) {
        Integer count = cookieCounts.get(cookie);
        return count == null || Integer.compareUnsigned(count, limit) < 0;
    }

    /**
     * As {@link #isBelowLimit(long, int)}, for a commit that is being staged. Control loop.
     *
     * @param staged how many more entries have the cookie by what is staged
     * @param version that is staged
     */
    boolean isBelowLimit(long cookie, int limit, int staged, long version) {
        Integer published = cookieCounts.get(cookie);
        int count = published == null ? countNow(cookie, version) : published + staged;
        return Integer.compareUnsigned(count, limit) < 0;
    }

    private int countNow(long cookie, long version) {
        int[] count = new int[1];
        forEach(version, entry -> count[0] += entry.cookie() == cookie ? 1 : 0);
        return count[0];
    }

    /** One entry less learns flows with the cookie: takes one {@link #countCookie} back. Control loop. */
    void stopCounting(long cookie) {
        Integer left = cookieUsers.computeIfPresent(cookie, (c, users) -> users == 1 ? null : users - 1);
        if (left == null) {
            cookieCounts.remove(cookie);
        }
    }

    /** Cookies that are counted. */
    int countedCookies() {
        return cookieCounts.size();
    }

    /** Counts the entries with a cookie from now on. Control loop. */
    void countCookie(long cookie, long version) {
        cookieUsers.merge(cookie, 1, Integer::sum);
        if (!cookieCounts.containsKey(cookie)) {
            cookieCounts.put(cookie, countNow(cookie, version));
        }
    }

    /** So many entries more have the cookie. Control loop. */
    void changeCookieCount(long cookie, int by) {
        cookieCounts.computeIfPresent(cookie, (c, count) -> count + by);
    }

    /** Distinct masks. */
    public int maskCount() {
        return classifier.maskCount();
    }

    /**
     * The entry that a packet hits.
     *
     * @param looked gets every bit that was looked at
     */
    public @Nullable FlowEntry lookup(
            FlowKey key, long version, @Nullable FlowMask looked, Classifier.Scratch scratch) {
        return classifier.lookup(key, version, looked, scratch);
    }

    /** All entries of a version, in no particular order. */
    public void forEach(long version, Consumer<? super FlowEntry> consumer) {
        classifier.forEach(version, consumer);
    }

    Classifier<FlowEntry> classifier() {
        return classifier;
    }

    void changeActiveCount(int by) {
        activeCount += by;
    }
}
