package io.heddle.cli;

import io.heddle.controller.main.ControllerProcess;
import io.heddle.datapath.main.SwitchProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The two processes. They run in this one until they are stopped. */
final class ProcessCommands {
    private ProcessCommands() {}

    /** What both take. */
    abstract static class ProcessCommand implements Callable<Integer> {
        @Option(names = "--config", paramLabel = "FILE", required = true, description = "the YAML file")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String config;

        @Option(names = "--check", description = "say whether the file is right, and do nothing else")
        private boolean check;

        String[] arguments() {
            List<String> arguments = new ArrayList<>(List.of("--config", config));
            if (check) {
                arguments.add("--check");
            }
            return arguments.toArray(String[]::new);
        }
    }

    /** The switch process. */
    @Command(name = "switch", description = "Runs a switch until it is stopped.", mixinStandardHelpOptions = true)
    static final class SwitchCommand extends ProcessCommand {
        @Override
        public Integer call() {
            return SwitchProcess.run(arguments(), System.out, System.err);
        }
    }

    /** The controller process. */
    @Command(
            name = "controller",
            description = "Runs a controller until it is stopped.",
            mixinStandardHelpOptions = true)
    static final class ControllerCommand extends ProcessCommand {
        @Override
        public Integer call() {
            return ControllerProcess.run(arguments());
        }
    }
}
