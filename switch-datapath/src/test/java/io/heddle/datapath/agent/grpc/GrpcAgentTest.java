package io.heddle.datapath.agent.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.proto.mapping.StatusMapping;
import io.heddle.proto.v1.ActionList;
import io.heddle.proto.v1.Change;
import io.heddle.proto.v1.ChannelRequest;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.ConfigurationChange;
import io.heddle.proto.v1.ConfigureRequest;
import io.heddle.proto.v1.Credit;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.FlowSelection;
import io.heddle.proto.v1.GetConfigurationRequest;
import io.heddle.proto.v1.Open;
import io.heddle.proto.v1.PacketOut;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.ReadRequest;
import io.heddle.proto.v1.ReadResponse;
import io.heddle.proto.v1.SubscribeRequest;
import io.heddle.proto.v1.SubscribeResponse;
import io.heddle.proto.v1.SwitchGrpc;
import io.heddle.proto.v1.TraceRequest;
import io.heddle.proto.v1.Uint128;
import io.heddle.proto.v1.Update;
import io.heddle.proto.v1.WriteRequest;
import io.heddle.proto.v1.WriteResponse;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent over real sockets. */
class GrpcAgentTest {
    private static final GrpcAgent.Limits LIMITS = new GrpcAgent.Limits(1 << 20, 32, 16, 64);

    @TempDir
    Path folder;

    private final FakeSwitch control = new FakeSwitch();
    private final EventLoopGroup clientLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final List<ManagedChannel> channels = new ArrayList<>();
    private GrpcAgent agent;
    private Path socket;

    @BeforeEach
    void start() throws IOException {
        socket = folder.resolve("sub/switch.sock");
        agent = GrpcAgent.start(control, List.of("unix:" + socket, "127.0.0.1:0"), LIMITS);
    }

    @AfterEach
    void stop() {
        channels.forEach(ManagedChannel::shutdownNow);
        agent.close();
        control.close();
        var _ = clientLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private ManagedChannel channel() {
        ManagedChannel channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(clientLoop)
                .overrideAuthority("localhost")
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        channels.add(channel);
        return channel;
    }

    private SwitchGrpc.SwitchBlockingStub stub() {
        return SwitchGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static Update update(Update.Type type, String flow) {
        return Update.newBuilder()
                .setType(type)
                .setFlow(Flow.newBuilder().setText(flow))
                .build();
    }

    private static WriteRequest.Builder write(Update... updates) {
        return WriteRequest.newBuilder().setBridge("br0").addAllUpdates(List.of(updates));
    }

    @Test
    void shouldRefuseARequestThatIsNoProtobuf() {
        MethodDescriptor.Marshaller<byte[]> octets = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                try {
                    return stream.readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        for (MethodDescriptor<?, ?> method : List.of(SwitchGrpc.getWriteMethod(), SwitchGrpc.getReadMethod())) {
            MethodDescriptor<byte[], byte[]> raw =
                    method.toBuilder(octets, octets).build();
            assertThatThrownBy(() -> ClientCalls.blockingServerStreamingCall(
                                    channel(), raw, CallOptions.DEFAULT, new byte[] {(byte) 0xff, 1, 2})
                            .next())
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            failure -> assertThat(failure.getStatus())
                                    .satisfies(status ->
                                            assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
                                    .satisfies(status -> assertThat(status.getDescription())
                                            .startsWith("the request of " + method.getFullMethodName()
                                                    + " cannot be read: ")));
        }
        assertThat(flows()).as("it goes on").isEmpty();
    }

    private List<String> flows() {
        List<String> texts = new ArrayList<>();
        Iterator<ReadResponse> responses = stub().read(ReadRequest.newBuilder()
                .setBridge("br0")
                .setWithText(true)
                .addQueries(Query.newBuilder().setFlows(FlowSelection.getDefaultInstance()))
                .build());
        responses.forEachRemaining(response -> response.getEntitiesList()
                .forEach(entity -> texts.add(entity.getFlow().getFlow().getText())));
        return texts;
    }

    private static List<String> errors(WriteResponse response) {
        return response.getErrorsList().stream()
                .map(error -> error.getIndex() + " "
                        + com.google.rpc.Code.forNumber(error.getStatus().getCode()) + " "
                        + StatusMapping.describe(error.getStatus()))
                .toList();
    }

    private static Status status(Runnable call) {
        StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertThat(failure).as("the call should fail").isNotNull();
        return failure.getStatus();
    }

    // --- Write and Read

    @Test
    void shouldWriteAndReadBackFlows() {
        WriteResponse response = stub().write(write(
                        update(Update.Type.INSERT, "priority=10,ip,nw_dst=10.0.0.1,actions=output:2"),
                        update(Update.Type.UPSERT, "priority=1,actions=output:p1"))
                .build());

        assertThat(errors(response)).isEmpty();
        assertThat(response.getRevision()).isEqualTo(2);
        assertThat(flows())
                .containsExactly("priority=10,ip,nw_dst=10.0.0.1 actions=output:2", "priority=1 actions=output:1");
    }

    @Test
    void shouldReportEachFailedUpdateAndApplyTheOthers() {
        WriteResponse response = stub().write(write(
                        update(Update.Type.INSERT, "priority=1,actions=output:1"),
                        update(Update.Type.INSERT, "ip,nw_dts=1,actions=output:1"),
                        update(Update.Type.INSERT, "priority=1,actions=output:2"),
                        update(Update.Type.DELETE, "priority=9"))
                .setAtomicity(WriteRequest.Atomicity.CONTINUE_ON_ERROR)
                .build());

        assertThat(errors(response)).hasSize(3);
        assertThat(errors(response).get(0))
                .startsWith("1 INVALID_ARGUMENT updates[1].flow.text: at character 4 (\"nw_dts");
        assertThat(errors(response).get(1))
                .isEqualTo("2 ALREADY_EXISTS updates[2].flow: there is such a flow (OFPFMFC_UNKNOWN)");
        assertThat(errors(response).get(2))
                .isEqualTo("3 NOT_FOUND updates[3].flow: there is no such flow (OFPFMFC_UNKNOWN)");
        assertThat(flows()).containsExactly("priority=1 actions=output:1");
    }

    @Test
    void shouldApplyNothingOfAnAtomicBatchWithAnUnreadableUpdate() {
        for (WriteRequest.Atomicity atomicity :
                List.of(WriteRequest.Atomicity.ROLLBACK_ON_ERROR, WriteRequest.Atomicity.DATAPLANE_ATOMIC)) {
            WriteResponse response = stub().write(write(
                            update(Update.Type.INSERT, "priority=1,actions=output:1"),
                            update(Update.Type.INSERT, "table=300,actions=drop"))
                    .setAtomicity(atomicity)
                    .build());

            assertThat(errors(response)).hasSize(2);
            assertThat(errors(response).get(0))
                    .isEqualTo("0 ABORTED not done, because update 1 of the batch was refused");
            assertThat(errors(response).get(1)).startsWith("1 INVALID_ARGUMENT updates[1].flow.text: ");
            assertThat(flows()).isEmpty();
        }
    }

    @Test
    void shouldApplyNothingOfAnAtomicBatchWithARefusedUpdate() {
        WriteResponse response = stub().write(write(
                        update(Update.Type.INSERT, "priority=1,actions=output:1"),
                        update(Update.Type.DELETE, "priority=9"))
                .setAtomicity(WriteRequest.Atomicity.DATAPLANE_ATOMIC)
                .build());

        assertThat(errors(response))
                .containsExactly(
                        "0 ABORTED another update was refused",
                        "1 NOT_FOUND updates[1].flow: there is no such flow (OFPFMFC_UNKNOWN)");
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldOnlyValidateWhenAsked() {
        WriteResponse response = stub().write(write(update(Update.Type.INSERT, "actions=output:1"))
                .setValidateOnly(true)
                .build());

        assertThat(errors(response)).isEmpty();
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldNameTheBridgesThereAre() {
        Status missing = status(() -> stub().write(WriteRequest.getDefaultInstance()));
        Status wrong = status(
                () -> stub().write(WriteRequest.newBuilder().setBridge("br1").build()));

        assertThat(missing.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(missing.getDescription()).isEqualTo("the bridge's name is missing; there is br0");
        assertThat(wrong.getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(wrong.getDescription()).isEqualTo("no bridge is called \"br1\"; there is br0");
    }

    @Test
    void shouldReadALongListInSeveralMessagesOfOneRevision() {
        Update[] updates = new Update[1000];
        for (int i = 0; i < updates.length; i++) {
            updates[i] = update(Update.Type.INSERT, "priority=" + (i + 1) + ",actions=drop");
        }
        assertThat(errors(stub().write(write(updates).build()))).isEmpty();

        List<ReadResponse> responses = new ArrayList<>();
        stub().read(ReadRequest.newBuilder()
                        .addQueries(Query.newBuilder().setFlows(FlowSelection.getDefaultInstance()))
                        .build())
                .forEachRemaining(responses::add);

        assertThat(responses).hasSizeGreaterThan(3).allSatisfy(response -> {
            assertThat(response.getBridge()).isEqualTo("br0");
            assertThat(response.getRevision()).isEqualTo(2);
        });
        assertThat(responses.stream().mapToInt(ReadResponse::getEntitiesCount).sum())
                .isEqualTo(1000);
    }

    @Test
    void shouldReadEveryKind() {
        ReadRequest.Builder request = ReadRequest.newBuilder().setBridge("br0");
        request.addQueriesBuilder().getBridgeBuilder();
        request.addQueriesBuilder().getPortsBuilder().setName("p2");
        request.addQueriesBuilder().getTablesBuilder();
        request.addQueriesBuilder().getDropsBuilder();
        request.addQueriesBuilder().getCachesBuilder();
        request.addQueriesBuilder().getMegaflowsBuilder();
        stub().write(write(update(Update.Type.INSERT, "actions=drop")).build());

        List<Entity> entities = new ArrayList<>();
        stub().read(request.build()).forEachRemaining(response -> entities.addAll(response.getEntitiesList()));

        assertThat(entities)
                .extracting(Entity::getKindCase)
                .containsExactly(
                        Entity.KindCase.BRIDGE,
                        Entity.KindCase.PORT,
                        Entity.KindCase.TABLE,
                        Entity.KindCase.DROP,
                        Entity.KindCase.CACHE,
                        Entity.KindCase.MEGAFLOW);
        assertThat(entities.get(0).getBridge().getDatapathId()).isEqualTo("0000000000000001");
        assertThat(entities.get(1).getPort().getMac()).isEqualTo("02:00:00:00:00:02");
        assertThat(entities.get(1).getPort().getSpeedMbps()).isEqualTo(10_000);
    }

    @Test
    void shouldNameABadFieldOfARead() {
        ReadRequest.Builder request = ReadRequest.newBuilder().setBridge("br0");
        request.addQueriesBuilder().getPortsBuilder();
        request.addQueriesBuilder().getFlowsBuilder().setTableId(300);

        StatusRuntimeException failure = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub().read(request.build()).next());

        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        assertThat(status).isNotNull();
        assertThat(StatusMapping.describe(status))
                .isEqualTo(
                        "queries[1].flows.table_id: 300 is out of range, it must be 0 to 253 (OFPFMFC_BAD_TABLE_ID)");
    }

    @Test
    void shouldRefuseAnOversizedMessageInSoManyWords() {
        Status status = status(() -> stub().trace(TraceRequest.newBuilder()
                .setBridge("br0")
                .setPacket(ByteString.copyFrom(new byte[2 << 20]))
                .build()));

        assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(status.getDescription()).contains("1048576");
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldHideADefectBehindAnId() {
        control.bridge.defect = new IllegalStateException("secret detail");

        Status status = status(() ->
                stub().write(write(update(Update.Type.INSERT, "actions=drop")).build()));

        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription()).matches("internal error; the switch's log has it under the id [0-9a-f]{8}");
    }

    @Test
    void shouldRefuseAStateThatThereIsNot() {
        Status refused = status(() -> stub().trace(TraceRequest.newBuilder()
                .setBridge("br0")
                .setFlow("in_port=1")
                .addCtNext("new")
                .addCtNext("old")
                .build()));

        assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getDescription()).contains("\"old\" is not one of new, est");
    }

    @Test
    void shouldTraceAndConfigure() {
        assertThat(stub().trace(TraceRequest.newBuilder()
                                .setBridge("br0")
                                .setFlow("in_port=1")
                                .build())
                        .getRoot()
                        .getChildren(0)
                        .getText())
                .isEqualTo("0. No match.");
        assertThat(status(() -> stub().trace(TraceRequest.newBuilder()
                                .setBridge("br0")
                                .setFlow("in_prt=1")
                                .build()))
                        .getDescription())
                .startsWith("at character 1 (\"in_prt");
        assertThat(stub().getConfiguration(GetConfigurationRequest.getDefaultInstance())
                        .getConfiguration()
                        .getBridges(0)
                        .getPortsCount())
                .isEqualTo(2);
        ConfigureRequest.Builder change = ConfigureRequest.newBuilder().setExpectedRevision(6);
        change.addChanges(ConfigurationChange.newBuilder().setDeleteBridge("br0"));
        Status conflict = status(() -> stub().configure(change.build()));
        assertThat(conflict.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(conflict.getDescription()).isEqualTo("the configuration is at revision 7");
        assertThat(stub().configure(change.setExpectedRevision(7).build()).getApplied(0))
                .isEqualTo("DeleteBridge[name=br0]");
    }

    // --- Channel

    /** A client of Channel that keeps what it is told. */
    private static final class Client implements StreamObserver<ChannelResponse> {
        final BlockingQueue<ChannelResponse> received = new LinkedBlockingQueue<>();
        final StreamObserver<ChannelRequest> requests;

        Client(ManagedChannel channel) {
            requests = SwitchGrpc.newStub(channel).channel(this);
        }

        Client open(@Nullable Long electionId, int credit) {
            Open.Builder open = Open.newBuilder().setBridge("br0").setInitialCredit(credit);
            if (electionId != null) {
                open.setElectionId(Uint128.newBuilder().setLow(electionId));
            }
            requests.onNext(ChannelRequest.newBuilder().setOpen(open).build());
            return this;
        }

        ChannelResponse next(ChannelResponse.KindCase kind) throws InterruptedException {
            while (true) {
                ChannelResponse response = received.poll(10, TimeUnit.SECONDS);
                assertThat(response).as("waiting for %s", kind).isNotNull();
                if (response.getKindCase() == kind) {
                    return response;
                }
            }
        }

        @Override
        public void onNext(ChannelResponse response) {
            received.add(response);
        }

        @Override
        public void onError(Throwable failure) {
            // What a test waits for does not come then.
        }

        @Override
        public void onCompleted() {
            // Nothing more comes.
        }
    }

    private static BridgeEvent packetIn(int number) {
        return new BridgeEvent.PacketIn(
                new byte[60],
                60,
                0,
                0,
                number,
                0,
                -1,
                Match.builder().exact(MatchField.IN_PORT, number).build());
    }

    @Test
    void shouldOpenABridgeAfterAnOpenThatWasRefused() throws Exception {
        Client client = new Client(channel());
        client.requests.onNext(ChannelRequest.newBuilder()
                .setOpen(Open.newBuilder().setBridge("br0").setInitialCredit(16).setControllerId(70_000))
                .build());
        assertThat(StatusMapping.describe(
                        client.next(ChannelResponse.KindCase.ERROR).getError().getStatus()))
                .contains("open.controller_id", "70000 is out of range");
        assertThat(control.bridge.controllers).isEmpty();

        client.open(null, 16).next(ChannelResponse.KindCase.MASTERSHIP);
        await().atMost(20, TimeUnit.SECONDS).until(() -> control.bridge.subscriberCount() == 1);
        control.bridge.happens(packetIn(1));
        assertThat(client.next(ChannelResponse.KindCase.PACKET_IN).getPacketIn().getInPort())
                .isEqualTo(1);
    }

    @Test
    void shouldHandMastershipOverWhenThePrimaryLeaves() throws Exception {
        Client first = new Client(channel()).open(1L, 0);
        assertThat(first.next(ChannelResponse.KindCase.MASTERSHIP)
                        .getMastership()
                        .getPrimary())
                .isTrue();
        Client second = new Client(channel()).open(2L, 0);
        assertThat(second.next(ChannelResponse.KindCase.MASTERSHIP)
                        .getMastership()
                        .getPrimary())
                .isTrue();
        assertThat(first.next(ChannelResponse.KindCase.MASTERSHIP)
                        .getMastership()
                        .getPrimary())
                .isFalse();
        await().until(() -> control.bridge.controllers.contains("heddle.v1 secondary"));

        control.bridge.happens(packetIn(1));
        assertThat(second.next(ChannelResponse.KindCase.PACKET_IN).getPacketIn().getInPort())
                .isEqualTo(1);
        Status refused = status(() -> stub().write(write(update(Update.Type.INSERT, "actions=drop"))
                .setElectionId(Uint128.newBuilder().setLow(1))
                .build()));
        assertThat(refused.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(refused.getDescription())
                .isEqualTo("the election id 1 is not that of the primary of role \"\" of bridge br0");

        second.requests.onCompleted();
        assertThat(first.next(ChannelResponse.KindCase.MASTERSHIP)
                        .getMastership()
                        .getPrimary())
                .isTrue();
        assertThat(errors(stub().write(write(update(Update.Type.INSERT, "actions=drop"))
                        .setElectionId(Uint128.newBuilder().setLow(1))
                        .build())))
                .isEmpty();
        control.bridge.happens(packetIn(2));
        assertThat(first.next(ChannelResponse.KindCase.PACKET_IN).getPacketIn().getInPort())
                .isEqualTo(2);
        await().until(() -> control.bridge.subscriberCount() == 1);
    }

    @Test
    void shouldRefuseAnElectionIdThatAnotherHolds() throws Exception {
        Client first = new Client(channel()).open(1L, 0);
        first.next(ChannelResponse.KindCase.MASTERSHIP);
        Client second = new Client(channel()).open(1L, 0);

        assertThat(StatusMapping.describe(
                        second.next(ChannelResponse.KindCase.ERROR).getError().getStatus()))
                .isEqualTo("open.election_id: another client holds the election id 1 of role \"\" of bridge br0");
    }

    @Test
    void shouldHandMastershipOverWhenThePrimaryDies() throws Exception {
        ManagedChannel dying = channel();
        Client first = new Client(dying).open(5L, 0);
        first.next(ChannelResponse.KindCase.MASTERSHIP);
        Client second = new Client(channel()).open(1L, 0);
        assertThat(second.next(ChannelResponse.KindCase.MASTERSHIP)
                        .getMastership()
                        .getPrimary())
                .isFalse();

        dying.shutdownNow();

        assertThat(second.next(ChannelResponse.KindCase.MASTERSHIP)
                        .getMastership()
                        .getPrimary())
                .isTrue();
    }

    @Test
    void shouldSendPacketsOnlyForCreditAndCountThoseItLost() throws Exception {
        Client client = new Client(channel()).open(null, 3);
        assertThat(client.next(ChannelResponse.KindCase.PORT_STATUS)
                        .getPortStatus()
                        .getPort()
                        .getName())
                .isEqualTo("p1");
        client.next(ChannelResponse.KindCase.PORT_STATUS);
        for (int i = 1; i <= 3; i++) {
            control.bridge.happens(packetIn(i));
            assertThat(client.next(ChannelResponse.KindCase.PACKET_IN)
                            .getPacketIn()
                            .getInPort())
                    .isEqualTo(i);
        }

        // 16 wait, 984 are lost; changes pass all the same.
        for (int i = 0; i < 1000; i++) {
            control.bridge.happens(packetIn(100 + i));
        }
        control.bridge.happens(new BridgeEvent.PortStatus(BridgeEvent.Change.MODIFIED, FakeSwitch.port(2, "p2")));
        assertThat(client.received
                        .poll(10, TimeUnit.SECONDS)
                        .getPortStatus()
                        .getPort()
                        .getNumber())
                .isEqualTo(2);
        assertThat(control.bridge.waiting()).isEqualTo(LIMITS.packetQueue());

        client.requests.onNext(ChannelRequest.newBuilder()
                .setCredit(Credit.newBuilder().setPackets(1000))
                .build());
        assertThat(client.next(ChannelResponse.KindCase.LOST).getLost().getPacketIns())
                .isEqualTo(984);
        for (int i = 0; i < 16; i++) {
            assertThat(client.next(ChannelResponse.KindCase.PACKET_IN)
                            .getPacketIn()
                            .getSequence())
                    .isEqualTo(4 + i);
        }
    }

    @Test
    void shouldKeepNothingForAClientThatDoesNotRead() throws Exception {
        BlockingQueue<ChannelResponse> received = new LinkedBlockingQueue<>();
        AtomicReference<ClientCallStreamObserver<ChannelRequest>> requests = new AtomicReference<>();
        ClientResponseObserver<ChannelRequest, ChannelResponse> observer = new ClientResponseObserver<>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<ChannelRequest> stream) {
                stream.disableAutoRequestWithInitial(1);
                requests.set(stream);
            }

            @Override
            public void onNext(ChannelResponse response) {
                received.add(response);
            }

            @Override
            public void onError(Throwable failure) {
                // The end of the test.
            }

            @Override
            public void onCompleted() {
                // The end of the test.
            }
        };
        StreamObserver<ChannelRequest> client = SwitchGrpc.newStub(channel()).channel(observer);
        client.onNext(ChannelRequest.newBuilder()
                .setOpen(Open.newBuilder().setBridge("br0").setInitialCredit(65536))
                .build());
        assertThat(received.poll(10, TimeUnit.SECONDS)).isNotNull();

        byte[] frame = new byte[9000];
        for (int i = 0; i < 20_000; i++) {
            control.bridge.happens(new BridgeEvent.PacketIn(frame, 9000, 0, 0, 1, 0, -1, Match.ANY));
        }

        // 180 MB were offered; the queue holds what it may.
        assertThat(control.bridge.waiting()).isLessThanOrEqualTo(LIMITS.packetQueue());
        Objects.requireNonNull(requests.get()).request(100_000);
        long sent = 0;
        long lost = 0;
        while (sent + lost < 20_000) {
            ChannelResponse response = received.poll(10, TimeUnit.SECONDS);
            assertThat(response).as("%d sent, %d lost", sent, lost).isNotNull();
            sent += response.hasPacketIn() ? 1 : 0;
            lost += response.getLost().getPacketIns();
        }
        assertThat(lost).isGreaterThan(15_000);
        assertThat(sent + lost).isEqualTo(20_000);
    }

    @Test
    void shouldSendPacketsOutAndNameThoseItRefuses() throws Exception {
        Client client = new Client(channel()).open(null, 0);
        client.next(ChannelResponse.KindCase.MASTERSHIP);
        PacketOut.Builder packet = PacketOut.newBuilder()
                .setBridge("br0")
                .setData(ByteString.copyFrom(new byte[60]))
                .setActions(ActionList.newBuilder().setText("output:2"));
        for (int i = 0; i < 500; i++) {
            client.requests.onNext(
                    ChannelRequest.newBuilder().setPacketOut(packet.setId(i)).build());
        }
        client.requests.onNext(ChannelRequest.newBuilder()
                .setPacketOut(packet.setId(777).setInPort(99))
                .build());

        io.heddle.proto.v1.ChannelError error =
                client.next(ChannelResponse.KindCase.ERROR).getError();
        assertThat(error.getId()).isEqualTo(777);
        assertThat(StatusMapping.describe(error.getStatus()))
                .isEqualTo("in_port: there is no port 99 (OFPBRC_BAD_PORT)");
        assertThat(control.bridge.packetsOut).hasSize(500);
    }

    @Test
    void shouldTellWhenTheBridgeGoes() throws Exception {
        Client client = new Client(channel()).open(null, 0);
        client.next(ChannelResponse.KindCase.MASTERSHIP);

        control.removeBridge();

        assertThat(client.next(ChannelResponse.KindCase.ERROR)
                        .getError()
                        .getStatus()
                        .getMessage())
                .isEqualTo("bridge br0 has been removed");
        await().until(() -> control.bridge.subscriberCount() == 0);
        assertThat(control.bridge.controllers).isEmpty();
    }

    // --- Subscribe

    private static SubscribeRequest follow(String flows) {
        return SubscribeRequest.newBuilder()
                .setBridge("br0")
                .setWithText(true)
                .addQueries(
                        Query.newBuilder().setFlows(FlowSelection.newBuilder().setText(flows)))
                .build();
    }

    private static String describe(SubscribeResponse response) {
        return switch (response.getKindCase()) {
            case CHANGE ->
                response.getChange().getType() + " "
                        + response.getChange().getEntity().getFlow().getFlow().getText();
            case SYNC -> "SYNC";
            case RESTART -> "RESTART";
            case KIND_NOT_SET -> "?";
        };
    }

    @Test
    void shouldSendTheStateThenSyncThenSelectedChanges() {
        stub().write(write(update(Update.Type.INSERT, "table=1,priority=5,actions=drop"))
                .build());
        Iterator<SubscribeResponse> responses = stub().subscribe(follow("table=1"));
        assertThat(describe(responses.next())).isEqualTo("ADDED table=1, priority=5 actions=drop");
        assertThat(describe(responses.next())).isEqualTo("SYNC");

        stub().write(write(
                        update(Update.Type.INSERT, "table=0,actions=drop"),
                        update(Update.Type.INSERT, "table=1,priority=6,actions=output:1"),
                        update(Update.Type.DELETE, "table=1,priority=5"))
                .build());

        SubscribeResponse added = responses.next();
        assertThat(describe(added)).isEqualTo("ADDED table=1, priority=6 actions=output:1");
        assertThat(added.getRevision()).isEqualTo(3);
        SubscribeResponse removed = responses.next();
        assertThat(removed.getChange().getType()).isEqualTo(Change.Type.REMOVED);
    }

    @Test
    void shouldSendTheStateAnewToASubscriberThatWasTooSlow() {
        Iterator<SubscribeResponse> responses = stub().subscribe(follow("table=1"));
        assertThat(describe(responses.next())).isEqualTo("SYNC");

        for (int batch = 0; batch < 100; batch++) {
            Update[] updates = new Update[100];
            for (int i = 0; i < updates.length; i++) {
                updates[i] = update(
                        Update.Type.UPSERT, "table=1,priority=" + (i + 1) + ",cookie=" + batch + ",actions=drop");
            }
            assertThat(errors(stub().write(write(updates).build()))).isEmpty();
        }

        int restarts = 0;
        java.util.Map<Integer, Long> cookies = new java.util.HashMap<>();
        while (restarts == 0
                || cookies.size() < 100
                || cookies.values().stream().anyMatch(cookie -> cookie != 99)) {
            SubscribeResponse response = responses.next();
            if (response.hasRestart()) {
                restarts++;
                cookies.clear();
            } else if (response.hasChange()) {
                Flow flow = response.getChange().getEntity().getFlow().getFlow();
                cookies.put(flow.getPriority(), flow.getCookie());
            }
        }
        assertThat(restarts).isPositive();
    }

    @Test
    void shouldRefuseToFollowWhatChangesWithEveryPacket() {
        Status status = status(() -> stub().subscribe(SubscribeRequest.newBuilder()
                        .addQueries(Query.newBuilder().setDrops(io.heddle.proto.v1.DropQuery.getDefaultInstance()))
                        .build())
                .forEachRemaining(_ -> {}));

        assertThat(status.getDescription())
                .isEqualTo("only flows, groups, meters and ports can be subscribed to; use Read for the others");
    }

    // --- Sockets

    @Test
    void shouldServeHealthOnTcp() {
        String tcp = agent.addresses().get(1);
        assertThat(tcp).startsWith("127.0.0.1:").isNotEqualTo("127.0.0.1:0");
        ManagedChannel channel =
                NettyChannelBuilder.forTarget(tcp).usePlaintext().build();
        channels.add(channel);

        assertThat(HealthGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(20, TimeUnit.SECONDS)
                        .check(HealthCheckRequest.newBuilder()
                                .setService("heddle.v1.Switch")
                                .build())
                        .getStatus())
                .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
    }

    @Test
    void shouldRemoveItsSocketAndReplaceAStaleOne() throws Exception {
        agent.close();
        assertThat(socket).doesNotExist();
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(Files.exists(socket)).isTrue();

        agent = GrpcAgent.start(control, List.of("unix:" + socket), LIMITS);

        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldNotTakeTheSocketOfALivingProcessOrAFile() throws IOException {
        assertThatThrownBy(() -> GrpcAgent.start(control, List.of("unix:" + socket), LIMITS))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot listen on unix:" + socket
                        + ": another process listens on it; stop it or choose another path");
        Path file = Files.writeString(folder.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> GrpcAgent.start(control, List.of("unix:" + file), LIMITS))
                .hasMessage("cannot listen on unix:" + file + ": there is a file of that name that is no socket");
        assertThat(flows()).isEmpty();
        assertThat(file).hasContent("mine");
    }

    @Test
    void shouldSayWhichAddressIsInUse() {
        String tcp = agent.addresses().get(1);

        assertThatThrownBy(() -> GrpcAgent.start(control, List.of(tcp), LIMITS))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot listen on " + tcp + ": ")
                .hasMessageContaining("Address already in use");
        assertThatThrownBy(() -> GrpcAgent.start(control, List.of("9559"), LIMITS))
                .hasMessage(
                        "\"9559\" is no address to listen on: write unix:/PATH or ADDRESS:PORT, for example 127.0.0.1:9559");
    }
}
