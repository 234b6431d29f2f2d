package io.heddle.cli;

import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.heddle.proto.mapping.StatusMapping;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Failed calls as exit statuses and lines for people. */
final class Errors {
    /** What gRPC says; when it says something else one day, that is printed as it is. */
    private static final Pattern TOO_LONG = Pattern.compile("gRPC message exceeds maximum size (\\d+): (\\d+)");

    private Errors() {}

    /** What ends the command after a call failed. */
    static CliException of(StatusRuntimeException failure, String target) {
        Code code = failure.getStatus().getCode();
        if (code == Code.UNAVAILABLE) {
            return new CliException(
                    ExitStatus.UNREACHABLE,
                    "nobody answers at %s: %s%nIs the process running? Another address is given with --target."
                            .formatted(target, reason(failure, target)));
        }
        if (String.valueOf(failure.getStatus().getDescription()).equals("http2 exception")) {
            return new CliException(ExitStatus.UNREACHABLE, "what listens at %s does not speak gRPC".formatted(target));
        }
        if (code == Code.DEADLINE_EXCEEDED) {
            return new CliException(
                    ExitStatus.UNREACHABLE, "no answer from %s in time; --timeout gives it more".formatted(target));
        }
        if (code == Code.UNIMPLEMENTED) {
            return new CliException(
                    ExitStatus.REFUSED,
                    "what listens at %s does not know this command: is it a switch, is it a controller?"
                            .formatted(target));
        }
        Matcher tooLong = TOO_LONG.matcher(String.valueOf(failure.getStatus().getDescription()));
        if (code == Code.RESOURCE_EXHAUSTED && tooLong.matches()) {
            return new CliException(
                    ExitStatus.REFUSED,
                    "a message to or from %s has %s octets, at most %s are taken: split the file, or ask for less at a time"
                            .formatted(target, tooLong.group(2), tooLong.group(1)));
        }
        Status status = StatusProto.fromThrowable(failure);
        return new CliException(
                ExitStatus.REFUSED,
                status == null || status.getMessage().isEmpty()
                        ? failure.getStatus().getCode().toString()
                        : StatusMapping.describe(status));
    }

    private static String reason(StatusRuntimeException failure, String target) {
        String message = rootMessage(failure);
        String unix = "unix:";
        if (target.startsWith(unix) && !Files.exists(Path.of(target.substring(unix.length())))) {
            return "there is no such socket";
        }
        return message;
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
