package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.transport.OpenFlowAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class OpenFlowAgentTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final byte[] FRAME = new byte[60];

    private final AgentLab lab = AgentLab.make(AgentLab.FAST);

    @BeforeEach
    void awaitListening() {
        lab.awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private Client client() throws Exception {
        return Client.greet(UnixDomainSocketAddress.of(lab.socket));
    }

    private static OpenFlowMessage flow(String text) throws Exception {
        return new OpenFlowMessage.FlowModRequest(PARSER.flow(FlowMod.Command.ADD, text), OpenFlowMessage.NO_BUFFER);
    }

    @Test
    void shouldAnswerWhatASwitchIsAsked() throws Exception {
        try (Client client = client()) {
            assertThat(client.ask(2, new OpenFlowMessage.EchoRequest(Octets.of(new byte[] {1, 2}))))
                    .isEqualTo(new OpenFlowMessage.EchoReply(Octets.of(new byte[] {1, 2})));
            assertThat(client.ask(3, new OpenFlowMessage.FeaturesRequest()))
                    .isEqualTo(new OpenFlowMessage.FeaturesReply(1, 0, 254, 0, 0x4f));
            client.send(4, new OpenFlowMessage.SetConfig(0, 77));
            assertThat(client.ask(5, new OpenFlowMessage.GetConfigRequest()))
                    .isEqualTo(new OpenFlowMessage.GetConfigReply(0, 77));
            assertThat(client.ask(6, new OpenFlowMessage.MultipartRequest(false, new MultipartBody.PortDescRequest())))
                    .isInstanceOfSatisfying(
                            OpenFlowMessage.MultipartReply.class,
                            reply -> assertThat(reply.body())
                                    .isInstanceOfSatisfying(
                                            MultipartBody.PortDescReply.class,
                                            ports -> assertThat(ports.ports()).hasSize(3)));
            assertThat(client.ask(7, new OpenFlowMessage.SetConfig(2, 0)))
                    .isEqualTo(error(ErrorCode.SWITCH_CONFIG_FAILED_BAD_FLAGS, 7, new OpenFlowMessage.SetConfig(2, 0)));
        }
    }

    @Test
    void shouldHandleFragmentsAsTheMasterSays() throws Exception {
        try (Client client = client();
                Client slave = client()) {
            client.send(2, new OpenFlowMessage.SetConfig(3, 50));
            assertThat(client.ask(3, new OpenFlowMessage.GetConfigRequest()))
                    .isEqualTo(new OpenFlowMessage.GetConfigReply(3, 50));

            slave.send(4, new OpenFlowMessage.RoleRequest(OpenFlowMessage.Role.SLAVE, 1));
            slave.send(5, new OpenFlowMessage.SetConfig(1, 60));
            assertThat(slave.ask(6, new OpenFlowMessage.GetConfigRequest()))
                    .isEqualTo(new OpenFlowMessage.GetConfigReply(3, 60));
        }
    }

    /** The error for a short request, which it repeats whole. */
    private static OpenFlowMessage error(ErrorCode code, int xid, OpenFlowMessage request) {
        ByteBuf out = Unpooled.buffer();
        Client.CODEC.encode(out, xid, request);
        byte[] head = new byte[Math.min(64, out.readableBytes())];
        out.readBytes(head);
        return new OpenFlowMessage.ErrorReply(code, Octets.of(head));
    }

    @Test
    void shouldReportErrorsBeforeTheBarrierWithTheFirstOctetsOfTheRequest() throws Exception {
        try (Client client = client()) {
            OpenFlowMessage bad = flow("tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1,tp_dst=2,actions=group:5");
            client.send(10, flow("ip,actions=output:1"));
            client.send(11, bad);
            client.send(12, flow("arp,actions=output:1"));
            client.send(13, new OpenFlowMessage.BarrierRequest());

            Frame first = client.receive();
            assertThat(first).isEqualTo(new Frame(4, 11, error(ErrorCode.BAD_ACTION_BAD_OUT_GROUP, 11, bad)));
            assertThat(((OpenFlowMessage.ErrorReply) first.message()).data().length())
                    .isEqualTo(64);
            assertThat(client.receive()).isEqualTo(new Frame(4, 13, new OpenFlowMessage.BarrierReply()));
            assertThat(client.ask(14, aggregate())).isEqualTo(aggregateReply(2));
        }
    }

    private static OpenFlowMessage aggregate() throws Exception {
        return new OpenFlowMessage.MultipartRequest(
                false,
                new MultipartBody.AggregateRequest(
                        new MultipartBody.FlowSelection(255, Ports.ANY, -1, 0, 0, PARSER.match(""))));
    }

    private static OpenFlowMessage aggregateReply(int flows) {
        return new OpenFlowMessage.MultipartReply(false, new MultipartBody.Aggregate(0, 0, flows));
    }

    @Test
    void shouldRefuseVersionsThatItDoesNotSpeak() throws Exception {
        try (Client client = Client.connect(UnixDomainSocketAddress.of(lab.socket))) {
            assertThat(client.receive().message()).isEqualTo(new OpenFlowMessage.Hello(Set.of(4)));
            client.sendOctets(Unpooled.wrappedBuffer(new byte[] {1, 0, 0, 8, 0, 0, 0, 9}));

            Frame refusal = client.receive();
            assertThat(refusal.message()).isInstanceOfSatisfying(OpenFlowMessage.ErrorReply.class, error -> {
                assertThat(error.errorType()).isEqualTo(0);
                assertThat(error.code()).isEqualTo(0);
                assertThat(new String(error.data().array(), StandardCharsets.US_ASCII))
                        .isEqualTo("this bridge speaks OpenFlow13, the other side up to version 1");
            });
            assertThatThrownBy(client::receive).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void shouldEndAConnectionThatIsNotOpenFlow() throws Exception {
        try (Client client = Client.connect(UnixDomainSocketAddress.of(lab.socket))) {
            client.sendOctets(Unpooled.copiedBuffer("GET / HTTP/1.1\r\nHost: x\r\n\r\n", StandardCharsets.US_ASCII));
            assertThat(client.receive().message()).isInstanceOf(OpenFlowMessage.Hello.class);
            // "GET " is version 71, type 69 and a length that never comes: the hello's deadline ends it.
            client.awaitEnd();
        }
        try (Client client = client()) {
            client.sendOctets(Unpooled.wrappedBuffer(new byte[] {4, 2, 0, 3, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8}));
            assertThat(client.receive().message())
                    .isInstanceOfSatisfying(
                            OpenFlowMessage.ErrorReply.class,
                            error -> assertThat(error.code()).isEqualTo(ErrorCode.BAD_REQUEST_BAD_LEN.code()));
            client.awaitEnd();
        }
    }

    @Test
    void shouldGoOnAfterARequestThatCannotBeRead() throws Exception {
        try (Client client = client()) {
            client.sendOctets(Unpooled.wrappedBuffer(new byte[] {4, 99, 0, 8, 0, 0, 0, 5}));
            assertThat(client.answer(5))
                    .isInstanceOfSatisfying(
                            OpenFlowMessage.ErrorReply.class,
                            error -> assertThat(error.code()).isEqualTo(ErrorCode.BAD_REQUEST_BAD_TYPE.code()));
            assertThat(client.ask(6, new OpenFlowMessage.BarrierRequest()))
                    .isEqualTo(new OpenFlowMessage.BarrierReply());
        }
    }

    @Test
    void shouldKeepRolesOfSeveralClients() throws Exception {
        try (Client one = client();
                Client two = client()) {
            assertThat(one.ask(2, new OpenFlowMessage.RoleRequest(Role.NO_CHANGE, 0)))
                    .isEqualTo(new OpenFlowMessage.RoleReply(Role.EQUAL, -1));
            assertThat(one.ask(3, new OpenFlowMessage.RoleRequest(Role.MASTER, 5)))
                    .isEqualTo(new OpenFlowMessage.RoleReply(Role.MASTER, 5));
            assertThat(two.ask(2, new OpenFlowMessage.RoleRequest(Role.MASTER, 6)))
                    .isEqualTo(new OpenFlowMessage.RoleReply(Role.MASTER, 6));
            assertThat(one.ask(4, new OpenFlowMessage.RoleRequest(Role.NO_CHANGE, 0)))
                    .isEqualTo(new OpenFlowMessage.RoleReply(Role.SLAVE, 6));
            OpenFlowMessage stale = new OpenFlowMessage.RoleRequest(Role.MASTER, 4);
            assertThat(one.ask(5, stale)).isEqualTo(error(ErrorCode.ROLE_REQUEST_FAILED_STALE, 5, stale));
            OpenFlowMessage change = flow("ip,actions=drop");
            assertThat(one.ask(6, change)).isEqualTo(error(ErrorCode.BAD_REQUEST_IS_SLAVE, 6, change));
            two.send(7, change);
            assertThat(two.ask(8, aggregate())).isEqualTo(aggregateReply(1));
        }
        // The generation outlives the connections.
        try (Client later = client()) {
            OpenFlowMessage stale = new OpenFlowMessage.RoleRequest(Role.SLAVE, 5);
            assertThat(later.ask(2, stale)).isEqualTo(error(ErrorCode.ROLE_REQUEST_FAILED_STALE, 2, stale));
        }
    }

    @Test
    void shouldSendPacketsToThoseWhoWantThem() throws Exception {
        try (Client wants = client();
                Client asksOnly = client()) {
            wants.send(2, new OpenFlowMessage.SetConfig(0, 128));
            wants.send(3, flow("priority=0,actions=CONTROLLER:65535"));
            wants.ask(4, new OpenFlowMessage.BarrierRequest());

            lab.port("p2").in.add(FRAME);

            OpenFlowMessage.PacketIn packet = (OpenFlowMessage.PacketIn) wants.answer(0);
            assertThat(packet.match().valueOf(MatchField.IN_PORT).low()).isEqualTo(2);
            assertThat(packet.frame().array()).isEqualTo(FRAME);
            assertThat(packet.reason()).isEqualTo(0);
            assertThat(asksOnly.ask(9, new OpenFlowMessage.BarrierRequest()))
                    .isEqualTo(new OpenFlowMessage.BarrierReply());

            AsyncConfiguration none = new AsyncConfiguration(
                    new AsyncConfiguration.Masks(0, 0),
                    new AsyncConfiguration.Masks(0, 0),
                    new AsyncConfiguration.Masks(0, 0));
            wants.send(5, new OpenFlowMessage.SetAsync(none));
            assertThat(wants.ask(6, new OpenFlowMessage.GetAsyncRequest()))
                    .isEqualTo(new OpenFlowMessage.GetAsyncReply(none));
            long before = lab.agent.counters().packetInsSent();
            lab.port("p2").in.add(FRAME);
            await().atMost(10, TimeUnit.SECONDS).until(() -> packets() >= 2);
            wants.ask(7, new OpenFlowMessage.BarrierRequest());
            assertThat(lab.agent.counters().packetInsSent()).isEqualTo(before);
        }
    }

    private long packets() {
        Function<BridgeReader, Long> question =
                reader -> reader.aggregate(FlowSelector.ALL).packets();
        return lab.bridge().read(question).orTimeout(5, TimeUnit.SECONDS).join();
    }

    @Test
    void shouldDropPacketsForAClientThatDoesNotRead() throws Exception {
        try (AgentLab patient = AgentLab.make(Timing.DEFAULT)) {
            patient.awaitListening();
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(patient.socket);
            try (Client slow = Client.greet(address);
                    Client other = Client.greet(address)) {
                slow.send(2, new OpenFlowMessage.SetConfig(0, 0xffff));
                slow.send(3, flow("priority=0,actions=CONTROLLER:65535"));
                slow.ask(4, new OpenFlowMessage.BarrierRequest());
                byte[] big = new byte[1400];
                await().atMost(40, TimeUnit.SECONDS).until(() -> {
                    for (int i = 0; i < 64; i++) {
                        patient.port("p1").in.add(big);
                    }
                    return patient.agent.counters().packetInsLost() > 100;
                });
                // The others are served, and the slow one again when it reads.
                assertThat(other.ask(5, new OpenFlowMessage.BarrierRequest()))
                        .isEqualTo(new OpenFlowMessage.BarrierReply());
                slow.send(6, new OpenFlowMessage.BarrierRequest());
                assertThat(slow.answer(6)).isEqualTo(new OpenFlowMessage.BarrierReply());
            }
        }
    }

    @Test
    void shouldTellOfRemovedFlowsAndChangedPorts() throws Exception {
        try (Client client = client()) {
            client.send(2, new OpenFlowMessage.SetConfig(0, 128));
            client.send(3, flow("send_flow_rem,cookie=0x7,priority=9,ip,actions=output:1"));
            client.send(
                    4,
                    new OpenFlowMessage.FlowModRequest(
                            PARSER.flow(FlowMod.Command.DELETE, ""), OpenFlowMessage.NO_BUFFER));
            OpenFlowMessage.FlowRemoved removed = (OpenFlowMessage.FlowRemoved) client.answer(0);
            assertThat(removed.cookie()).isEqualTo(7);
            assertThat(removed.reason()).isEqualTo(2);
            assertThat(removed.match()).isEqualTo(PARSER.match("ip"));

            long mac = lab.port("p1").macAddress();
            client.send(5, new OpenFlowMessage.PortModRequest(1, mac, 1, 1, 0));
            OpenFlowMessage.PortStatus status = (OpenFlowMessage.PortStatus) client.answer(0);
            assertThat(status.reason()).isEqualTo(2);
            assertThat(status.port().config()).isEqualTo(1);
            OpenFlowMessage wrong = new OpenFlowMessage.PortModRequest(1, 5, 0, 1, 0);
            assertThat(client.ask(6, wrong)).isEqualTo(error(ErrorCode.PORT_MOD_FAILED_BAD_HW_ADDR, 6, wrong));
        }
    }

    @Test
    void shouldSendOutPackets() throws Exception {
        try (Client client = client()) {
            OpenFlowMessage packet = new OpenFlowMessage.PacketOut(
                    OpenFlowMessage.NO_BUFFER, Ports.CONTROLLER, List.of(new Action.Output(3)), Octets.of(FRAME));
            client.send(2, packet);
            client.ask(3, new OpenFlowMessage.BarrierRequest());
            await().atMost(10, TimeUnit.SECONDS).until(() -> !lab.port("p3").out.isEmpty());
            assertThat(lab.port("p3").out.remove()).isEqualTo(FRAME);

            OpenFlowMessage buffered = new OpenFlowMessage.PacketOut(5, Ports.CONTROLLER, List.of(), Octets.EMPTY);
            assertThat(client.ask(4, buffered)).isEqualTo(error(ErrorCode.BAD_REQUEST_BUFFER_UNKNOWN, 4, buffered));
        }
    }

    @Test
    void shouldConnectToAControllerAgainAndAgain() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            lab.configure(List.of("tcp:127.0.0.1:" + port), List.of("punix:" + lab.socket), List.of("OpenFlow13"));
            for (int i = 0; i < 3; i++) {
                try (Client controller = new Client(server.accept())) {
                    controller.greet();
                    assertThat(controller.ask(7, new OpenFlowMessage.FeaturesRequest()))
                            .isInstanceOf(OpenFlowMessage.FeaturesReply.class);
                    await().atMost(10, TimeUnit.SECONDS)
                            .until(() -> controllers().getFirst().connected());
                }
            }
            await().atMost(10, TimeUnit.SECONDS).until(() -> !controllers().isEmpty());
            lab.configure(List.of(), List.of("punix:" + lab.socket), List.of("OpenFlow13"));
            await().atMost(10, TimeUnit.SECONDS).until(() -> controllers().isEmpty());
        }
    }

    @Test
    void shouldEndAConnectionToAControllerThatIsTakenAwayBeforeItsHello() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            lab.configure(List.of("tcp:127.0.0.1:" + port), List.of("punix:" + lab.socket), List.of("OpenFlow13"));
            try (Client controller = new Client(server.accept())) {
                assertThat(controller.receive().message()).isInstanceOf(OpenFlowMessage.Hello.class);

                lab.configure(List.of(), List.of("punix:" + lab.socket), List.of("OpenFlow13"));

                controller.awaitEnd();
            }
        }
    }

    @Test
    void shouldAnswerWithAnErrorWhenAnEntryFitsInNoMessage() throws Exception {
        List<GroupMod.BucketSpec> buckets = Collections.nCopies(
                4096, new GroupMod.BucketSpec(1, Ports.ANY, FlowMod.ANY_GROUP, List.of(new Action.Output(1))));
        GroupMod group = new GroupMod(GroupMod.Command.ADD, GroupMod.GroupType.SELECT, 7, buckets);
        assertThat(lab.bridge()
                        .write(
                                List.of(new TableUpdate.GroupUpdate(group)),
                                BridgeControl.Atomicity.CONTINUE_ON_ERROR,
                                false)
                        .get(20, TimeUnit.SECONDS)
                        .failures())
                .isEmpty();
        try (Client client = client()) {
            assertThat(client.ask(3, new OpenFlowMessage.MultipartRequest(false, new MultipartBody.GroupDescRequest())))
                    .isEqualTo(new OpenFlowMessage.ErrorReply(
                            ErrorCode.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW, Octets.EMPTY));
        }
    }

    @Test
    void shouldLeaveAFileThatIsNoSocketAlone() throws Exception {
        Path precious = Files.writeString(lab.socket.resolveSibling("precious"), "data");
        Path other = lab.socket.resolveSibling("other.mgmt");

        lab.configure(List.of(), List.of("punix:" + precious, "punix:" + other), List.of("OpenFlow13"));
        await().atMost(20, TimeUnit.SECONDS).until(() -> Files.exists(other));
        assertThat(lab.socket).as("the former one's socket").doesNotExist();
        lab.configure(List.of(), List.of("punix:" + lab.socket), List.of("OpenFlow13"));
        await().atMost(20, TimeUnit.SECONDS).until(() -> Files.exists(lab.socket) && !Files.exists(other));

        assertThat(precious).hasContent("data");
    }

    private List<ControllerRegistration.State> controllers() {
        return lab.bridge()
                .read(reader -> reader.bridge().controllers())
                .orTimeout(5, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void shouldEndASilentConnection() throws Exception {
        try (Client client = client()) {
            assertThat(client.receive().message()).isEqualTo(new OpenFlowMessage.EchoRequest(Octets.EMPTY));
            assertThatThrownBy(client::receive).isInstanceOf(EOFException.class);
        }
    }

    /** An answer that is longer than what the system keeps for a socket, read slowly; the echo request is behind it. */
    @Test
    void shouldKeepAClientThatReadsALongAnswerSlowly() throws Exception {
        try (Client client = client()) {
            Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 200; i++) {
                        client.send(100 + i, new OpenFlowMessage.EchoRequest(Octets.of(new byte[60_000])));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e); // the answers do not come then
                }
            });
            long slowUntil = System.nanoTime() + TimeUnit.SECONDS.toNanos(4); // several probes
            for (int i = 0; i < 200; i++) {
                Frame frame = client.receive();
                while (frame.message() instanceof OpenFlowMessage.EchoRequest) {
                    frame = client.receive();
                }
                assertThat(frame.xid()).isEqualTo(100 + i);
                if (System.nanoTime() - slowUntil < 0) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
                }
            }
        }
    }

    @Test
    void shouldFollowItsConfiguration() throws Exception {
        lab.configure(List.of(), List.of("ptcp:0:127.0.0.1"), List.of());
        await().atMost(10, TimeUnit.SECONDS).until(() -> !Files.exists(lab.socket));
        await().atMost(10, TimeUnit.SECONDS)
                .until(() -> lab.agent.localAddresses("br0").size() == 1);
        try (Client client = Client.greet(lab.agent.localAddresses("br0").getFirst())) {
            assertThat(client.ask(3, new OpenFlowMessage.BarrierRequest()))
                    .isEqualTo(new OpenFlowMessage.BarrierReply());
        }
    }

    @Test
    void shouldSayWhichAddressesAreRight() {
        assertThat(OpenFlowAddress.parse("tcp:[::1]:77").address())
                .isEqualTo(InetSocketAddress.createUnresolved("::1", 77));
        assertThat(OpenFlowAddress.parse("tcp:host").address())
                .isEqualTo(InetSocketAddress.createUnresolved("host", 6653));
        assertThat(OpenFlowAddress.parse("ptcp:6634:127.0.0.1").isPassive()).isTrue();
        assertThatThrownBy(() -> OpenFlowAddress.parse("tcp:host:99999"))
                .hasMessageContaining("the port is 1 to 65535");
        assertThatThrownBy(() -> OpenFlowAddress.parse("foo:bar"))
                .hasMessageContaining("tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:PATH");
        assertThat(OpenFlowAddress.parse("ssl:host").isTls()).isTrue();
        assertThat(OpenFlowAddress.parse("pssl:").isPassive()).isTrue();
        assertThat(OpenFlowAddress.parse("tcp:host").isTls()).isFalse();
    }
}
