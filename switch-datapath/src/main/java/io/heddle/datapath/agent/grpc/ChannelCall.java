package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.EventInterest;
import io.heddle.datapath.bridge.EventSubscription;
import io.heddle.datapath.bridge.PortState;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.ChannelError;
import io.heddle.proto.v1.ChannelRequest;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.Open;
import io.heddle.proto.v1.PacketOut;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Channel}: a controller's connection to any number of bridges.
 *
 * <pre>
 *   client --- at most 64 requests taken and unanswered ---> handle ---> bridge
 *   client <-- while it is ready, packets while it has credit --- drain <-- bounded queue of each bridge
 * </pre>
 *
 * <p>Nothing is kept for a client that does not read: events wait in the bridges' queues, which drop and count what is too much; requests
 * are not taken while answers cannot be sent.
 *
 * <p>Threading: everything runs on the serial executor, except what gRPC and the bridges call, which only hands over.
 */
final class ChannelCall {
    private static final int REQUEST_WINDOW = 64;
    private static final int MESSAGES_PER_DRAIN = 64;
    private static final int DEFAULT_CREDIT = 256;
    private static final int MAX_CREDIT = 65536;

    private final SwitchControl control;
    private final GrpcAgent.Limits limits;
    private final SerialExecutor serial;
    private final String peer;
    private final ServerCallStreamObserver<ChannelResponse> client;
    private final AtomicBoolean isDrainScheduled = new AtomicBoolean();

    private final Map<String, OpenBridge> bridges = new LinkedHashMap<>();
    private final ArrayDeque<OpenBridge> turns = new ArrayDeque<>();
    private final ArrayDeque<ChannelResponse> errors = new ArrayDeque<>();
    private @Nullable AutoCloseable bridgeWatch;
    private int requestsDone;
    private int credit = -1;
    private long packetIns;
    private boolean ended;

    ChannelCall(
            SwitchControl control,
            GrpcAgent.Limits limits,
            SerialExecutor serial,
            String peer,
            ServerCallStreamObserver<ChannelResponse> client) {
        this.control = control;
        this.limits = limits;
        this.serial = serial;
        this.peer = peer;
        this.client = client;
        client.disableAutoRequest();
        client.setOnReadyHandler(this::wake);
        client.setOnCancelHandler(() -> serial.execute(this::end));
        client.request(REQUEST_WINDOW);
    }

    /** What hears the client. */
    StreamObserver<ChannelRequest> requests() {
        return new StreamObserver<>() {
            @Override
            public void onNext(ChannelRequest request) {
                serial.execute(() -> handle(request));
            }

            @Override
            public void onError(Throwable gone) {
                serial.execute(ChannelCall.this::end);
            }

            @Override
            public void onCompleted() {
                serial.execute(() -> {
                    if (!ended) {
                        end();
                        client.onCompleted();
                    }
                });
            }
        };
    }

    private void handle(ChannelRequest request) {
        if (ended) {
            return;
        }
        try {
            switch (request.getKindCase()) {
                case OPEN -> {
                    for (BridgeControl bridge :
                            SwitchService.bridges(control, request.getOpen().getBridge())) {
                        open(bridge, request.getOpen());
                    }
                    done();
                }
                case PACKET_OUT -> packetOut(request.getPacketOut());
                case CREDIT -> {
                    addCredit(request.getCredit().getPackets());
                    done();
                }
                case KIND_NOT_SET ->
                    throw Failures.refusal(
                            Code.INVALID_ARGUMENT, "kind", "the message is of no kind that this switch knows");
            }
        } catch (FlowException | RuntimeException e) {
            refuse(request.hasPacketOut() ? request.getPacketOut().getId() : 0, e);
        }
    }

    private void addCredit(int packets) {
        long sum = Math.max(credit, 0) + Integer.toUnsignedLong(packets);
        credit = (int) Math.min(sum, MAX_CREDIT);
        wake();
    }

    private void open(BridgeControl bridge, Open request) {
        // What is wrong with the request is found before anything remembers the bridge as opened.
        Set<BridgeEvent.Kind> kinds = kinds(request);
        if (bridgeWatch == null) {
            bridgeWatch = control.watchBridges(new RemovalListener());
        }
        if (credit < 0) {
            addCredit(request.getInitialCredit() == 0 ? DEFAULT_CREDIT : request.getInitialCredit());
        }
        OpenBridge open = bridges.get(bridge.name());
        boolean isNew = open == null;
        if (open == null) {
            open = new OpenBridge(bridge, request.getRole(), bridge.registerController(peer, "heddle.v1"));
        } else if (!open.role.equals(request.getRole())) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT,
                    "open.role",
                    "this stream has opened bridge %s with role \"%s\"; use another stream for role \"%s\""
                            .formatted(bridge.name(), open.role, request.getRole()));
        }
        try {
            elect(open, request);
        } catch (RuntimeException e) {
            if (isNew) {
                open.close(this);
            }
            throw e;
        }
        if (isNew) {
            bridges.put(bridge.name(), open);
            turns.add(open);
            follow(open, kinds, request.getControllerId());
        }
    }

    private void elect(OpenBridge open, Open request) {
        if (!request.hasElectionId()) {
            if (open.candidate) {
                open.candidate = false;
                open.bridge.election(open.role).leave(this);
            }
            open.mastership(open.bridge.election(open.role).primaryId(), false);
            wake();
            return;
        }
        boolean before = open.candidate;
        open.candidate = true;
        boolean entered = open.bridge
                .election(open.role)
                .enter(
                        this,
                        ElectionIds.toModel(request.getElectionId()),
                        (primary, isSelf) -> serial.execute(() -> {
                            if (!ended) {
                                open.mastership(primary, isSelf);
                                wake();
                            }
                        }));
        if (!entered) {
            open.candidate = before;
            throw Failures.refusal(
                    Code.ALREADY_EXISTS,
                    "open.election_id",
                    "another client holds the election id %s of role \"%s\" of bridge %s"
                            .formatted(ElectionIds.toModel(request.getElectionId()), open.role, open.bridge.name()));
        }
    }

    private record Followed(EventSubscription events, List<PortState> ports) {}

    private void follow(OpenBridge open, Set<BridgeEvent.Kind> kinds, int controllerId) {
        EventInterest interest =
                new EventInterest(kinds, limits.packetQueue(), limits.changeQueue(), controllerId, this::wake);
        boolean wantsPorts = interest.kinds().contains(BridgeEvent.Kind.PORT_STATUS);
        var _ = open.bridge
                .read(reader ->
                        new Followed(reader.subscribe(interest), wantsPorts ? reader.ports() : List.<PortState>of()))
                .whenComplete((followed, failure) -> serial.execute(() -> {
                    if (failure != null) {
                        if (bridges.remove(open.bridge.name(), open)) {
                            turns.remove(open);
                            open.close(this);
                        }
                        refuse(0, failure);
                    } else if (ended || !open.equals(bridges.get(open.bridge.name()))) {
                        followed.events().close();
                    } else {
                        open.follow(followed.events(), followed.ports());
                        wake();
                    }
                }));
    }

    private static Set<BridgeEvent.Kind> kinds(Open request) {
        if (request.getControllerId() < 0 || request.getControllerId() > 0xffff) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT,
                    "open.controller_id",
                    "%s is out of range, it must be 0 to 65535"
                            .formatted(Integer.toUnsignedString(request.getControllerId())));
        }
        Set<BridgeEvent.Kind> kinds = EnumSet.noneOf(BridgeEvent.Kind.class);
        for (int i = 0; i < request.getEventsCount(); i++) {
            switch (request.getEvents(i)) {
                case EVENT_PACKET_IN -> kinds.add(BridgeEvent.Kind.PACKET_IN);
                case EVENT_PORT_STATUS -> kinds.add(BridgeEvent.Kind.PORT_STATUS);
                case EVENT_FLOW_REMOVED -> kinds.add(BridgeEvent.Kind.FLOW_REMOVED);
                case EVENT_UNSPECIFIED, UNRECOGNIZED ->
                    throw Failures.refusal(
                            Code.INVALID_ARGUMENT,
                            "open.events[" + i + "]",
                            "%d is no kind of event".formatted(request.getEventsValue(i)));
            }
        }
        return kinds.isEmpty()
                ? EnumSet.of(BridgeEvent.Kind.PACKET_IN, BridgeEvent.Kind.PORT_STATUS, BridgeEvent.Kind.FLOW_REMOVED)
                : kinds;
    }

    private void packetOut(PacketOut request) throws FlowException {
        OpenBridge open =
                bridges.get(SwitchService.bridge(control, request.getBridge()).name());
        if (open == null || !open.role.equals(request.getRole())) {
            throw Failures.refusal(
                    Code.FAILED_PRECONDITION,
                    open == null ? "packet_out.bridge" : "packet_out.role",
                    "this stream has not opened bridge %s with role \"%s\""
                            .formatted(request.getBridge(), request.getRole()));
        }
        if (open.candidate && !open.primary) {
            throw Failures.refusal(
                    Code.PERMISSION_DENIED,
                    "packet_out.role",
                    "this stream is not the primary of role \"%s\" of bridge %s"
                            .formatted(open.role, open.bridge.name()));
        }
        if (request.getData().size() < 14) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT,
                    "packet_out.data",
                    "%d octets are no frame: an Ethernet header has 14"
                            .formatted(request.getData().size()));
        }
        List<Action> actions;
        try {
            actions = FlowMapping.toModel(request.getActions(), new TextForms(new BridgePorts(open.bridge)));
        } catch (FlowException e) {
            throw new FlowException(e.error().under("packet_out.actions"));
        }
        int inPort = request.getInPort() == 0 ? Ports.CONTROLLER : request.getInPort();
        var _ = open.bridge
                .packetOut(new BridgeControl.PacketOut(request.getData().toByteArray(), inPort, actions))
                .whenComplete((_, failure) -> serial.execute(() -> {
                    if (failure != null) {
                        refuse(request.getId(), failure);
                    } else {
                        done();
                    }
                }));
    }

    /** One request is finished without an answer. */
    private void done() {
        requestsDone++;
        if (requestsDone >= REQUEST_WINDOW / 4 && errors.isEmpty() && !ended) {
            client.request(requestsDone);
            requestsDone = 0;
        }
    }

    private void refuse(long id, Throwable failure) {
        if (!ended) {
            Status status = Failures.status(failure);
            errors.add(ChannelResponse.newBuilder()
                    .setError(ChannelError.newBuilder().setId(id).setStatus(status))
                    .build());
            requestsDone++;
            wake();
        }
    }

    private void wake() {
        if (isDrainScheduled.compareAndSet(false, true)) {
            serial.execute(this::drain);
        }
    }

    private void drain() {
        isDrainScheduled.set(false);
        if (ended) {
            return;
        }
        for (int i = 0; client.isReady(); i++) {
            if (i == MESSAGES_PER_DRAIN) {
                // The client's own messages, credit among them, must have their turn.
                wake();
                return;
            }
            ChannelResponse next = next();
            if (next == null) {
                break;
            }
            client.onNext(next);
        }
        if (errors.isEmpty() && requestsDone > 0) {
            client.request(requestsDone);
            requestsDone = 0;
        }
    }

    private @Nullable ChannelResponse next() {
        ChannelResponse error = errors.poll();
        if (error != null) {
            return error;
        }
        // Each bridge has its turn.
        for (int i = turns.size(); i > 0; i--) {
            OpenBridge open = turns.remove();
            turns.add(open);
            ChannelResponse next = open.next(credit > 0, packetIns + 1);
            if (next != null) {
                if (next.hasPacketIn()) {
                    packetIns++;
                    credit--;
                }
                return next;
            }
        }
        return null;
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        bridges.values().forEach(open -> open.close(this));
        bridges.clear();
        turns.clear();
        errors.clear();
        if (bridgeWatch != null) {
            try {
                bridgeWatch.close();
            } catch (Exception e) {
                Failures.status(e);
            }
        }
    }

    /** Tells the client when a bridge that it has opened is no more. Control loop's thread. */
    private final class RemovalListener implements SwitchControl.BridgeListener {
        @Override
        public void added(BridgeControl bridge) {
            // A client opens what it wants.
        }

        @Override
        public void changed(BridgeControl bridge) {
            // Nothing that a channel depends on.
        }

        @Override
        public void removed(BridgeControl bridge) {
            serial.execute(() -> {
                OpenBridge open = bridges.get(bridge.name());
                if (open != null && open.bridge.equals(bridge)) {
                    bridges.remove(bridge.name());
                    turns.remove(open);
                    open.close(ChannelCall.this);
                    errors.add(ChannelResponse.newBuilder()
                            .setError(ChannelError.newBuilder()
                                    .setStatus(Failures.of(
                                            Code.NOT_FOUND, "bridge", "bridge " + bridge.name() + " has been removed")))
                            .build());
                    wake();
                }
            });
        }
    }
}
