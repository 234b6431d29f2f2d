package io.heddle.proto.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What fuzzing has found stays mended; and what a target allocates is bounded by its input. */
final class FuzzCorpusTest {
    /** Of the targets that read octets from a connection. */
    private static final int OCTETS_FOR_EACH = 600;

    private static final int OCTETS_FOR_ANY = 64_000;

    @ParameterizedTest
    @EnumSource
    void shouldTakeEveryInputOfTheCorpus(FuzzTarget target) throws Exception {
        List<byte[]> corpus = FuzzCorpus.of(target);

        assertThat(corpus).isNotEmpty();
        corpus.forEach(target::run);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeMutatedInputs(FuzzTarget target) throws Exception {
        List<byte[]> corpus = FuzzCorpus.of(target);
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            target.run(mutated(corpus, random));
        }
        assertThat(corpus).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"CODEC", "PACKET", "NSH", "GRPC"})
    void shouldAllocateInProportionToTheInput(FuzzTarget target) throws Exception {
        List<byte[]> corpus = FuzzCorpus.of(target);
        Random random = new Random(12);
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        corpus.forEach(target::run);
        for (int i = 0; i < 5000; i++) {
            byte[] input = mutated(corpus, random);
            long before = thread.getCurrentThreadAllocatedBytes();
            target.run(input);
            long allocated = thread.getCurrentThreadAllocatedBytes() - before;
            // The first of a kind loads classes; the second does not.
            if (allocated > OCTETS_FOR_ANY + (long) OCTETS_FOR_EACH * input.length) {
                before = thread.getCurrentThreadAllocatedBytes();
                target.run(input);
                allocated = thread.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocated)
                    .as("for %d octets", input.length)
                    .isLessThanOrEqualTo(OCTETS_FOR_ANY + (long) OCTETS_FOR_EACH * input.length);
        }
    }

    private static byte[] mutated(List<byte[]> corpus, Random random) {
        byte[] octets = corpus.get(random.nextInt(corpus.size())).clone();
        for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
            int at = random.nextInt(octets.length);
            octets[at] = (byte) (random.nextBoolean() ? random.nextInt() : octets[at] ^ 1 << random.nextInt(8));
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(octets, random.nextInt(octets.length + 16)) : octets;
    }
}
