package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.BundleControl;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bundles as a client of OpenFlow 1.3 with ONF's extension sees them. */
@Timeout(60)
final class BundlesTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final int ATOMIC_AND_ORDERED = 3;

    private final AgentLab lab = AgentLab.make(new Timing(60_000, 100_000, 20, 200, 60_000));

    @BeforeEach
    void awaitListening() {
        lab.awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
        assertThat(lab.agent.counters().bundleOctets()).isZero();
    }

    private Client client() throws Exception {
        return Client.greet(UnixDomainSocketAddress.of(lab.socket));
    }

    private static OpenFlowMessage flow(String text) throws Exception {
        return new OpenFlowMessage.FlowModRequest(PARSER.flow(FlowMod.Command.ADD, text), OpenFlowMessage.NO_BUFFER);
    }

    private static Octets octets(int xid, OpenFlowMessage message) {
        ByteBuf out = Unpooled.buffer();
        Client.CODEC.encode(out, xid, message);
        byte[] octets = new byte[out.readableBytes()];
        out.readBytes(octets);
        return Octets.of(octets);
    }

    private static OpenFlowMessage control(int type) {
        return new BundleControl(7, type, ATOMIC_AND_ORDERED);
    }

    private static OpenFlowMessage add(int xid, OpenFlowMessage message) {
        return new OpenFlowMessage.BundleAdd(7, ATOMIC_AND_ORDERED, octets(xid, message));
    }

    private static void open(Client client) throws Exception {
        assertThat(client.ask(1, control(BundleControl.OPEN_REQUEST)))
                .isEqualTo(control(BundleControl.OPEN_REQUEST + 1));
    }

    private static ErrorCode refusal(OpenFlowMessage answer) {
        assertThat(answer).isInstanceOf(OpenFlowMessage.ErrorReply.class);
        OpenFlowMessage.ErrorReply error = (OpenFlowMessage.ErrorReply) answer;
        return ErrorCode.of(error.errorType(), error.code()).orElseThrow();
    }

    private <T> T read(java.util.function.Function<BridgeReader, T> question) {
        return lab.bridge().read(question).orTimeout(20, TimeUnit.SECONDS).join();
    }

    private int flows() {
        return read(BridgeReader::bridge).flows();
    }

    @Test
    void shouldDoWhatIsInABundleWhenItIsCommittedAndNotBefore() throws Exception {
        byte[] frame = new byte[60];
        frame[0] = 2;
        try (Client client = client()) {
            open(client);
            client.send(10, add(10, flow("in_port=1,actions=group:5")));
            assertThat(refusal(client.ask(11, add(12, flow("actions=drop")))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_MSG_BAD_XID);
            assertThat(client.ask(13, control(BundleControl.DISCARD_REQUEST)))
                    .isEqualTo(control(BundleControl.DISCARD_REQUEST + 1));

            open(client);
            client.send(
                    20,
                    add(
                            20,
                            new OpenFlowMessage.GroupModRequest(
                                    PARSER.group(GroupMod.Command.ADD, "group_id=5,type=all,bucket=output:2"))));
            client.send(21, add(21, flow("in_port=1,actions=group:5")));
            client.send(
                    22,
                    add(
                            22,
                            new OpenFlowMessage.MeterModRequest(PARSER.meter(
                                    io.heddle.flow.meter.MeterMod.Command.ADD,
                                    "meter=1 kbps bands=type=drop rate=1000"))));
            client.send(23, add(23, flow("in_port=2,actions=meter:1,output:1")));
            client.send(24, add(24, new OpenFlowMessage.PortModRequest(3, mac(3), 0x10, 0x10, 0)));
            client.send(25, add(25, new OpenFlowMessage.EchoRequest(Octets.of(new byte[] {1, 2}))));
            client.send(
                    26,
                    add(
                            26,
                            new OpenFlowMessage.PacketOut(
                                    OpenFlowMessage.NO_BUFFER,
                                    Ports.CONTROLLER,
                                    List.of(new Action.GroupAction(5)),
                                    Octets.of(frame))));
            assertThat(client.ask(27, new OpenFlowMessage.BarrierRequest()))
                    .isEqualTo(new OpenFlowMessage.BarrierReply());
            assertThat(flows()).isZero();
            assertThat(read(BridgeReader::groups)).isEmpty();
            assertThat(lab.port("p2").out).isEmpty();
            assertThat(lab.agent.counters().bundleOctets()).isPositive();

            assertThat(client.ask(28, control(BundleControl.CLOSE_REQUEST)))
                    .isEqualTo(control(BundleControl.CLOSE_REQUEST + 1));
            client.send(29, control(BundleControl.COMMIT_REQUEST));

            assertThat(client.receive()).isEqualTo(new Frame(4, 25, new OpenFlowMessage.EchoReply(Octets.of(new byte[] {
                1, 2
            }))));
            assertThat(client.receive()).isEqualTo(new Frame(4, 29, control(BundleControl.COMMIT_REQUEST + 1)));
            assertThat(flows()).isEqualTo(2);
            assertThat(read(BridgeReader::groups)).hasSize(1);
            assertThat(read(BridgeReader::meters)).hasSize(1);
            assertThat(read(BridgeReader::ports).get(2).config()).isEqualTo(0x10);
            await().atMost(20, TimeUnit.SECONDS).until(() -> !lab.port("p2").out.isEmpty());
            assertThat(lab.port("p2").out.remove()).isEqualTo(frame);
        }
    }

    private long mac(int port) {
        return read(reader -> reader.ports().get(port - 1).macAddress());
    }

    @Test
    void shouldChangeNothingWhenOneMessageIsRefused() throws Exception {
        try (Client client = client()) {
            client.send(2, flow("in_port=9,actions=drop"));
            open(client);
            OpenFlowMessage bad = flow("tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1,tp_dst=2,actions=group:99");
            client.send(
                    30,
                    add(
                            30,
                            new OpenFlowMessage.FlowModRequest(
                                    PARSER.flow(FlowMod.Command.DELETE, ""), OpenFlowMessage.NO_BUFFER)));
            client.send(
                    31,
                    add(
                            31,
                            new OpenFlowMessage.GroupModRequest(
                                    PARSER.group(GroupMod.Command.ADD, "group_id=5,type=all,bucket=output:2"))));
            client.send(32, add(32, flow("in_port=1,actions=group:5")));
            client.send(33, add(33, new OpenFlowMessage.PortModRequest(3, mac(3), 0x10, 0x10, 0)));
            client.send(34, add(34, bad));
            client.send(35, add(35, flow("in_port=2,actions=group:98")));
            client.send(36, add(36, new OpenFlowMessage.EchoRequest(Octets.EMPTY)));
            client.send(37, control(BundleControl.COMMIT_REQUEST));

            byte[] head = java.util.Arrays.copyOf(octets(34, bad).array(), 64);
            assertThat(client.receive())
                    .isEqualTo(new Frame(
                            4,
                            34,
                            new OpenFlowMessage.ErrorReply(ErrorCode.BAD_ACTION_BAD_OUT_GROUP, Octets.of(head))));
            Frame failed = client.receive();
            assertThat(failed.xid()).isEqualTo(37);
            assertThat(refusal(failed.message())).isEqualTo(ErrorCode.BUNDLE_FAILED_MSG_FAILED);
            assertThat(refusal(client.ask(38, control(BundleControl.COMMIT_REQUEST))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_ID);
            assertThat(flows()).isEqualTo(1);
            assertThat(read(BridgeReader::groups)).isEmpty();
            assertThat(read(BridgeReader::ports).get(2).config()).isZero();
        }
    }

    @Test
    void shouldRefuseWhatIsWrongWithABundle() throws Exception {
        try (Client client = client()) {
            for (int type :
                    new int[] {BundleControl.CLOSE_REQUEST, BundleControl.COMMIT_REQUEST, BundleControl.DISCARD_REQUEST
                    }) {
                assertThat(refusal(client.ask(2, control(type)))).isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_ID);
            }
            assertThat(refusal(client.ask(3, control(1)))).isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_TYPE);
            assertThat(refusal(client.ask(3, control(8)))).isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_TYPE);
            assertThat(refusal(client.ask(4, new BundleControl(7, 0, 8)))).isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_FLAGS);

            open(client);
            assertThat(refusal(client.ask(5, control(BundleControl.OPEN_REQUEST))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_BUNDLE_EXIST);
            open(client);
            assertThat(refusal(client.ask(6, add(6, new OpenFlowMessage.BarrierRequest()))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_MSG_UNSUP);
            assertThat(refusal(client.ask(6, add(6, add(6, new OpenFlowMessage.BarrierRequest())))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_MSG_UNSUP);
            assertThat(refusal(client.ask(6, new OpenFlowMessage.BundleAdd(7, 3, Octets.of(new byte[] {4, 2, 0, 9})))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_MSG_BAD_LEN);
            assertThat(refusal(client.ask(7, new OpenFlowMessage.BundleAdd(7, 1, octets(7, flow("actions=drop"))))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_FLAGS);
            assertThat(refusal(client.ask(8, control(BundleControl.CLOSE_REQUEST))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_ID);

            client.send(9, add(9, flow("actions=drop")));
            assertThat(client.ask(10, control(BundleControl.CLOSE_REQUEST))).isInstanceOf(BundleControl.class);
            assertThat(refusal(client.ask(11, add(11, flow("actions=drop")))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_BUNDLE_CLOSED);
            for (int id = 100; id < 116; id++) {
                assertThat(client.ask(12, new BundleControl(id, 0, 1))).isInstanceOf(BundleControl.class);
            }
            assertThat(refusal(client.ask(13, new BundleControl(116, 0, 1))))
                    .isEqualTo(ErrorCode.BUNDLE_FAILED_OUT_OF_BUNDLES);
            client.send(14, new OpenFlowMessage.BundleAdd(100, 1, octets(14, flow("actions=drop"))));
            assertThat(client.ask(15, new OpenFlowMessage.RoleRequest(Role.SLAVE, 1)))
                    .isEqualTo(new OpenFlowMessage.RoleReply(Role.SLAVE, 1));
            assertThat(refusal(client.ask(16, new BundleControl(100, BundleControl.COMMIT_REQUEST, 1))))
                    .isEqualTo(ErrorCode.BAD_REQUEST_IS_SLAVE);
            assertThat(flows()).isZero();
            assertThat(client.ask(
                            17, new OpenFlowMessage.MultipartRequest(false, new MultipartBody.GroupDescRequest())))
                    .isInstanceOf(OpenFlowMessage.MultipartReply.class);
        }
    }

    @Test
    void shouldDiscardABundleThatNothingIsDoneWith() throws Exception {
        try (AgentLab hasty = AgentLab.make(new Timing(60_000, 100_000, 20, 200, 50))) {
            hasty.awaitListening();
            try (Client client = Client.greet(UnixDomainSocketAddress.of(hasty.socket))) {
                client.send(5, add(5, flow("actions=drop")));
                Frame error = client.receive();
                assertThat(error.xid()).isEqualTo(5);
                assertThat(refusal(error.message())).isEqualTo(ErrorCode.BUNDLE_FAILED_TIMEOUT);
                assertThat(hasty.agent.counters().bundleOctets()).isZero();
                assertThat(refusal(client.ask(6, control(BundleControl.COMMIT_REQUEST))))
                        .isEqualTo(ErrorCode.BUNDLE_FAILED_BAD_ID);
            }
        }
    }
}
