package io.heddle.cli.conformance;

import io.heddle.cli.conformance.RyuCases.CaseFile;
import io.heddle.cli.lab.Lab;
import io.heddle.cli.lab.LabFailure;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Runs case files in several lanes at once and prints every file as its last case ends. Not thread-safe. */
final class RyuSuite {
    /** The runner gives a packet three seconds; a lane that shows nothing for this long is stuck. */
    private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(60);

    private static final long TICK_MS = 250;

    private final Lab lab;
    private final PrintWriter out;
    private final Set<String> printed = new HashSet<>();
    private int done;

    RyuSuite(Lab lab, PrintWriter out) {
        this.lab = lab;
        this.out = out;
    }

    /**
     * Runs every case of {@code files}.
     *
     * @param lanes runners at once, at least 1
     * @return one result for every case; a case that was not reached has failed
     */
    List<CaseResult> run(RyuLane.Plan plan, List<CaseFile> files, int lanes) throws LabFailure {
        List<List<CaseFile>> shares = shares(files, lanes);
        List<RyuLane> running = new ArrayList<>();
        for (int i = 0; i < shares.size(); i++) {
            running.add(new RyuLane(
                    lab,
                    plan.target().name().substring(0, 1).toLowerCase(Locale.ROOT) + (char) ('a' + i),
                    plan,
                    shares.get(i)));
        }
        int total = files.stream().mapToInt(file -> file.cases().size()).sum();
        printed.clear();
        done = 0;
        follow(running, files, total);
        List<CaseResult> results = new ArrayList<>();
        for (RyuLane lane : running) {
            lane.stop();
            results.addAll(lane.results());
            results.addAll(lane.missing());
        }
        results.sort(Comparator.comparing((CaseResult result) -> result.test().file()));
        return results;
    }

    private void follow(List<RyuLane> lanes, List<CaseFile> files, int total) throws LabFailure {
        int before = -1;
        long changedNs = System.nanoTime();
        boolean finished;
        do {
            Lab.pause(TICK_MS);
            finished = lanes.stream().allMatch(RyuLane::finished);
            List<CaseResult> results =
                    lanes.stream().flatMap(lane -> lane.results().stream()).toList();
            if (results.size() != before) {
                before = results.size();
                changedNs = System.nanoTime();
                print(results, files, total);
            }
        } while (!finished && System.nanoTime() - changedNs < STUCK_NS);
    }

    private void print(List<CaseResult> results, List<CaseFile> files, int total) {
        Map<String, List<CaseResult>> byFile = new TreeMap<>();
        for (CaseResult result : results) {
            byFile.computeIfAbsent(result.test().file(), _ -> new ArrayList<>()).add(result);
        }
        for (CaseFile file : files) {
            List<CaseResult> of = byFile.getOrDefault(file.name(), List.of());
            if (of.size() < file.cases().size() || !printed.add(file.name())) {
                continue;
            }
            long passed = of.stream().filter(CaseResult::passed).count();
            done += of.size();
            out.printf(
                    Locale.ROOT,
                    "  %s %4d/%d  %-52s %3d of %d%n",
                    passed == of.size() ? "ok  " : "FAIL",
                    done,
                    total,
                    file.name(),
                    passed,
                    of.size());
            of.stream()
                    .filter(result -> !result.passed())
                    .forEach(result -> out.printf(
                            "         %s%n           %s%n", result.test().name(), result.reason()));
        }
        out.flush();
    }

    /** Deals the files out, the longest first to the lane that has least. */
    static List<List<CaseFile>> shares(List<CaseFile> files, int lanes) {
        List<List<CaseFile>> shares = new ArrayList<>();
        for (int i = 0; i < Math.min(lanes, files.size()); i++) {
            shares.add(new ArrayList<>());
        }
        Comparator<List<CaseFile>> load = Comparator.comparingInt(
                share -> share.stream().mapToInt(file -> file.cases().size()).sum());
        files.stream()
                .sorted(Comparator.comparingInt((CaseFile file) -> file.cases().size())
                        .reversed())
                .forEach(file -> shares.stream().min(load).orElseThrow().add(file));
        return shares;
    }
}
