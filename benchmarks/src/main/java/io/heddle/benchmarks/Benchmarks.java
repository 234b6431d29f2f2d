package io.heddle.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * Runs all benchmarks and writes a line for each: {@code name,median,smallest,largest}, in operations per CPU-second of the
 * benchmark's thread ({@link CpuRate}).
 *
 * <pre>
 *   java -cp ... io.heddle.benchmarks.Benchmarks RESULTS.csv [JMH OPTION ...]
 * </pre>
 *
 * <p>What JMH prints goes to standard error. Threading: the main thread.
 */
public final class Benchmarks {
    private Benchmarks() {}

    /**
     * @param arguments the file to write, and JMH's own options
     * @throws IOException if the file cannot be written
     */
    public static void main(String[] arguments) throws IOException, RunnerException, CommandLineOptionException {
        if (arguments.length == 0) {
            System.err.println("benchmarks: needs the file to write results to, as the first argument");
            System.exit(2);
        }
        PrintStream out = System.out;
        System.setOut(System.err);
        List<String> options = List.of(arguments).subList(1, arguments.length);
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .parent(new CommandLineOptions(options.toArray(String[]::new)))
                        .addProfiler(CpuRate.class)
                        .build())
                .run();
        System.setOut(out);
        Files.write(Path.of(arguments[0]), lines(results), StandardCharsets.UTF_8);
    }

    /** The options of a short run in this process, for a test: each benchmark once, for a millisecond. */
    static OptionsBuilder smoke() {
        OptionsBuilder options = new OptionsBuilder();
        options.forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(1))
                .mode(Mode.Throughput)
                .param("rules", "2000")
                .param("masks", "20")
                .param("megaflows", "1000")
                .param("flows", "1024")
                .addProfiler(CpuRate.class)
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true);
        return options;
    }

    /** A line for each benchmark and set of parameters. */
    static List<String> lines(Collection<RunResult> results) {
        List<String> lines = new ArrayList<>();
        for (RunResult result : results) {
            Result<?> cpuRate = result.getSecondaryResults().get(CpuRate.NAME);
            if (cpuRate == null) {
                throw new IllegalArgumentException("a result without " + CpuRate.NAME + ": " + result);
            }
            Statistics rate = cpuRate.getStatistics();
            lines.add("%s,%.0f,%.0f,%.0f"
                    .formatted(name(result.getParams()), rate.getPercentile(50), rate.getMin(), rate.getMax()));
        }
        return lines;
    }

    /** {@code MegaflowBenchmark.hit} with 20 masks is {@code Megaflow.hit.masks=20}; parameters in alphabetical order. */
    private static String name(BenchmarkParams params) {
        String full = params.getBenchmark();
        StringBuilder name = new StringBuilder(full.substring(full.lastIndexOf('.', full.lastIndexOf('.') - 1) + 1)
                .replace("Benchmark.", "."));
        params.getParamsKeys().stream()
                .sorted()
                .forEach(key -> name.append('.').append(key).append('=').append(params.getParam(key)));
        return name.toString();
    }
}
