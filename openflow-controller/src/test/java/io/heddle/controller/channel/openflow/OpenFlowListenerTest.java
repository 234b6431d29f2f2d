package io.heddle.controller.channel.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.controller.channel.SessionListener;
import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Switches that behave in ways that real ones seldom do, octet by octet. */
@SuppressWarnings("NullAway.Init") // fields are set before each test
class OpenFlowListenerTest {
    private static final OpenFlowCodec CODEC = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_13);
    private static final long GENERATION = 7;

    private EventLoopGroup group;
    private ScheduledExecutorService loop;
    private OpenFlowListener listener;
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final CompletableFuture<SwitchSession> session = new CompletableFuture<>();

    @BeforeEach
    void listen() throws IOException {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        loop = new ScheduledThreadPoolExecutor(1, new ThreadPoolExecutor.DiscardPolicy());
        listener = OpenFlowListener.start(List.of("ptcp:0:127.0.0.1"), null, group, loop, GENERATION, made -> {
            session.complete(made);
            made.start(new Recorder());
        });
    }

    @AfterEach
    void stop() {
        listener.close();
        loop.shutdown();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private String next() throws InterruptedException {
        String event = told.poll(20, TimeUnit.SECONDS);
        return event == null ? "nothing within 20 s" : event;
    }

    @Test
    void shouldBringBridgeUpAsMaster() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.comeUp(1);

            assertThat(next()).isEqualTo("CONNECTED");
            assertThat(next()).isEqualTo("up br7 ports [p1 up, br7 down] flows 1");
        }
        assertThat(next()).isEqualTo("down");
        assertThat(next()).isEqualTo("ENDED closed by the switch");
    }

    @Test
    void shouldTellWhichModsWereRefused() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.comeUp(1);
            assertThat(next()).isEqualTo("CONNECTED");
            assertThat(next()).startsWith("up ");
            CompletableFuture<SwitchSession.WriteResult> result = new CompletableFuture<>();
            FlowMod mod = FlowMod.add(0, 1, Match.ANY, List.of());
            loop.execute(() -> session.join().write(new SwitchId(1), List.of(mod, mod), result::complete));

            peer.expect(OpenFlowMessage.FlowModRequest.class);
            peer.expect(OpenFlowMessage.FlowModRequest.class);
            int second = peer.xid;
            peer.expect(OpenFlowMessage.BarrierRequest.class);
            int barrier = peer.xid;
            peer.send(second, new OpenFlowMessage.ErrorReply(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, Octets.EMPTY));
            assertThat(result).isNotDone();
            peer.send(barrier, new OpenFlowMessage.BarrierReply());

            assertThat(result.get(20, TimeUnit.SECONDS))
                    .isEqualTo(new SwitchSession.WriteResult(List.of("OFPFMFC_TABLE_FULL"), true));
        }
    }

    @Test
    void shouldBeSecondaryWhenAnotherControllerIsMaster() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.comeUpTo(1, OpenFlowMessage.RoleRequest.class);
            peer.send(peer.xid, new OpenFlowMessage.ErrorReply(ErrorCode.ROLE_REQUEST_FAILED_STALE, Octets.EMPTY));

            assertThat(next()).isEqualTo("CONNECTED");
            assertThat(next()).isEqualTo("secondary");
        }
    }

    @Test
    void shouldFindOutThatItIsMasterNoMore() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.comeUp(1);
            assertThat(next()).isEqualTo("CONNECTED");
            assertThat(next()).startsWith("up ");
            CompletableFuture<SwitchSession.WriteResult> result = new CompletableFuture<>();
            FlowMod mod = FlowMod.add(0, 1, Match.ANY, List.of());
            loop.execute(() -> session.join().write(new SwitchId(1), List.of(mod), result::complete));

            peer.expect(OpenFlowMessage.FlowModRequest.class);
            peer.send(peer.xid, new OpenFlowMessage.ErrorReply(ErrorCode.BAD_REQUEST_IS_SLAVE, Octets.EMPTY));

            assertThat(next()).isEqualTo("secondary");
        }
    }

    @Test
    void shouldReadOnAfterAPartThatItCannotDecode() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.comeUpTo(1, OpenFlowMessage.MultipartRequest.class);
            peer.send(peer.xid, flows(true));
            // A flow entry of 4 octets, fewer than it has to have; more parts follow.
            peer.sendRaw("0413001800000000" + "0001000100000000" + "0004000000000000", peer.xid);
            peer.send(peer.xid, flows(false));

            assertThat(next()).isEqualTo("CONNECTED");
            assertThat(next()).isEqualTo("up br7 ports [p1 up, br7 down] flows 2");
        }
    }

    @Test
    void shouldRefuseASecondSwitchWithTheSameDatapathId() throws Exception {
        try (ScriptedSwitch first = new ScriptedSwitch();
                ScriptedSwitch second = new ScriptedSwitch()) {
            first.comeUp(1);
            assertThat(next()).isEqualTo("CONNECTED");
            assertThat(next()).startsWith("up ");

            second.hello();
            second.expect(OpenFlowMessage.FeaturesRequest.class);
            second.send(second.xid, new OpenFlowMessage.FeaturesReply(1, 0, 254, 0, 0));

            assertThat(second.isEnded()).isTrue();
            assertThat(told).as("of the first").isEmpty();
        }
    }

    @Test
    void shouldRefuseAuxiliaryConnections() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.hello();
            peer.expect(OpenFlowMessage.FeaturesRequest.class);
            peer.send(peer.xid, new OpenFlowMessage.FeaturesReply(1, 0, 254, 1, 0));

            assertThat(peer.isEnded()).isTrue();
            assertThat(told).isEmpty();
        }
    }

    @Test
    void shouldSayThatThereIsNoCommonVersion() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.expect(OpenFlowMessage.Hello.class);
            peer.sendRaw("0100000800000000", 1); // OpenFlow 1.0, no bitmap

            OpenFlowMessage.ErrorReply error = peer.expect(OpenFlowMessage.ErrorReply.class);
            assertThat(error.errorType()).isZero();
            assertThat(new String(error.data().array(), StandardCharsets.US_ASCII))
                    .startsWith("no common OpenFlow version: this controller speaks OpenFlow13")
                    .endsWith("the switch up to version 1");
            assertThat(peer.isEnded()).isTrue();
        }
    }

    @Test
    void shouldCloseOnGarbage() throws Exception {
        try (ScriptedSwitch peer = new ScriptedSwitch()) {
            peer.expect(OpenFlowMessage.Hello.class);
            peer.sendRaw("4745000200000000", 1); // says that it has two octets

            peer.expect(OpenFlowMessage.ErrorReply.class);
            assertThat(peer.isEnded()).isTrue();
            assertThat(told).isEmpty();
        }
    }

    @Test
    void shouldNameAddressThatIsInUse() {
        int port = listener.ports().getFirst();
        assertThatThrownBy(() -> OpenFlowListener.start(
                        List.of("ptcp:" + port + ":127.0.0.1"), null, group, loop, GENERATION, made -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen for OpenFlow at ptcp:" + port + ":127.0.0.1");
        assertThatThrownBy(() -> OpenFlowListener.parse("tcp:127.0.0.1:6653"))
                .hasMessage("\"tcp:127.0.0.1:6653\" connects, but switches connect to the controller: write"
                        + " ptcp:[PORT[:HOST]], pssl:[PORT[:HOST]] or punix:PATH");
    }

    private static OpenFlowMessage flows(boolean more) {
        MultipartBody.FlowEntry entry = new MultipartBody.FlowEntry(
                0, OpenFlowMessage.Duration.ZERO, 1, 0, 0, Set.of(), 0, 0, 0, 0, Match.ANY, List.of());
        return new OpenFlowMessage.MultipartReply(more, new MultipartBody.FlowReply(List.of(entry)));
    }

    /** The switch's end of a connection. */
    private final class ScriptedSwitch implements AutoCloseable {
        private final Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), listener.ports().getFirst());
        private final DataInputStream in = new DataInputStream(socket.getInputStream());

        /** Of the last message that was expected. */
        private int xid;

        ScriptedSwitch() throws IOException {
            socket.setSoTimeout(20_000);
        }

        void send(int id, OpenFlowMessage message) throws IOException {
            ByteBuf out = Unpooled.buffer();
            CODEC.encode(out, id, message);
            socket.getOutputStream().write(out.array(), 0, out.readableBytes());
        }

        /** Sends octets with a transaction id at its place. */
        void sendRaw(String hex, int id) throws IOException {
            byte[] octets = HexFormat.of().parseHex(hex);
            Unpooled.wrappedBuffer(octets).setInt(4, id);
            socket.getOutputStream().write(octets);
        }

        /** Reads until a message of the type comes. */
        <T extends OpenFlowMessage> T expect(Class<T> type) throws Exception {
            while (true) {
                byte[] head = in.readNBytes(8);
                if (head.length < 8) {
                    throw new EOFException("closed before a " + type.getSimpleName());
                }
                byte[] octets = new byte[(head[2] & 0xff) << 8 | head[3] & 0xff];
                System.arraycopy(head, 0, octets, 0, 8);
                in.readFully(octets, 8, octets.length - 8);
                OpenFlowVersion version = OpenFlowVersion.ofWire(head[0]).orElseThrow();
                io.heddle.proto.openflow.Frame frame = OpenFlowCodec.of(version).decode(Unpooled.wrappedBuffer(octets));
                xid = frame.xid();
                if (type.isInstance(frame.message())) {
                    return type.cast(frame.message());
                }
            }
        }

        void hello() throws Exception {
            expect(OpenFlowMessage.Hello.class);
            send(0, new OpenFlowMessage.Hello(Set.of(4)));
        }

        /** Answers as a switch with two ports and one flow does, up to the first request of the type that is not answered. */
        void comeUpTo(long datapathId, Class<? extends OpenFlowMessage> last) throws Exception {
            hello();
            expect(OpenFlowMessage.FeaturesRequest.class);
            send(xid, new OpenFlowMessage.FeaturesReply(datapathId, 0, 254, 0, 0));
            expect(OpenFlowMessage.MultipartRequest.class);
            send(
                    xid,
                    new OpenFlowMessage.MultipartReply(
                            false, new MultipartBody.Description("x", "x", "x", "x", "None")));
            expect(OpenFlowMessage.MultipartRequest.class);
            MultipartBody.PortDescReply ports = new MultipartBody.PortDescReply(List.of(
                    new PortDescription(1, 0x020000000001L, "p1", 0, 4, 0, 0, 0, 0, 0, 0),
                    new PortDescription(0xfffffffe, 0x020000000002L, "br7", 1, 1, 0, 0, 0, 0, 0, 0)));
            send(xid, new OpenFlowMessage.MultipartReply(false, ports));
            OpenFlowMessage.RoleRequest role = expect(OpenFlowMessage.RoleRequest.class);
            assertThat(role).isEqualTo(new OpenFlowMessage.RoleRequest(Role.MASTER, GENERATION));
            if (!last.equals(OpenFlowMessage.RoleRequest.class)) {
                send(xid, new OpenFlowMessage.RoleReply(Role.MASTER, GENERATION));
                expect(OpenFlowMessage.MultipartRequest.class);
            }
        }

        void comeUp(long datapathId) throws Exception {
            comeUpTo(datapathId, OpenFlowMessage.MultipartRequest.class);
            send(xid, flows(false));
        }

        boolean isEnded() throws IOException {
            try {
                in.readAllBytes();
                return true;
            } catch (SocketException e) {
                return true; // reset: ended as well
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Writes down what a session tells. */
    private final class Recorder implements SessionListener {
        @Override
        public void onState(SwitchSession from, State state, String reason) {
            told.add((state + " " + reason).strip());
        }

        @Override
        public void onBridgeUp(SwitchSession from, SwitchView view, List<FlowMod> flows) {
            List<String> ports = view.ports().values().stream()
                    .sorted((left, right) -> Integer.compareUnsigned(left.number(), right.number()))
                    .map(port -> port.name() + (port.up() ? " up" : " down"))
                    .toList();
            told.add("up " + view.bridge() + " ports " + ports + " flows " + flows.size());
        }

        @Override
        public void onBridgeDown(SwitchSession from, SwitchView view, boolean secondary) {
            told.add(secondary ? "secondary" : "down");
        }

        @Override
        public void onPacketIn(SwitchSession from, SwitchView view, int inPort, int tableId, Frame frame) {
            told.add("packet in");
        }

        @Override
        public void onPortChanged(SwitchSession from, SwitchView view, SwitchPort port) {
            told.add("port " + port.name());
        }

        @Override
        public void onPortRemoved(SwitchSession from, SwitchView view, SwitchPort port) {
            told.add("no port " + port.name());
        }

        @Override
        public void onFlowRemoved(SwitchSession from, SwitchId id, FlowMod flow, Removal reason) {
            told.add("flow removed " + reason);
        }
    }
}
