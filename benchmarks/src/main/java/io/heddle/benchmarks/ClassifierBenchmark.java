package io.heddle.benchmarks;

import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A flow table with many rules. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ClassifierBenchmark {
    private static final int KEYS = 1 << 16;
    private static final int LOOKUPS = 256;
    private static final int VERSION = 1;

    /** Rules in the table. */
    @Param({"500000"})
    public int rules;

    private final Classifier<RuleSet.Rule> classifier = new Classifier<>();
    private final Classifier.Scratch scratch = new Classifier.Scratch();
    private final FlowMask looked = new FlowMask();
    private RuleSet set = new RuleSet(0, 0);
    private FlowKey[] keys = {};
    private int nextKey;
    private int nextRule;

    /** Adds the rules. */
    @Setup
    public void fill() {
        set = new RuleSet(rules, 42);
        for (RuleSet.Rule rule : set.rules) {
            classifier.insert(rule);
        }
        keys = set.keys(KEYS);
    }

    /** Lookups of packets that match some rule, with the bits that they depend on, as translations need them. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public int lookup() {
        int found = 0;
        for (int i = 0; i < LOOKUPS; i++) {
            looked.clear();
            RuleSet.Rule rule = classifier.lookup(keys[nextKey++ & KEYS - 1], VERSION, looked, scratch);
            found += rule == null ? 0 : rule.priority();
        }
        return found;
    }

    /** Takes a rule out, and puts it back: two updates. */
    @Benchmark
    @OperationsPerInvocation(2)
    public int update() {
        RuleSet.Rule rule = set.rules[nextRule];
        nextRule = nextRule + 1 == set.rules.length ? 0 : nextRule + 1;
        classifier.remove(rule);
        classifier.insert(rule);
        return classifier.size();
    }
}
