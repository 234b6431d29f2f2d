package io.heddle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Entry point of the {@code heddle} command.
 *
 * <p>Exit status: 0 when the command did what it says, 1 when it failed, 2 when the command line is wrong.
 */
@Command(
        name = "heddle",
        description = "A software-defined virtual switch and its OpenFlow controller.",
        mixinStandardHelpOptions = true,
        version = "heddle 0.1.0-SNAPSHOT",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "By the ./heddle launcher itself:",
            "  test [MAVEN ARGS]  runs every test; see ./heddle test --help"
        })
public final class Main implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before run()
    private CommandLine.Model.CommandSpec spec;

    /** Runs one command and ends the process with its exit status. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }
}
