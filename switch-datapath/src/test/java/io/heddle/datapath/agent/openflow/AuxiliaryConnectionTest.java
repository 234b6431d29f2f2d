package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A controller that the switch opens several connections to. */
@Timeout(120)
final class AuxiliaryConnectionTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);

    private final AgentLab lab = AgentLab.make(Timing.DEFAULT);

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    @Test
    void shouldOpenAuxiliaryConnectionsThatGoWithTheMainOne() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            lab.configure(
                    List.of("tcp:127.0.0.1:" + port),
                    List.of(),
                    List.of("OpenFlow13"),
                    Map.of("auxiliary-connections", "2"));
            try (Client main = new Client(server.accept())) {
                main.greet();
                assertThat(auxiliaryId(main)).isZero();
                try (Client first = new Client(server.accept());
                        Client second = new Client(server.accept())) {
                    first.greet();
                    second.greet();
                    assertThat(List.of(auxiliaryId(first), auxiliaryId(second))).containsExactlyInAnyOrder(1, 2);

                    // Requests on any of them are the controller's.
                    FlowMod flow = PARSER.flow(FlowMod.Command.ADD, "actions=CONTROLLER:65535");
                    first.send(5, new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));
                    assertThat(first.ask(6, new OpenFlowMessage.BarrierRequest()))
                            .isEqualTo(new OpenFlowMessage.BarrierReply());
                    assertThat(second.ask(7, new OpenFlowMessage.RoleRequest(Role.MASTER, 1)))
                            .isEqualTo(new OpenFlowMessage.RoleReply(Role.MASTER, 1));
                    assertThat(main.ask(8, new OpenFlowMessage.RoleRequest(Role.NO_CHANGE, 0)))
                            .isEqualTo(new OpenFlowMessage.RoleReply(Role.MASTER, 1));

                    // Packets of two neighbouring ports come by different ones.
                    lab.port("p1").in.add(new byte[60]);
                    lab.port("p2").in.add(new byte[60]);
                    assertThat(first.answer(0)).isInstanceOf(OpenFlowMessage.PacketIn.class);
                    assertThat(second.answer(0)).isInstanceOf(OpenFlowMessage.PacketIn.class);

                    main.end();
                    first.awaitEnd();
                    second.awaitEnd();
                }
            }
            try (Client again = new Client(server.accept())) {
                again.greet();
                assertThat(auxiliaryId(again)).isZero();
            }
        }
    }

    private static int auxiliaryId(Client client) throws Exception {
        return ((OpenFlowMessage.FeaturesReply) client.ask(3, new OpenFlowMessage.FeaturesRequest())).auxiliaryId();
    }
}
