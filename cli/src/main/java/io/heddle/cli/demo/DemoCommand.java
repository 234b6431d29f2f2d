package io.heddle.cli.demo;

import io.heddle.cli.lab.Lab;
import io.heddle.cli.lab.LabFailure;
import io.heddle.cli.lab.Shell;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code heddle demo}: the main job on this machine, checked. */
@Command(
        name = "demo",
        description = "Start two switches, a controller and four hosts, and check that everything works (root).",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    /** This program, once more. */
    public interface Program {
        /** Runs one command; returns its exit status. */
        int run(PrintWriter out, PrintWriter err, String... arguments);
    }

    private final Program program;

    @Option(names = "--keep", description = "Leave everything running and print how to look around.")
    private boolean keep;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results to FILE as well.")
    private @Nullable Path json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /**
     * The command.
     *
     * @param program runs the commands that the demo shows
     */
    public DemoCommand(Program program) {
        this.program = program;
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec == null
                ? new PrintWriter(System.out, true, StandardCharsets.UTF_8)
                : spec.commandLine().getOut();
        checkJson();
        AtomicBoolean interrupted = new AtomicBoolean();
        Report report = new Report(out, interrupted::get);
        String id = "hd" + ProcessHandle.current().pid();
        Path folder = Path.of("/run/heddle", "demo-" + id);
        boolean finished = false;
        Lab lab;
        try {
            lab = new Lab(id, folder);
        } catch (LabFailure e) {
            report.check("make a place for the demo's files", () -> {
                throw e;
            });
            return end(out, report);
        }
        Thread cleaner = new Thread(
                () -> {
                    interrupted.set(true);
                    lab.close();
                },
                "demo-cleaner");
        Runtime.getRuntime().addShutdownHook(cleaner);
        try {
            DemoScenario scenario = new DemoScenario(lab, report, this::heddle);
            scenario.run();
            finished = true;
            if (keep) {
                lab.keep();
                scenario.howToLookAround(out);
            }
        } finally {
            if (finished || !keep) {
                lab.close();
            }
        }
        if (interrupted.get()) {
            out.printf("%ndemo: interrupted after %d checks%n", report.checks().size());
            out.flush();
            return INTERRUPTED;
        }
        return end(out, report);
    }

    /** Refuses a file that cannot be written before anything is started. */
    private void checkJson() {
        if (json == null) {
            return;
        }
        try {
            Files.writeString(json, "");
        } catch (IOException e) {
            Path folder = json.toAbsolutePath().getParent();
            String reason = folder != null && !Files.isDirectory(folder)
                    ? "there is no folder " + folder
                    : String.valueOf(e.getMessage());
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "cannot write --json %s: %s".formatted(json, reason), e);
        }
    }

    private int end(PrintWriter out, Report report) throws IOException {
        if (json != null) {
            Map<String, Object> results = new LinkedHashMap<>();
            results.put("passed", report.passed());
            results.put("failed", report.failed());
            results.put("checks", report.checks());
            Files.writeString(
                    json,
                    JsonMapper.builder()
                                    .build()
                                    .writerWithDefaultPrettyPrinter()
                                    .writeValueAsString(results) + "\n");
        }
        out.printf("%ndemo: %d checks passed, %d failed%n", report.passed(), report.failed());
        out.flush();
        return report.failed() == 0 && report.passed() > 0 ? 0 : 1;
    }

    /** Runs a command of this program's own, in this process, as a user would type it. */
    private Shell.Result heddle(List<String> arguments) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        int exitCode = program.run(out, out, arguments.toArray(String[]::new));
        out.flush();
        return new Shell.Result(exitCode, text.toString());
    }

    /** Exit status after Ctrl-C, as a shell has it: 128 and the signal's number. */
    private static final int INTERRUPTED = 130;

    /** How long a step may take that is a matter of milliseconds when all is well. */
    static final Duration PATIENCE = Duration.ofSeconds(15);
}
