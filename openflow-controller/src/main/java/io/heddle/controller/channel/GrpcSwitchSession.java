package io.heddle.controller.channel;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.action.Action;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.v1.BridgeQuery;
import io.heddle.proto.v1.ChannelRequest;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.Credit;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.FlowRemoved;
import io.heddle.proto.v1.FlowSelection;
import io.heddle.proto.v1.Lost;
import io.heddle.proto.v1.Mastership;
import io.heddle.proto.v1.Open;
import io.heddle.proto.v1.PacketIn;
import io.heddle.proto.v1.PacketOut;
import io.heddle.proto.v1.PortQuery;
import io.heddle.proto.v1.PortStatus;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.ReadRequest;
import io.heddle.proto.v1.ReadResponse;
import io.heddle.proto.v1.SwitchGrpc;
import io.heddle.proto.v1.Uint128;
import io.heddle.proto.v1.WriteRequest;
import io.heddle.proto.v1.WriteResponse;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session over {@code heddle.v1}.
 *
 * <pre>
 *   CONNECTING --Channel, Open(every bridge)--> CONNECTED --Mastership(primary)--> read ports and flows --> bridge up
 *       ^                                           |
 *       +------ back-off 50 ms, doubled to 400 ms --+  stream ended
 * </pre>
 *
 * <p>The longest back-off is well under a second, so that flows are as they should be within a second after a switch is back. Bridges
 * that are added later are found by asking for them every two seconds.
 *
 * <p>Packets in are paid for with credit: {@value #CREDIT} at first, and again as they have been handled. A controller that cannot
 * keep up therefore makes the switch drop, and neither side's memory grow.
 *
 * <p>Thread: the controller loop, which is the executor of all callbacks.
 */
public final class GrpcSwitchSession implements SwitchSession {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcSwitchSession.class);

    static final int CREDIT = 1024;
    private static final int CREDIT_STEP = 128;
    private static final long MIN_BACKOFF_MILLIS = 50;
    private static final long MAX_BACKOFF_MILLIS = 400;
    private static final long BRIDGE_POLL_MILLIS = 2000;
    private static final long LOSS_LOG_MILLIS = 5000;
    private static final long MAX_READ_BACKOFF_MILLIS = 5000;

    /** A switch that does not answer a call within this has a defect; the connection itself is watched by keep-alives. */
    private static final long CALL_SECONDS = 30;

    private final String target;
    private final GrpcTarget address;
    private final EventLoopGroup group;
    private final ScheduledExecutorService loop;
    private Uint128 electionId;
    private final Map<String, GrpcBridge> bridges = new HashMap<>();
    private final Map<SwitchId, GrpcBridge> bridgeOfId = new HashMap<>();
    private final Set<String> opened = new HashSet<>();
    private @Nullable SessionListener listener;
    private @Nullable ManagedChannel channel;
    private @Nullable ClientCallStreamObserver<ChannelRequest> stream;
    private long backoffMillis = MIN_BACKOFF_MILLIS;
    private int handled;
    private boolean connected;
    private boolean lossAnnounced;
    private long lostPacketIns;
    private boolean closed;

    /** Counts connections, so that an answer that comes late is not taken for the present one's. */
    private int generation;

    /**
     * A session that is not started.
     *
     * @param target {@code unix:/path} or {@code grpc://host:port}
     * @param group for the network
     * @param loop the controller loop
     * @param electionHigh the higher half of the election id; the highest id is the primary, so a controller that started later wins
     * @param electionLow the lower half, raised by one with each connection
     */
    public GrpcSwitchSession(
            String target, EventLoopGroup group, ScheduledExecutorService loop, long electionHigh, long electionLow) {
        this.target = target;
        this.address = GrpcTarget.parse(target);
        this.group = group;
        this.loop = loop;
        this.electionId =
                Uint128.newBuilder().setHigh(electionHigh).setLow(electionLow).build();
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public void start(SessionListener newListener) {
        listener = newListener;
        connect();
    }

    private SessionListener listener() {
        if (listener == null) {
            throw new IllegalStateException("session to " + target + " was not started");
        }
        return listener;
    }

    private void connect() {
        if (closed) {
            return;
        }
        int mine = ++generation;
        ManagedChannel made = address.open(group, loop);
        channel = made;
        // The switch may not have noticed yet that the connection before is gone, and no two may have the same id.
        electionId = electionId.toBuilder().setLow(electionId.getLow() + 1).build();
        SwitchGrpc.newStub(made).channel(new Incoming(mine));
        open("");
    }

    /** Asks for a bridge, or for all that there are. */
    private void open(String bridge) {
        send(ChannelRequest.newBuilder()
                .setOpen(Open.newBuilder()
                        .setBridge(bridge)
                        .setElectionId(electionId)
                        .setInitialCredit(CREDIT))
                .build());
    }

    private void send(ChannelRequest request) {
        if (stream != null) {
            stream.onNext(request);
        }
    }

    /** One stream's responses; those of an older stream are ignored. */
    private final class Incoming implements ClientResponseObserver<ChannelRequest, ChannelResponse> {
        private final int mine;

        Incoming(int mine) {
            this.mine = mine;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<ChannelRequest> requests) {
            stream = requests;
        }

        @Override
        public void onNext(ChannelResponse response) {
            if (mine == generation) {
                onResponse(response);
            }
        }

        @Override
        public void onError(Throwable error) {
            onEnd(mine, Status.fromThrowable(error));
        }

        @Override
        public void onCompleted() {
            onEnd(mine, Status.UNAVAILABLE.withDescription("the switch ended the connection"));
        }
    }

    private void onResponse(ChannelResponse response) {
        if (!connected) {
            connected = true;
            backoffMillis = MIN_BACKOFF_MILLIS;
            listener().onState(this, SessionListener.State.CONNECTED, "");
            pollBridges(generation);
        }
        switch (response.getKindCase()) {
            case MASTERSHIP -> onMastership(response.getMastership());
            case PACKET_IN -> onPacketIn(response.getPacketIn());
            case PORT_STATUS -> onPortStatus(response.getPortStatus());
            case FLOW_REMOVED -> onFlowRemoved(response.getFlowRemoved());
            case LOST -> onLost(response.getLost());
            case ERROR ->
                LOG.warn("{}: {}", target, response.getError().getStatus().getMessage());
            case KIND_NOT_SET -> LOG.warn("{}: a message of an unknown kind", target);
        }
    }

    /** Adds up what was lost, and says so at most once in a while: a storm of packets must not become a storm of log lines. */
    private void onLost(Lost lost) {
        lostPacketIns += lost.getPacketIns();
        if (!lossAnnounced) {
            lossAnnounced = true;
            later(
                    () -> {
                        lossAnnounced = false;
                        LOG.warn("{}: too many packets in, the switch dropped {}", target, lostPacketIns);
                        lostPacketIns = 0;
                    },
                    LOSS_LOG_MILLIS);
        }
        if (lost.getFlowRemoved() + lost.getPortStatus() > 0) {
            LOG.warn("{}: too slow for its events, reading again what it controls", target);
            bridges.values().stream().filter(bridge -> !bridge.secondary).forEach(this::readBridge);
        }
    }

    private void onEnd(int ended, Status status) {
        if (ended != generation || closed) {
            return;
        }
        generation++;
        stream = null;
        if (channel != null) {
            channel.shutdownNow();
        }
        String reason = address.isMissing() ? "there is no such socket: is the switch running?" : describe(status);
        new ArrayList<>(bridges.values()).forEach(bridge -> down(bridge, false));
        bridges.clear();
        opened.clear();
        connected = false;
        listener().onState(this, SessionListener.State.CONNECTING, reason);
        later(this::connect, backoffMillis);
        backoffMillis = Math.min(backoffMillis * 2, MAX_BACKOFF_MILLIS);
    }

    private void later(Runnable task, long millis) {
        if (!loop.isShutdown()) {
            ScheduledFuture<?> _ = loop.schedule(task, millis, TimeUnit.MILLISECONDS);
        }
    }

    private static String describe(Status status) {
        String text = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        // gRPC's own words say "io exception"; what happened stands at the bottom.
        Throwable cause = status.getCause();
        String detail = "";
        while (cause != null) {
            detail = cause.getMessage() == null ? detail : cause.getMessage();
            cause = cause.getCause();
        }
        return detail.isEmpty() || text.contains(detail) ? text : detail;
    }

    private void onMastership(Mastership mastership) {
        opened.add(mastership.getBridge());
        GrpcBridge bridge = bridges.computeIfAbsent(
                mastership.getBridge(),
                name -> new GrpcBridge(
                        name, new SwitchId(Long.parseUnsignedLong(mastership.getDatapathId(), 16)), target));
        if (mastership.getPrimary()) {
            bridge.secondary = false;
            readBridge(bridge);
        } else if (bridge.isUp || !bridge.secondary) {
            down(bridge, true);
        }
    }

    private void down(GrpcBridge bridge, boolean secondary) {
        bridge.readings++;
        bridge.secondary = secondary;
        bridge.isUp = false;
        bridgeOfId.remove(bridge.id, bridge);
        listener().onBridgeDown(this, bridge.view(), secondary);
    }

    private void readBridge(GrpcBridge bridge) {
        readBridge(bridge, ++bridge.readings, MIN_BACKOFF_MILLIS);
    }

    /** Reads a bridge until it works; another reading, the loss of the mastership and the bridge's end make this one void. */
    private void readBridge(GrpcBridge bridge, int reading, long retryMillis) {
        Query ports =
                Query.newBuilder().setPorts(PortQuery.getDefaultInstance()).build();
        Query flows =
                Query.newBuilder().setFlows(FlowSelection.getDefaultInstance()).build();
        int mine = generation;
        Runnable retry = () -> {
            if (mine == generation && bridge.readings == reading) {
                readBridge(bridge, reading, Math.min(retryMillis * 2, MAX_READ_BACKOFF_MILLIS));
            }
        };
        read(
                bridge.name,
                List.of(ports, flows),
                entities -> {
                    if (bridge.readings == reading) {
                        bridge.setPorts(entities);
                        bridge.isUp = true;
                        bridgeOfId.put(bridge.id, bridge);
                        listener().onBridgeUp(this, bridge.view(), flowsOf(entities));
                    }
                },
                status -> {
                    if (bridge.readings == reading) {
                        LOG.warn(
                                "{}: bridge {} could not be read, trying again: {}",
                                target,
                                bridge.name,
                                describe(status));
                        later(retry, retryMillis);
                    }
                });
    }

    /** Reads and calls back once, with everything or with the failure, unless the connection breaks. */
    private void read(String bridge, List<Query> queries, Consumer<List<Entity>> result, Consumer<Status> failed) {
        if (channel == null) {
            return;
        }
        int mine = generation;
        ReadRequest request = ReadRequest.newBuilder()
                .setBridge(bridge)
                .addAllQueries(queries)
                .build();
        List<Entity> entities = new ArrayList<>();
        stub(channel).read(request, new StreamObserver<>() {
            @Override
            public void onNext(ReadResponse response) {
                for (Entity entity : response.getEntitiesList()) {
                    entities.add(entity);
                }
            }

            @Override
            public void onError(Throwable error) {
                if (mine == generation) {
                    failed.accept(Status.fromThrowable(error));
                }
            }

            @Override
            public void onCompleted() {
                if (mine == generation) {
                    result.accept(entities);
                }
            }
        });
    }

    private List<FlowMod> flowsOf(List<Entity> entities) {
        List<FlowMod> flows = new ArrayList<>();
        for (Entity entity : entities) {
            if (entity.hasFlow()) {
                try {
                    flows.add(GrpcBridge.flow(entity.getFlow().getFlow()));
                } catch (FlowException e) {
                    // A flow that this program cannot express is not one of its own.
                    LOG.debug("{}: {}", target, e.error());
                }
            }
        }
        return flows;
    }

    private void pollBridges(int mine) {
        if (mine != generation || closed) {
            return;
        }
        Query query =
                Query.newBuilder().setBridge(BridgeQuery.getDefaultInstance()).build();
        read(
                "",
                List.of(query),
                entities -> {
                    Set<String> there = new HashSet<>();
                    for (Entity entity : entities) {
                        String name = entity.getBridge().getName();
                        there.add(name);
                        if (opened.add(name)) {
                            open(name);
                        }
                    }
                    for (GrpcBridge bridge : List.copyOf(bridges.values())) {
                        if (!there.contains(bridge.name)) {
                            bridges.remove(bridge.name);
                            down(bridge, false);
                        }
                    }
                    opened.retainAll(there);
                },
                status -> LOG.debug("{}: bridges could not be read: {}", target, describe(status)));
        later(() -> pollBridges(mine), BRIDGE_POLL_MILLIS);
    }

    private static SwitchGrpc.SwitchStub stub(ManagedChannel channel) {
        return SwitchGrpc.newStub(channel).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    private void onPacketIn(PacketIn packet) {
        if (++handled >= CREDIT_STEP) {
            handled = 0;
            send(ChannelRequest.newBuilder()
                    .setCredit(Credit.newBuilder().setPackets(CREDIT_STEP))
                    .build());
        }
        GrpcBridge bridge = bridges.get(packet.getBridge());
        if (bridge != null && bridge.isUp) {
            Frame frame = Frame.of(packet.getData().toByteArray());
            listener().onPacketIn(this, bridge.view(), packet.getInPort(), packet.getTableId(), frame);
        }
    }

    private void onPortStatus(PortStatus status) {
        GrpcBridge bridge = bridges.get(status.getBridge());
        if (bridge == null || !bridge.isUp) {
            return;
        }
        if (status.getReason() == PortStatus.Reason.REMOVED) {
            listener().onPortRemoved(this, bridge.remove(status.getPort()), GrpcBridge.port(status.getPort()));
        } else if (bridge.changes(status.getPort())) {
            SwitchView view = bridge.put(status.getPort());
            listener().onPortChanged(this, view, GrpcBridge.port(status.getPort()));
        }
    }

    private void onFlowRemoved(FlowRemoved removed) {
        GrpcBridge bridge = bridges.get(removed.getBridge());
        if (bridge == null || !bridge.isUp) {
            return;
        }
        try {
            FlowMod flow = GrpcBridge.flow(removed.getFlow().getFlow());
            SessionListener.Removal reason = switch (removed.getReason()) {
                case IDLE_TIMEOUT, HARD_TIMEOUT -> SessionListener.Removal.TIMEOUT;
                case EVICTION -> SessionListener.Removal.EVICTED;
                case DELETE, GROUP_DELETE, METER_DELETE, REASON_UNSPECIFIED, UNRECOGNIZED ->
                    SessionListener.Removal.DELETED;
            };
            listener().onFlowRemoved(this, bridge.id, flow, reason);
        } catch (FlowException e) {
            LOG.debug("{}: {}", target, e.error());
        }
    }

    @Override
    public void write(SwitchId id, List<FlowMod> mods, Consumer<WriteResult> result) {
        GrpcBridge bridge = bridgeOfId.get(id);
        if (bridge == null || channel == null) {
            result.accept(new WriteResult(List.of(), false));
            return;
        }
        WriteRequest.Builder request =
                WriteRequest.newBuilder().setBridge(bridge.name).setElectionId(electionId);
        mods.forEach(mod -> request.addUpdates(GrpcBridge.update(mod)));
        stub(channel).write(request.build(), new StreamObserver<>() {
            @Override
            public void onNext(WriteResponse response) {
                result.accept(new WriteResult(GrpcBridge.errors(response, mods), true));
            }

            @Override
            public void onError(Throwable error) {
                Status status = Status.fromThrowable(error);
                boolean broken = status.getCode() == Status.Code.UNAVAILABLE;
                result.accept(new WriteResult(broken ? List.of() : List.of(describe(status)), !broken));
            }

            @Override
            public void onCompleted() {
                // The one response has been handled.
            }
        });
    }

    @Override
    public void readFlows(SwitchId id, Consumer<List<FlowMod>> result) {
        GrpcBridge bridge = bridgeOfId.get(id);
        if (bridge != null) {
            Query flows = Query.newBuilder()
                    .setFlows(FlowSelection.getDefaultInstance())
                    .build();
            read(
                    bridge.name,
                    List.of(flows),
                    entities -> result.accept(flowsOf(entities)),
                    status -> LOG.warn("{}: flows of {} could not be read: {}", target, bridge.name, describe(status)));
        }
    }

    @Override
    public void sendPacket(SwitchId id, int inPort, List<Action> actions, Frame frame) {
        GrpcBridge bridge = bridgeOfId.get(id);
        if (bridge != null) {
            send(ChannelRequest.newBuilder()
                    .setPacketOut(PacketOut.newBuilder()
                            .setBridge(bridge.name)
                            .setData(UnsafeByteOperations.unsafeWrap(frame.octets()))
                            .setInPort(inPort)
                            .setActions(FlowMapping.toProto(actions)))
                    .build());
        }
    }

    @Override
    public void close() {
        closed = true;
        generation++;
        if (stream != null) {
            stream.onCompleted();
            stream = null;
        }
        if (channel != null) {
            channel.shutdownNow();
        }
    }
}
