package io.heddle.cli.conformance;

import io.heddle.cli.conformance.ConformanceReport.Run;
import io.heddle.cli.conformance.RyuCases.CaseFile;
import io.heddle.cli.lab.Lab;
import io.heddle.cli.lab.LabFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code heddle conformance}: the public suites against Heddle, and the differential test against Open vSwitch. */
@Command(
        name = "conformance",
        description = "Run the public OpenFlow suites against a switch and write what they show (root).",
        mixinStandardHelpOptions = true)
public final class ConformanceCommand implements Callable<Integer> {
    private static final String CASES = "conformance-tests/src/test/resources/ryu";

    @Option(names = "--suite", defaultValue = "ryu", description = "The suite to run: ryu (the only one so far).")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Suite suite;

    @Option(
            names = "--target",
            split = ",",
            defaultValue = "heddle",
            description = "The switch under test: heddle, ovs, or heddle,ovs for both.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Target> targets;

    @Option(names = "--openflow", defaultValue = "1.3", description = "Version: 1.0, 1.3 (default), 1.4 or 1.5.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String version;

    @Option(names = "--cases", paramLabel = "FOLDER", description = "Case files from FOLDER instead of the tree's own.")
    private @Nullable Path cases;

    @Option(names = "--only", paramLabel = "REGEX", defaultValue = "", description = "Case files whose name fits.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Pattern only;

    @Option(
            names = "--tester",
            defaultValue = "ovs",
            description = "The switch that sends packets: ovs (default), heddle.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Target tester;

    @Option(
            names = "--pause",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "Between two cases (default: 1, the runner's own; 0 is enough with --tester heddle).")
    private int pauseSeconds;

    @Option(names = "--lanes", defaultValue = "6", description = "Runners at once (default: 6).")
    private int lanes;

    @Option(names = "--json", paramLabel = "FILE", description = "Write every case to FILE as well.")
    private @Nullable Path json;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write the report to FILE (default: docs/conformance.md when all of the tree's cases ran).")
    private @Nullable Path report;

    @Option(names = "--keep-logs", paramLabel = "FOLDER", description = "Copy the runners' and switches' logs there.")
    private @Nullable Path keepLogs;

    @Option(
            names = "--differential",
            paramLabel = "N",
            description = "Instead: compare N random packets with Open vSwitch's ofproto/trace.")
    private @Nullable Integer differential;

    @Option(names = "--seed", defaultValue = "1", description = "Seed of --differential (default: 1).")
    private long seed;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** The suites there are. */
    enum Suite {
        RYU
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Path root = Path.of(System.getProperty("heddle.launcher", "heddle"))
                .toAbsolutePath()
                .normalize()
                .getParent();
        if (differential != null) {
            return Differential.run(Objects.requireNonNull(root), differential, seed, out);
        }
        if (pauseSeconds < 0) {
            throw new ParameterException(spec.commandLine(), "--pause " + pauseSeconds + ": 0 or more seconds");
        }
        if (lanes < 1 || lanes > 16) {
            throw new ParameterException(spec.commandLine(), "--lanes " + lanes + ": from 1 to 16");
        }
        OpenFlowVersion openFlow;
        try {
            openFlow = OpenFlowVersion.of(version);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--openflow: " + e.getMessage());
        }
        try {
            return switch (suite) {
                case RYU -> run(Objects.requireNonNull(root), openFlow, out);
            };
        } catch (LabFailure e) {
            spec.commandLine().getErr().println("heddle: " + e.getMessage());
            return 1;
        }
    }

    private int run(Path root, OpenFlowVersion openFlow, PrintWriter out) throws LabFailure, IOException {
        Path folder = cases != null ? cases : root.resolve(CASES).resolve(openFlow.folder());
        if (!Files.exists(folder)) {
            throw new LabFailure("there are no cases in " + folder + "; --cases FOLDER names others");
        }
        List<CaseFile> files = RyuCases.read(folder, only);
        List<Run> runs = new ArrayList<>();
        for (Target target : targets) {
            runs.add(run(target, openFlow, files, out));
        }
        ConformanceReport written = new ConformanceReport(runs, Machine.describe());
        written.summary(out);
        boolean whole = cases == null && only.pattern().isEmpty() && targets.contains(Target.HEDDLE);
        Path document = report != null ? report : whole ? root.resolve("docs/conformance.md") : null;
        if (document != null) {
            Files.writeString(document, written.markdown());
            out.println("conformance: wrote " + document);
        }
        if (json != null) {
            Files.writeString(json, written.json());
        }
        out.flush();
        return runs.stream().allMatch(Run::passed) ? 0 : 1;
    }

    private Run run(Target target, OpenFlowVersion openFlow, List<CaseFile> files, PrintWriter out)
            throws LabFailure, IOException {
        String id = "hc" + ProcessHandle.current().pid();
        Path folder =
                Path.of("/run/heddle", "conformance-" + id + "-" + target.name().toLowerCase(Locale.ROOT));
        out.printf(
                "%n%s, OpenFlow %s: %d cases in %d files%n",
                target.title(),
                openFlow.number(),
                files.stream().mapToInt(file -> file.cases().size()).sum(),
                files.size());
        out.flush();
        long start = System.nanoTime();
        Lab lab = new Lab(id, folder);
        Thread cleaner = new Thread(lab::close, "conformance-cleaner");
        Runtime.getRuntime().addShutdownHook(cleaner);
        try {
            List<CaseResult> results =
                    new RyuSuite(lab, out).run(new RyuLane.Plan(target, tester, openFlow, pauseSeconds), files, lanes);
            return new Run(target, openFlow, results, (System.nanoTime() - start) / 1_000_000_000L);
        } finally {
            if (keepLogs != null) {
                lab.copyLogs(keepLogs);
            }
            lab.close();
        }
    }
}
