package io.heddle.cli;

import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of every command that talks to a process. */
abstract class Client {
    /** How answers are printed. */
    enum Output {
        table,
        json
    }

    @Spec(Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "table",
            description = "table for people, json for programs (default: ${DEFAULT-VALUE})")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Output output;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "how long to wait for the answer (default: ${DEFAULT-VALUE})")
    private int timeoutSeconds;

    /** For commands to a switch. */
    static final class ToSwitch extends Client {
        @Option(
                names = "--target",
                paramLabel = "ADDRESS",
                defaultValue = "${env:HEDDLE_TARGET:-unix:/run/heddle/switch.sock}",
                description = "the switch: unix:/PATH or HOST:PORT; $HEDDLE_TARGET (default: ${DEFAULT-VALUE})")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String target;

        @Override
        String target() {
            return target;
        }
    }

    /** For commands to a controller. */
    static final class ToController extends Client {
        @Option(
                names = "--target",
                paramLabel = "ADDRESS",
                defaultValue = "${env:HEDDLE_CONTROLLER_TARGET:-unix:/run/heddle/controller.sock}",
                description =
                        "the controller: unix:/PATH or HOST:PORT; $HEDDLE_CONTROLLER_TARGET (default: ${DEFAULT-VALUE})")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String target;

        @Override
        String target() {
            return target;
        }
    }

    /** Where the process is. */
    abstract String target();

    boolean isJson() {
        return output == Output.json;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** What is done with a connection. */
    interface Call {
        /** Returns the exit status. */
        int run(Connection connection);
    }

    /** Connects, runs, disconnects; a failed call ends the command with its reason. */
    int call(Call call) {
        try (Connection connection = new Connection(target(), timeoutSeconds)) {
            return call.run(connection);
        } catch (StatusRuntimeException e) {
            throw Errors.of(e, target());
        }
    }
}
