package io.heddle.cli.demo;

import io.heddle.cli.lab.LabFailure;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/** Prints the steps as they happen and keeps what they showed. Not thread-safe. */
final class Report {
    /**
     * One check.
     *
     * @param name what was checked
     * @param passed whether it was as it should be
     * @param milliseconds how long it took
     * @param detail what was seen
     */
    record Check(String name, boolean passed, long milliseconds, String detail) {}

    /** A check that is being made: gives what was seen, or fails with what was expected. */
    @FunctionalInterface
    interface Body {
        String run() throws LabFailure;
    }

    private static final int NAME_WIDTH = 52;

    private final PrintWriter out;
    private final BooleanSupplier isInterrupted;
    private final List<Check> checks = new ArrayList<>();

    /** @param isInterrupted everything is being taken away: what fails now is no failed check */
    Report(PrintWriter out, BooleanSupplier isInterrupted) {
        this.out = out;
        this.isInterrupted = isInterrupted;
    }

    void title(String text) {
        out.printf("%n%s%n", text);
        out.flush();
    }

    void line(String text) {
        out.printf("    %s%n", text);
        out.flush();
    }

    /** Makes a check and prints its line. Returns whether it passed. */
    boolean check(String name, Body body) {
        long start = System.nanoTime();
        boolean passed = false;
        String detail;
        try {
            detail = body.run();
            passed = true;
        } catch (LabFailure e) {
            detail = String.valueOf(e.getMessage());
        }
        if (!passed && isInterrupted.getAsBoolean()) {
            return false;
        }
        long milliseconds = (System.nanoTime() - start) / 1_000_000;
        checks.add(new Check(name, passed, milliseconds, detail));
        out.printf(
                Locale.ROOT,
                "  %s %s %s %6.2f s  %s%n",
                passed ? "ok  " : "FAIL",
                name,
                ".".repeat(Math.max(3, NAME_WIDTH - name.length())),
                milliseconds / 1000.0,
                detail);
        out.flush();
        return passed;
    }

    List<Check> checks() {
        return List.copyOf(checks);
    }

    long passed() {
        return checks.stream().filter(Check::passed).count();
    }

    long failed() {
        return checks.size() - passed();
    }
}
