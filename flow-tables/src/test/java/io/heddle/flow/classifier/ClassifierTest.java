package io.heddle.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierTest {
    private static final MatchField[] FIELDS = {
        MatchField.IN_PORT,
        MatchField.ETH_DST,
        MatchField.ETH_TYPE,
        MatchField.VLAN_TCI,
        MatchField.NW_SRC,
        MatchField.NW_DST,
        MatchField.NW_PROTO,
        MatchField.TCP_DST,
        MatchField.IPV6_SRC,
        MatchField.IPV6_DST,
        MatchField.METADATA
    };

    private static final class TestRule extends ClassifierRule {
        TestRule(Match match, int priority, long addedIn) {
            super(match, priority, addedIn);
        }

        TestRule(Match match, int priority, long addedIn, List<Clause> clauses) {
            super(match, priority, addedIn, clauses);
        }
    }

    private final Classifier.Scratch scratch = new Classifier.Scratch();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldFindWhatALinearClassifierFindsWhileRulesComeAndGo(long seed) {
        Random random = new Random(seed);
        Classifier<TestRule> classifier = new Classifier<>();
        LinearClassifier<TestRule> linear = new LinearClassifier<>();
        List<TestRule> present = new ArrayList<>();
        long version = 1;
        for (int round = 0; round < 60; round++) {
            version++;
            change(random, version, classifier, linear, present);
            for (int i = 0; i < 40; i++) {
                FlowKey key = randomKey(random);
                for (long seen = version - 1; seen <= version; seen++) {
                    TestRule expected = linear.lookup(key, seen);
                    TestRule found = classifier.lookup(key, seen, new FlowMask(), scratch);
                    assertThat(found == null ? -1 : found.priority())
                            .isEqualTo(expected == null ? -1 : expected.priority());
                    assertThat(found == null || found.match().matches(key)).isTrue();
                }
            }
            long oldest = version;
            present.removeIf(rule -> {
                boolean isGone = rule.removedIn() <= oldest;
                if (isGone) {
                    classifier.remove(rule);
                    linear.remove(rule);
                }
                return isGone;
            });
            assertThat(classifier.size()).isEqualTo(present.size());
        }
        List.copyOf(present).forEach(classifier::remove);
        assertThat(classifier.size()).isZero();
        assertThat(classifier.maskCount()).isZero();
        assertThat(classifier.lookup(randomKey(random), version, null, scratch)).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32})
    void shouldFindWhatALinearClassifierFindsWhileHundredsOfMasksComeAndGo(long seed) {
        Random random = new Random(seed);
        Classifier<TestRule> classifier = new Classifier<>();
        LinearClassifier<TestRule> linear = new LinearClassifier<>();
        List<TestRule> present = new ArrayList<>();
        int mostMasks = 0;
        for (int round = 0; round < 6; round++) {
            // Grows to many subtables, shrinks to few, whose numbers others get then.
            while (present.size() < 450) {
                TestRule rule = new TestRule(randomPrefixes(random), random.nextInt(40), 1);
                classifier.insert(rule);
                linear.insert(rule);
                present.add(rule);
            }
            mostMasks = Math.max(mostMasks, classifier.maskCount());
            for (int i = 0; i < 100; i++) {
                FlowKey key = randomKey(random);
                FlowMask looked = new FlowMask();
                TestRule found = classifier.lookup(key, 1, looked, scratch);
                assertThat(priority(found)).isEqualTo(priority(linear.lookup(key, 1)));
                FlowKey other = new FlowKey(key);
                for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
                    other.word(word, other.word(word) ^ random.nextLong() & ~looked.word(word));
                }
                FlowMask again = new FlowMask();
                assertThat(classifier.lookup(other, 1, again, scratch)).isSameAs(found);
                assertThat(again).isEqualTo(looked);
                assertThat(priority(classifier.lookup(key, 1, null, scratch))).isEqualTo(priority(found));
            }
            int left = random.nextInt(200);
            while (present.size() > left) {
                TestRule gone = present.remove(random.nextInt(present.size()));
                classifier.remove(gone);
                linear.remove(gone);
            }
        }
        assertThat(mostMasks).isGreaterThan(256);
    }

    /** Prefixes of both addresses, of IPv4 or IPv6, and perhaps a port: hundreds of masks. */
    private static Match randomPrefixes(Random random) {
        boolean isIpv6 = random.nextInt(4) == 0;
        Match.Builder match = Match.builder();
        MatchField source = isIpv6 ? MatchField.IPV6_SRC : MatchField.NW_SRC;
        MatchField destination = isIpv6 ? MatchField.IPV6_DST : MatchField.NW_DST;
        for (MatchField field : List.of(source, destination)) {
            int length = random.nextInt(field.bits() + 1);
            match.masked(
                    field,
                    randomValue(field, random),
                    Bits.ones(field.bits()).and(Bits.ones(field.bits() - length).not()));
        }
        if (random.nextBoolean()) {
            match.exact(MatchField.TCP_DST, randomValue(MatchField.TCP_DST, random));
        }
        return match.build();
    }

    private static void change(
            Random random,
            long version,
            Classifier<TestRule> classifier,
            LinearClassifier<TestRule> linear,
            List<TestRule> present) {
        for (int i = random.nextInt(8); i >= 0; i--) {
            TestRule rule = new TestRule(randomMatch(random), random.nextInt(20), version);
            TestRule same = classifier.find(rule.match(), rule.priority(), version);
            if (same != null) {
                same.removeIn(version);
            }
            classifier.insert(rule);
            linear.insert(rule);
            present.add(rule);
        }
        for (int i = random.nextInt(5); i > 0 && !present.isEmpty(); i--) {
            TestRule rule = present.get(random.nextInt(present.size()));
            if (rule.removedIn() == Long.MAX_VALUE) {
                rule.removeIn(version);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28})
    void shouldFindWhatConjunctionsSayAndLookAtEveryBitThatDecides(long seed) {
        Random random = new Random(seed);
        int conjunctive = 0;
        for (int round = 0; round < 20; round++) {
            Classifier<TestRule> classifier = new Classifier<>();
            LinearClassifier<TestRule> linear = new LinearClassifier<>();
            for (int i = 0; i < 60; i++) {
                TestRule rule = conjunctiveRule(random);
                TestRule same = classifier.find(rule.match(), rule.priority(), 1);
                if (same == null) {
                    classifier.insert(rule);
                    linear.insert(rule);
                }
            }
            for (int i = 0; i < 40; i++) {
                FlowKey key = randomKey(random);
                FlowMask looked = new FlowMask();
                TestRule found = classifier.lookup(key, 1, looked, scratch);
                List<Integer> expected = linear.lookupConjunctive(key, 1).stream()
                        .map(ClassifierTest::priority)
                        .toList();
                assertThat(priority(found)).isIn(expected);
                assertThat(key.getLong(MatchField.CONJ_ID)).isZero();
                conjunctive += found != null && found.match().has(MatchField.CONJ_ID) ? 1 : 0;
                for (int flip = 0; flip < 20; flip++) {
                    FlowKey other = new FlowKey(key);
                    for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
                        other.word(word, other.word(word) ^ random.nextLong() & ~looked.word(word));
                    }
                    FlowMask again = new FlowMask();
                    assertThat(classifier.lookup(other, 1, again, scratch)).isSameAs(found);
                    assertThat(again).isEqualTo(looked);
                }
            }
        }
        assertThat(conjunctive).isGreaterThan(20);
    }

    private static int priority(@Nullable TestRule rule) {
        return rule == null ? -1 : rule.priority();
    }

    /** Conjunctions 1 to 3 have as many dimensions and one more. */
    private static TestRule conjunctiveRule(Random random) {
        int priority = random.nextInt(8);
        int id = 1 + random.nextInt(3);
        Match.Builder match = Match.builder();
        MatchField field = FIELDS[random.nextInt(4)];
        match.exact(field, randomValue(field, random));
        return switch (random.nextInt(6)) {
            case 0 -> new TestRule(match.build(), priority, 1);
            case 1 -> {
                Match.Builder only = random.nextBoolean() ? match : Match.builder();
                yield new TestRule(only.exact(MatchField.CONJ_ID, id).build(), priority, 1);
            }
            default -> {
                List<Clause> clauses = new ArrayList<>();
                for (int i = random.nextInt(2); i >= 0; i--) {
                    int conjunction = 1 + random.nextInt(3);
                    clauses.add(new Clause(conjunction, random.nextInt(conjunction + 1), conjunction + 1));
                }
                yield new TestRule(match.build(), priority / 3, 1, clauses);
            }
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void shouldNotDependOnBitsThatItDoesNotReport(long seed) {
        Random random = new Random(seed);
        Classifier<TestRule> classifier = new Classifier<>();
        Set<Match> matches = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            Match match = randomMatch(random);
            if (matches.add(match)) {
                classifier.insert(new TestRule(match, random.nextInt(30), 1));
            }
        }
        for (int i = 0; i < 300; i++) {
            FlowKey key = randomKey(random);
            FlowMask looked = new FlowMask();
            TestRule found = classifier.lookup(key, 1, looked, scratch);
            for (int flip = 0; flip < 60; flip++) {
                FlowKey other = new FlowKey(key);
                for (int word = 0; word < KeyLayout.WORDS; word++) {
                    long noise = flip < 30 ? 1L << random.nextInt(64) : random.nextLong();
                    other.word(word, other.word(word) ^ noise & ~looked.word(word));
                }
                FlowMask again = new FlowMask();
                assertThat(classifier.lookup(other, 1, again, scratch)).isSameAs(found);
                assertThat(again.words()).containsExactly(looked.words());
            }
        }
    }

    @Test
    void shouldLookAtAsFewBitsOfAnAddressAsTellItApart() {
        Classifier<TestRule> classifier = new Classifier<>();
        classifier.insert(new TestRule(address(0x0a000001, 32), 10, 1));
        classifier.insert(new TestRule(address(0x0a010000, 16), 10, 1));
        FlowKey key = new FlowKey().set(MatchField.ETH_TYPE, 0x0800).set(MatchField.NW_DST, 0xc0a80001L);
        FlowMask looked = new FlowMask();
        assertThat(classifier.lookup(key, 1, looked, scratch)).isNull();
        assertThat(looked.get(MatchField.NW_DST)).isEqualTo(Bits.of(0x80000000L));
    }

    @Test
    void shouldNotLookAtLaterHeadersWhenAnEarlierOneDiffers() {
        Classifier<TestRule> classifier = new Classifier<>();
        classifier.insert(new TestRule(address(0x0a000001, 32), 10, 1));
        FlowKey arp = new FlowKey().set(MatchField.ETH_TYPE, 0x0806).set(MatchField.ARP_TPA, 0x0a000001L);
        FlowMask looked = new FlowMask();
        assertThat(classifier.lookup(arp, 1, looked, scratch)).isNull();
        assertThat(looked.get(MatchField.ARP_TPA)).isEqualTo(Bits.ZERO);
        assertThat(looked.get(MatchField.ETH_TYPE)).isEqualTo(Bits.of(0xffff));
    }

    @Test
    void shouldNotProbeSubtablesOfLowerPriorityThanTheRuleFound() {
        Classifier<TestRule> classifier = new Classifier<>();
        classifier.insert(
                new TestRule(Match.builder().exact(MatchField.IN_PORT, 1).build(), 20, 1));
        classifier.insert(new TestRule(address(0x0a000001, 32), 10, 1));
        FlowKey key = new FlowKey().set(MatchField.IN_PORT, 1).set(MatchField.ETH_TYPE, 0x0800);
        FlowMask looked = new FlowMask();
        assertThat(classifier.lookup(key, 1, looked, scratch)).isNotNull();
        assertThat(looked).isEqualTo(new FlowMask().add(MatchField.IN_PORT));
    }

    @Test
    void shouldAllocateNothingInALookup() {
        Random random = new Random(5);
        Classifier<TestRule> classifier = new Classifier<>();
        for (int i = 0; i < 200; i++) {
            classifier.insert(new TestRule(randomMatch(random), i, 1));
        }
        FlowKey[] keys = new FlowKey[64];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = randomKey(random);
        }
        FlowMask looked = new FlowMask();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long spent = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20_000; i++) {
                classifier.lookup(keys[i & 63], 1, looked, scratch);
            }
            spent = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(spent / 20_000).isZero();
    }

    private static Match address(int address, int length) {
        long mask = length == 0 ? 0 : -1L << (32 - length) & 0xffffffffL;
        return Match.builder()
                .exact(MatchField.ETH_TYPE, 0x0800)
                .masked(MatchField.NW_DST, Bits.of(address & 0xffffffffL), Bits.of(mask))
                .build();
    }

    private static Match randomMatch(Random random) {
        Match.Builder builder = Match.builder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            MatchField field = FIELDS[random.nextInt(FIELDS.length)];
            builder.masked(field, randomValue(field, random), randomMask(field, random));
        }
        return builder.build();
    }

    private static Bits randomMask(MatchField field, Random random) {
        boolean isAddress = field.word() == KeyLayout.W_IPV4 || field.bits() == 128;
        if (isAddress && random.nextInt(4) != 0) {
            int length = 1 + random.nextInt(field.bits());
            return Bits.ones(field.bits()).and(Bits.ones(field.bits() - length).not());
        }
        return random.nextInt(3) == 0
                ? field.allOnes().and(new Bits(random.nextLong(), random.nextLong()))
                : field.allOnes();
    }

    /** Few values, so that rules match. */
    private static Bits randomValue(MatchField field, Random random) {
        int bits = field.bits();
        Bits value = Bits.of(random.nextInt(3));
        if (random.nextBoolean()) {
            long top = (long) random.nextInt(4) << (Math.min(bits, 64) - 2);
            value = bits == 128 ? new Bits(top, value.low()) : value.or(Bits.of(top));
        }
        return value.and(field.allOnes());
    }

    private static FlowKey randomKey(Random random) {
        FlowKey key = new FlowKey();
        for (MatchField field : FIELDS) {
            key.set(field, randomValue(field, random));
        }
        return key;
    }
}
