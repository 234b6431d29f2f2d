package io.heddle.controller.channel;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.BridgeState;
import io.heddle.proto.v1.ChannelRequest;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.FlowRemoved;
import io.heddle.proto.v1.FlowState;
import io.heddle.proto.v1.Lost;
import io.heddle.proto.v1.Mastership;
import io.heddle.proto.v1.PacketIn;
import io.heddle.proto.v1.PacketOut;
import io.heddle.proto.v1.PortState;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.ReadRequest;
import io.heddle.proto.v1.ReadResponse;
import io.heddle.proto.v1.SwitchGrpc;
import io.heddle.proto.v1.Uint128;
import io.heddle.proto.v1.Update;
import io.heddle.proto.v1.UpdateError;
import io.heddle.proto.v1.WriteRequest;
import io.heddle.proto.v1.WriteResponse;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** One bridge with four ports behind the real service: flows in a map, a counter for each, no packets forwarded. */
public final class FakeSwitch extends SwitchGrpc.SwitchImplBase {
    private record Identity(int table, int priority, io.heddle.flow.match.Match match) {}

    private record Counted(FlowMod flow, long serial) {}

    private static final TextForms TEXTS = new TextForms(PortNames.NONE);

    private final Path socket;
    private final String datapathId;
    private final Map<Identity, Counted> flows = new LinkedHashMap<>();
    private final List<StreamObserver<ChannelResponse>> streams = new ArrayList<>();
    public final List<PacketOut> sent = new CopyOnWriteArrayList<>();
    private Uint128 primary = Uint128.getDefaultInstance();
    private long serial;
    private int writes;
    private boolean refuses;
    private boolean failsReads;
    private int readsFailed;
    private int flowReads;
    private EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private Server server;

    public FakeSwitch(Path socket, String datapathId) throws IOException {
        this.socket = socket;
        this.datapathId = datapathId;
        this.server = listen();
    }

    private Server listen() throws IOException {
        return NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .addService(this)
                .build()
                .start();
    }

    /** Stops as if killed; the flows remain. */
    public void stop() throws IOException, InterruptedException {
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        Files.deleteIfExists(socket);
        synchronized (this) {
            streams.clear();
            primary = Uint128.getDefaultInstance();
        }
    }

    /** Starts again after {@link #stop}. */
    public void restart() throws IOException {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        server = listen();
    }

    /** The flows, each with a number that changes when it is added anew: its counters would begin at 0. */
    public synchronized Map<String, Long> flows() {
        Map<String, Long> texts = new LinkedHashMap<>();
        flows.values().forEach(counted -> texts.put(TEXTS.formatter().flow(counted.flow()), counted.serial()));
        return texts;
    }

    public synchronized int writes() {
        return writes;
    }

    public synchronized boolean isControlled() {
        return !streams.isEmpty();
    }

    /** Refuses writes from now on, or takes them again. */
    public synchronized void refuse(boolean refuse) {
        refuses = refuse;
    }

    /** Fails reads of ports and flows from now on, or answers them again. */
    public synchronized void failReads(boolean fail) {
        failsReads = fail;
    }

    /** Reads that failed. */
    public synchronized int readsFailed() {
        return readsFailed;
    }

    /** Reads of flows that were answered. */
    public synchronized int flowReads() {
        return flowReads;
    }

    /** Tells every channel that it is the primary, or that another is. */
    public synchronized void elect(boolean isPrimary) {
        tell(mastership(isPrimary));
    }

    /** Tells every channel that port changes were dropped because it reads too slowly. */
    public synchronized void lost() {
        tell(ChannelResponse.newBuilder()
                .setLost(Lost.newBuilder().setPortStatus(1))
                .build());
    }

    private ChannelResponse mastership(boolean isPrimary) {
        return ChannelResponse.newBuilder()
                .setMastership(Mastership.newBuilder()
                        .setBridge("br0")
                        .setDatapathId(datapathId)
                        .setPrimary(isPrimary))
                .build();
    }

    /** Adds a flow by hand, in ovs-ofctl's syntax. */
    public synchronized void add(String text) throws FlowException {
        FlowMod flow = FlowMapping.toModel(
                FlowMod.Command.ADD, Flow.newBuilder().setText(text).build(), TEXTS);
        flows.put(identity(flow), new Counted(flow, ++serial));
    }

    public synchronized void clear() {
        flows.clear();
    }

    /** A flow's idle timeout strikes. */
    public synchronized void expire(String part) {
        Counted gone = flows.values().stream()
                .filter(counted -> TEXTS.formatter().flow(counted.flow()).contains(part))
                .findFirst()
                .orElseThrow();
        flows.remove(identity(gone.flow()));
        tell(ChannelResponse.newBuilder()
                .setFlowRemoved(FlowRemoved.newBuilder()
                        .setBridge("br0")
                        .setReason(FlowRemoved.Reason.IDLE_TIMEOUT)
                        .setFlow(FlowState.newBuilder().setFlow(FlowMapping.toProto(gone.flow()))))
                .build());
    }

    public synchronized void packetIn(int port, int table, byte[] frame) {
        tell(ChannelResponse.newBuilder()
                .setPacketIn(PacketIn.newBuilder()
                        .setBridge("br0")
                        .setInPort(port)
                        .setTableId(table)
                        .setData(ByteString.copyFrom(frame)))
                .build());
    }

    private void tell(ChannelResponse response) {
        streams.forEach(stream -> stream.onNext(response));
    }

    private static Identity identity(FlowMod flow) {
        return new Identity(flow.tableId(), flow.priority(), flow.match());
    }

    @Override
    public StreamObserver<ChannelRequest> channel(StreamObserver<ChannelResponse> responses) {
        return new StreamObserver<>() {
            @Override
            public void onNext(ChannelRequest request) {
                synchronized (FakeSwitch.this) {
                    if (request.hasOpen()) {
                        streams.add(responses);
                        primary = request.getOpen().getElectionId();
                        responses.onNext(mastership(true));
                    } else if (request.hasPacketOut()) {
                        sent.add(request.getPacketOut());
                    }
                }
            }

            @Override
            public void onError(Throwable error) {
                onCompleted();
            }

            @Override
            public void onCompleted() {
                synchronized (FakeSwitch.this) {
                    streams.remove(responses);
                }
            }
        };
    }

    @Override
    public synchronized void read(ReadRequest request, StreamObserver<ReadResponse> responses) {
        boolean readsFlows = request.getQueriesList().stream().anyMatch(Query::hasFlows);
        if (failsReads && readsFlows) {
            readsFailed++;
            responses.onError(
                    io.grpc.Status.INTERNAL.withDescription("no flows today").asRuntimeException());
            return;
        }
        flowReads += readsFlows ? 1 : 0;
        ReadResponse.Builder response = ReadResponse.newBuilder().setBridge("br0");
        for (Query query : request.getQueriesList()) {
            if (query.hasBridge()) {
                response.addEntities(Entity.newBuilder()
                        .setBridge(BridgeState.newBuilder().setName("br0").setDatapathId(datapathId)));
            } else if (query.hasPorts()) {
                for (int i = 1; i <= 4; i++) {
                    response.addEntities(Entity.newBuilder()
                            .setPort(PortState.newBuilder()
                                    .setNumber(i)
                                    .setName("p" + i)
                                    .setLinkUp(true)));
                }
            } else if (query.hasFlows()) {
                flows.values()
                        .forEach(counted -> response.addEntities(Entity.newBuilder()
                                .setFlow(FlowState.newBuilder().setFlow(FlowMapping.toProto(counted.flow())))));
            }
        }
        responses.onNext(response.build());
        responses.onCompleted();
    }

    @Override
    public synchronized void write(WriteRequest request, StreamObserver<WriteResponse> responses) {
        WriteResponse.Builder response = WriteResponse.newBuilder();
        writes += request.getUpdatesCount() == 0 ? 0 : 1;
        for (int i = 0; i < request.getUpdatesCount(); i++) {
            String error =
                    refuses || !request.getElectionId().equals(primary) ? "refused" : apply(request.getUpdates(i));
            if (!error.isEmpty()) {
                response.addErrors(UpdateError.newBuilder()
                        .setIndex(i)
                        .setStatus(Status.newBuilder()
                                .setCode(error.equals("refused") ? Code.RESOURCE_EXHAUSTED_VALUE : Code.NOT_FOUND_VALUE)
                                .setMessage(error)));
            }
        }
        responses.onNext(response.build());
        responses.onCompleted();
    }

    private String apply(Update update) {
        try {
            Flow wanted = update.getFlow();
            FlowMod flow = FlowMapping.toModel(
                    FlowMod.Command.ADD, wanted.toBuilder().clearCookieMask().build(), TEXTS);
            Counted there = flows.get(identity(flow));
            if (there != null && ((there.flow().cookie() ^ flow.cookie()) & wanted.getCookieMask()) != 0) {
                return "no such flow";
            }
            switch (update.getType()) {
                case UPSERT -> flows.put(identity(flow), new Counted(flow, ++serial));
                case MODIFY -> {
                    if (there == null) {
                        return "no such flow";
                    }
                    flows.put(identity(flow), new Counted(flow, there.serial()));
                }
                case DELETE -> {
                    if (flows.remove(identity(flow)) == null) {
                        return "no such flow";
                    }
                }
                default -> throw new AssertionError(update.getType());
            }
            return "";
        } catch (FlowException e) {
            throw new AssertionError(e);
        }
    }
}
