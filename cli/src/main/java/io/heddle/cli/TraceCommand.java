package io.heddle.cli;

import com.google.protobuf.ByteString;
import io.heddle.proto.v1.TraceRequest;
import io.heddle.proto.v1.TraceResponse;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what would happen to a packet, as {@code ovs-appctl ofproto/trace} does. */
@Command(
        name = "trace",
        description = "Says what would happen to a packet, without sending it.",
        mixinStandardHelpOptions = true)
final class TraceCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Client.ToSwitch client;

    @Parameters(index = "0", paramLabel = "BRIDGE", description = "name of the bridge")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String bridge;

    @Parameters(
            index = "1",
            paramLabel = "FLOW",
            arity = "0..1",
            defaultValue = "",
            description = "such as in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String flow;

    @Option(names = "--packet", paramLabel = "HEX", defaultValue = "", description = "a frame instead of FLOW")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String packet;

    @Option(names = "--in-port", paramLabel = "N", description = "with --packet: OpenFlow port that it comes from")
    private int inPort;

    @Option(
            names = "--ct-next",
            paramLabel = "FLAGS",
            description =
                    "what the connection tracker says, such as est,rpl; once for each ct action with a table, then new")
    private List<String> ctNext = List.of();

    @Override
    public Integer call() {
        if (flow.isEmpty() == packet.isEmpty()) {
            throw new CliException(ExitStatus.USAGE, "give either FLOW or --packet");
        }
        TraceRequest.Builder request =
                TraceRequest.newBuilder().setBridge(bridge).addAllCtNext(ctNext);
        if (packet.isEmpty()) {
            request.setFlow(flow);
        } else {
            try {
                request.setPacket(ByteString.copyFrom(HexFormat.of().parseHex(packet.replaceAll("[\\s:]", ""))))
                        .setInPort(inPort);
            } catch (IllegalArgumentException e) {
                throw new CliException(
                        ExitStatus.USAGE, "--packet takes an even number of hexadecimal digits: " + e.getMessage());
            }
        }
        return client.call(connection -> {
            TraceResponse response = connection.toSwitch().trace(request.build());
            if (client.isJson()) {
                Json.print(client.out(), response);
            } else {
                client.out().println(response.getText().stripTrailing());
            }
            return ExitStatus.OK;
        });
    }
}
