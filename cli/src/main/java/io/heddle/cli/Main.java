package io.heddle.cli;

import io.heddle.cli.conformance.ConformanceCommand;
import io.heddle.cli.demo.DemoCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Entry point of the {@code heddle} command.
 *
 * <p>Exit status: 0 when the command did what it says, 1 when the process that was asked refused, 2 when the command line is wrong, 3
 * when nobody answers at the target.
 */
@Command(
        name = "heddle",
        description = "A software-defined virtual switch and its OpenFlow controller.",
        mixinStandardHelpOptions = true,
        version = "heddle 0.1.0-SNAPSHOT",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:the process that was asked refused",
            "2:the command line or a configuration is wrong",
            "3:nobody answers at the target"
        },
        footer = {
            "",
            "By the ./heddle launcher itself:",
            "  test [MAVEN ARGS]  runs every test; see ./heddle test --help",
            "  bench [OPTIONS]    measures Heddle beside its peers; see ./heddle bench --help"
        })
public final class Main implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before run()
    private CommandSpec spec;

    /** In the order in which help lists them. */
    private static final List<Class<?>> COMMANDS = List.of(
            ProcessCommands.SwitchCommand.class,
            ProcessCommands.ControllerCommand.class,
            BridgeCommand.class,
            PortCommand.class,
            MirrorCommand.class,
            BondCommand.class,
            FdbCommand.class,
            MdbCommand.class,
            QueueCommand.class,
            FlowCommand.class,
            GroupCommand.class,
            MeterCommand.class,
            TraceCommand.class,
            MegaflowCommand.class,
            ConntrackCommand.class,
            DropsCommand.class,
            TopCommand.class,
            ControllerCommands.LeaseCommand.class,
            ControllerCommands.HostCommand.class,
            ControllerCommands.ChannelCommand.class,
            DemoCommand.class,
            ConformanceCommand.class);

    /** Runs one command and ends the process with its exit status. */
    public static void main(String[] args) {
        int status = run(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                args);
        System.exit(status);
    }

    /** Runs one command; returns its exit status. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine main = new CommandLine(new Main(), new Factory());
        commands(args).forEach(main::addSubcommand);
        return main.setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, _) -> {
                    if (failure instanceof CliException known) {
                        command.getErr().println("heddle: " + known.getMessage());
                        return known.exitStatus();
                    }
                    command.getErr().println("heddle: a defect of this command: " + failure);
                    return ExitStatus.REFUSED;
                })
                .setParameterExceptionHandler(Main::wrongCommandLine)
                .execute(args);
    }

    /** Makes the commands. */
    private static final class Factory implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            return type == DemoCommand.class
                    ? type.cast(new DemoCommand(Main::run))
                    : CommandLine.defaultFactory().create(type);
        }
    }

    /** The command that is called, alone where there is one: to know all of them takes half of the time of a short command. */
    private static List<Class<?>> commands(String... args) {
        String name = args.length == 0 ? "" : args[0];
        List<Class<?>> called = COMMANDS.stream()
                .filter(each -> each.getAnnotation(Command.class).name().equals(name))
                .toList();
        return called.isEmpty() ? COMMANDS : called;
    }

    private static int wrongCommandLine(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("heddle: " + failure.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
        }
        return ExitStatus.USAGE;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
