package io.heddle.benchmarks;

import io.heddle.flow.classifier.ClassifierRule;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Rules like those of access lists, firewalls and IP chains, made from a seed.
 *
 * <p>As in the filter sets that ClassBench was made from, rules share a limited number of shapes (which prefix lengths, port exact, a range or
 * any), a few of which, and specific ones rather than wide ones, most rules have; prefixes lie in networks, and these in larger ones, so that they
 * nest; ports are few; no rule stands twice. More specific rules tend to have higher priorities, as one behind a wider rule would never match, but
 * the priorities of most shapes overlap.
 *
 * <p>Thread safety: immutable.
 *
 * @see <a href="https://doi.org/10.1109/TNET.2007.893156">Taylor and Turner, ClassBench: A Packet Classification Benchmark, 2007</a>
 */
final class RuleSet {
    /** Distinct masks. */
    private static final int SHAPES = 250;

    private static final int NETWORKS = 4096;
    private static final int LARGER = 256;
    private static final int PRIORITIES_PER_BIT = 400;
    private static final int OVERLAP = 12_000;
    private static final int[] LENGTHS = {0, 0, 8, 16, 16, 20, 22, 24, 24, 24, 26, 27, 28, 30, 32, 32, 32, 32};
    private static final int[] PORTS = {20, 21, 22, 23, 25, 53, 80, 110, 123, 143, 161, 443, 993, 1433, 1521, 3306, 8080
    };
    private static final int[] PROTOCOLS = {6, 6, 6, 6, 17, 17};
    private static final int ANY = 0;
    private static final int EXACT = 0xffff;

    /** One rule. */
    static final class Rule extends ClassifierRule {
        Rule(Match match, int priority) {
            super(match, priority, 1);
        }
    }

    /** What rules of one mask look at. */
    private record Shape(int sourceLength, int destinationLength, int sourcePortMask, int destinationPortMask) {
        /** Bits looked at. */
        int specificity() {
            return sourceLength
                    + destinationLength
                    + Integer.bitCount(sourcePortMask)
                    + Integer.bitCount(destinationPortMask);
        }
    }

    final Rule[] rules;
    private final Random random;
    private final int[] networks = new int[NETWORKS];

    RuleSet(int count, long seed) {
        random = new Random(seed);
        for (int i = 0; i < NETWORKS; i++) {
            // A network lies in one of fewer larger ones.
            networks[i] = i < LARGER
                    ? random.nextInt()
                    : networks[random.nextInt(LARGER)] & 0xffff0000 | random.nextInt(0x10000);
        }
        Shape[] shapes = new Shape[SHAPES];
        for (int i = 0; i < SHAPES; i++) {
            shapes[i] = shape();
        }
        Arrays.sort(shapes, Comparator.comparingInt(shape -> -shape.specificity()));
        rules = new Rule[count];
        Set<Match> present = new HashSet<>();
        for (int i = 0; i < count; ) {
            Shape shape = shapes[zipf()];
            Match match = match(shape);
            if (present.add(match)) {
                rules[i++] = new Rule(match, PRIORITIES_PER_BIT * shape.specificity() + random.nextInt(OVERLAP));
            }
        }
    }

    private Shape shape() {
        // Two wildcards would match most packets: rule sets have few such rules, here none.
        int source = LENGTHS[random.nextInt(LENGTHS.length)];
        int destination =
                LENGTHS[source == 0 ? 2 + random.nextInt(LENGTHS.length - 2) : random.nextInt(LENGTHS.length)];
        return new Shape(source, destination, random.nextInt(4) == 0 ? portMask() : ANY, portMask());
    }

    private int portMask() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> ANY;
            case 3 -> EXACT << (4 + random.nextInt(7)) & EXACT;
            default -> EXACT;
        };
    }

    /** Shape n is n times as rare as the first. */
    private int zipf() {
        return (int) (Math.pow(SHAPES + 1.0, random.nextDouble()) - 1.0);
    }

    private Match match(Shape shape) {
        Match.Builder match = Match.builder()
                .exact(MatchField.ETH_TYPE, 0x0800)
                .exact(MatchField.NW_PROTO, PROTOCOLS[random.nextInt(PROTOCOLS.length)]);
        prefix(match, MatchField.NW_SRC, shape.sourceLength);
        prefix(match, MatchField.NW_DST, shape.destinationLength);
        port(match, MatchField.TCP_SRC, shape.sourcePortMask);
        port(match, MatchField.TCP_DST, shape.destinationPortMask);
        return match.build();
    }

    private void prefix(Match.Builder match, MatchField field, int length) {
        if (length > 0) {
            long mask = -1L << (32 - length) & 0xffffffffL;
            int address = networks[random.nextInt(NETWORKS)] ^ random.nextInt(1 << 12);
            match.masked(field, Bits.of(address & mask), Bits.of(mask));
        }
    }

    private void port(Match.Builder match, MatchField field, int mask) {
        if (mask != ANY) {
            int port = mask == EXACT ? PORTS[random.nextInt(PORTS.length)] : random.nextInt(0x10000);
            match.masked(field, Bits.of(port & mask), Bits.of(mask));
        }
    }

    /** Keys of packets, each of which matches some rule. */
    FlowKey[] keys(int count) {
        FlowKey[] keys = new FlowKey[count];
        for (int i = 0; i < count; i++) {
            Match match = rules[random.nextInt(rules.length)].match();
            FlowKey key = new FlowKey();
            key.set(MatchField.IN_PORT, 1);
            key.set(MatchField.ETH_TYPE, 0x0800);
            key.set(MatchField.NW_TTL, 64);
            key.set(MatchField.NW_SRC, random.nextInt() & 0xffffffffL);
            key.set(MatchField.NW_DST, random.nextInt() & 0xffffffffL);
            key.set(MatchField.TCP_SRC, 1024L + random.nextInt(60_000));
            key.set(MatchField.TCP_DST, random.nextInt(65_536));
            for (int word = 0; word < key.words().length; word++) {
                key.word(word, key.word(word) & ~match.mask(word) | match.value(word));
            }
            keys[i] = key;
        }
        return keys;
    }
}
