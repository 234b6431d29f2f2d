package io.heddle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.match.FlowKey;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;

class BenchmarksTest {
    @Test
    void shouldRunEachBenchmark() throws RunnerException {
        List<String> lines = Benchmarks.lines(new Runner(Benchmarks.smoke().build()).run());

        assertThat(lines)
                .extracting(line -> line.substring(0, line.indexOf(',')))
                .containsExactlyInAnyOrder(
                        "Classifier.lookup.rules=2000",
                        "Classifier.update.rules=2000",
                        "Codec.decode",
                        "Codec.encode",
                        "ExactMatch.hash",
                        "ExactMatch.hit",
                        "Forward.forward.flows=1024",
                        "Megaflow.hit.masks=20.megaflows=1000",
                        "Parse.extract",
                        "Translation.translate",
                        "Translation.translateAndInstall");
        assertThat(lines).allMatch(line -> line.matches("[^,]+(,[0-9]+){3}"));
    }

    @Test
    void shouldMakeRulesOfManyMasksAndPacketsThatMatchThem() {
        RuleSet set = new RuleSet(20_000, 42);
        Classifier<RuleSet.Rule> classifier = new Classifier<>();
        Set<Integer> priorities = new HashSet<>();
        for (RuleSet.Rule rule : set.rules) {
            classifier.insert(rule);
            priorities.add(rule.priority());
        }

        assertThat(classifier.maskCount()).isGreaterThan(150);
        assertThat(priorities).hasSizeGreaterThan(10_000);
        Classifier.Scratch scratch = new Classifier.Scratch();
        for (FlowKey key : set.keys(1000)) {
            assertThat(classifier.lookup(key, 1, null, scratch)).isNotNull();
        }
    }
}
