package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proto.openflow.ControllerStatus;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration.Kind;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client of OpenFlow 1.5 learns of controllers. */
@Timeout(60)
final class ControllerStatusTest {
    private static final OpenFlowCodec CODEC = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_15);

    @Test
    void shouldTellOfConnectionsAndRoles() throws Exception {
        try (AgentLab lab = AgentLab.of("OpenFlow15");
                ServerSocketChannel server = ServerSocketChannel.open()) {
            lab.awaitListening();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String uri = "tcp:127.0.0.1:" + ((InetSocketAddress) server.getLocalAddress()).getPort();
            try (Client client = new Client(SocketChannel.open(UnixDomainSocketAddress.of(lab.socket)), CODEC)) {
                client.greet();
                assertThat(controllers(client)).isEmpty();
                client.send(3, new OpenFlowMessage.ChangeAsync(Map.of(Kind.CONTROLLER_STATUS_MASTER, 0x7f)));
                assertThat(client.ask(4, new OpenFlowMessage.BarrierRequest())).isNotNull();

                lab.configure(List.of(uri), List.of("punix:" + lab.socket), List.of());
                assertThat(client.answer(0)).isEqualTo(changed(Role.EQUAL, 3, false, uri));
                try (Client controller = new Client(server.accept(), CODEC)) {
                    controller.greet();
                    assertThat(client.answer(0)).isEqualTo(changed(Role.EQUAL, 1, true, uri));
                    assertThat(controller.ask(5, new OpenFlowMessage.RoleRequest(Role.MASTER, 1)))
                            .isEqualTo(new OpenFlowMessage.RoleReply(Role.MASTER, 1));
                    assertThat(client.answer(0)).isEqualTo(changed(Role.MASTER, 2, true, uri));
                    assertThat(controllers(client)).containsExactly(new ControllerStatus(Role.MASTER, 0, true, uri));
                }
                assertThat(client.answer(0)).isEqualTo(changed(Role.EQUAL, 1, false, uri));
                assertThat(controllers(client)).containsExactly(new ControllerStatus(Role.EQUAL, 0, false, uri));

                lab.configure(List.of(), List.of("punix:" + lab.socket), List.of());
                assertThat(client.answer(0)).isEqualTo(changed(Role.EQUAL, 4, false, uri));
            }
        }
    }

    private static OpenFlowMessage changed(Role role, int reason, boolean isUp, String uri) {
        return new OpenFlowMessage.ControllerStatusChanged(new ControllerStatus(role, reason, isUp, uri));
    }

    private static List<ControllerStatus> controllers(Client client) throws Exception {
        OpenFlowMessage answer =
                client.ask(9, new OpenFlowMessage.MultipartRequest(false, new MultipartBody.ControllerStatusRequest()));
        assertThat(answer).isInstanceOf(OpenFlowMessage.MultipartReply.class);
        MultipartBody body = ((OpenFlowMessage.MultipartReply) answer).body();
        return ((MultipartBody.ControllerStatusReply) body).controllers();
    }
}
