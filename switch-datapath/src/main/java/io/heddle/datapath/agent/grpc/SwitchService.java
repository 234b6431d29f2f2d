package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.Election;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.datapath.bridge.TraceReport;
import io.heddle.datapath.bridge.TraceSubject;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.text.FlowParser;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.ChannelRequest;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.ConfigureRequest;
import io.heddle.proto.v1.ConfigureResponse;
import io.heddle.proto.v1.FlushAddressesRequest;
import io.heddle.proto.v1.FlushAddressesResponse;
import io.heddle.proto.v1.FlushConnectionsRequest;
import io.heddle.proto.v1.FlushConnectionsResponse;
import io.heddle.proto.v1.GetConfigurationRequest;
import io.heddle.proto.v1.GetConfigurationResponse;
import io.heddle.proto.v1.GetConntrackLimitsRequest;
import io.heddle.proto.v1.GetConntrackLimitsResponse;
import io.heddle.proto.v1.ReadRequest;
import io.heddle.proto.v1.ReadResponse;
import io.heddle.proto.v1.SubscribeRequest;
import io.heddle.proto.v1.SubscribeResponse;
import io.heddle.proto.v1.SwitchGrpc;
import io.heddle.proto.v1.TraceRequest;
import io.heddle.proto.v1.TraceResponse;
import io.heddle.proto.v1.WriteRequest;
import io.heddle.proto.v1.WriteResponse;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * {@code heddle.v1.Switch} on top of {@link SwitchControl}.
 *
 * <p>Threading: each method on the thread of its call; answers are sent from a thread of {@code calls}, never from the control loop's.
 */
final class SwitchService extends SwitchGrpc.SwitchImplBase {
    private final SwitchControl control;
    private final GrpcAgent.Limits limits;
    private final Executor calls;

    SwitchService(SwitchControl control, GrpcAgent.Limits limits, Executor calls) {
        this.control = control;
        this.limits = limits;
        this.calls = calls;
    }

    /** The bridge of that name, or what ends the call. */
    static BridgeControl bridge(SwitchControl control, String name) {
        return control.bridge(name).orElseThrow(() -> {
            String names =
                    control.bridges().stream().map(BridgeControl::name).sorted().collect(Collectors.joining(", "));
            String known = names.isEmpty() ? "the switch has none" : "there is " + names;
            return name.isEmpty()
                    ? Failures.refusal(Code.INVALID_ARGUMENT, "bridge", "the bridge's name is missing; " + known)
                    : Failures.refusal(
                            Code.NOT_FOUND, "bridge", "no bridge is called \"%s\"; %s".formatted(name, known));
        });
    }

    /** The bridge of that name, or all when it is empty. */
    static List<BridgeControl> bridges(SwitchControl control, String name) {
        return name.isEmpty() ? control.bridges() : List.of(bridge(control, name));
    }

    @Override
    public void write(WriteRequest request, StreamObserver<WriteResponse> client) {
        answer(client, () -> {
            BridgeControl bridge = bridge(control, request.getBridge());
            return new WriteCall(bridge, request, permission(bridge, request)).run();
        });
    }

    /** Who may write is decided when it is the write's turn: a primary that was replaced meanwhile changes nothing any more. */
    private static Runnable permission(BridgeControl bridge, WriteRequest request) throws FlowException {
        if (!request.hasElectionId()) {
            if (!request.getRole().isEmpty()) {
                throw Failures.refusal(
                        Code.INVALID_ARGUMENT, "election_id", "a write as a role needs the role's election id");
            }
            return () -> {};
        }
        BigInteger id = ElectionIds.toModel(request.getElectionId());
        Election election = bridge.election(request.getRole());
        return () -> {
            if (election.isPrimaryId(id)) {
                return;
            }
            throw Failures.refusal(
                    Code.PERMISSION_DENIED,
                    "election_id",
                    "the election id %s is not that of the primary of role \"%s\" of bridge %s"
                            .formatted(id, request.getRole(), bridge.name()));
        };
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> client) {
        ResponsePump<ReadResponse> pump = new ResponsePump<>((ServerCallStreamObserver<ReadResponse>) client);
        try {
            Selections.requireQueries(request.getQueriesCount());
            SequencedMap<String, Function<BridgeReader, Snapshot>> questions = new LinkedHashMap<>();
            for (BridgeControl bridge : bridges(control, request.getBridge())) {
                Queries queries = queries(bridge, request.getQueriesList(), request.getWithText());
                if (queries.askBridges()) {
                    questions.put(bridge.name(), reader -> queries.read(bridge.name(), reader));
                }
            }
            CompletableFuture<List<Snapshot>> snapshots = control.read(questions);
            if (Queries.askProcess(request.getQueriesList())) {
                snapshots = snapshots.thenCombine(
                        Queries.process(control, request.getQueriesList(), new StateMapping(null)),
                        (bridges, process) -> {
                            List<Snapshot> all = new ArrayList<>(bridges);
                            all.add(process);
                            return all;
                        });
            }
            var _ = snapshots.whenCompleteAsync(
                    (all, failure) -> {
                        if (failure != null) {
                            pump.fail(failure);
                        } else {
                            pump.send(Snapshot.responses(all));
                        }
                    },
                    calls);
        } catch (FlowException | RuntimeException e) {
            pump.fail(e);
        }
    }

    private static Queries queries(BridgeControl bridge, List<io.heddle.proto.v1.Query> queries, boolean withText)
            throws FlowException {
        TextForms texts = new TextForms(new BridgePorts(bridge));
        return new Queries(queries, texts, new StateMapping(withText ? texts.formatter() : null));
    }

    @Override
    public StreamObserver<ChannelRequest> channel(StreamObserver<ChannelResponse> client) {
        return new ChannelCall(
                        control, limits, new SerialExecutor(calls), PeerInterceptor.peer(), (ServerCallStreamObserver<
                                        ChannelResponse>)
                                client)
                .requests();
    }

    @Override
    public void subscribe(SubscribeRequest request, StreamObserver<SubscribeResponse> client) {
        SubscribeCall call = new SubscribeCall(
                limits, new SerialExecutor(calls), (ServerCallStreamObserver<SubscribeResponse>) client);
        try {
            Selections.requireQueries(request.getQueriesCount());
            for (int i = 0; i < request.getQueriesCount(); i++) {
                switch (request.getQueries(i).getKindCase()) {
                    case FLOWS, GROUPS, METERS, PORTS -> {
                        // Can be followed.
                    }
                    case BRIDGE,
                            TABLES,
                            MULTICAST,
                            QUEUES,
                            ADDRESSES,
                            MEGAFLOWS,
                            DROPS,
                            CACHES,
                            CONNECTIONS,
                            KIND_NOT_SET ->
                        throw Failures.refusal(
                                Code.INVALID_ARGUMENT,
                                "queries[" + i + "]",
                                "only flows, groups, meters and ports can be subscribed to; use Read for the others");
                }
            }
            SubscribeCall.Questions questions =
                    bridge -> queries(bridge, request.getQueriesList(), request.getWithText());
            if (request.getBridge().isEmpty()) {
                call.followAll(control, questions);
            } else {
                call.followOne(control, bridge(control, request.getBridge()), questions);
            }
        } catch (RuntimeException e) {
            call.fail(e);
        }
    }

    @Override
    public void trace(TraceRequest request, StreamObserver<TraceResponse> client) {
        answer(client, () -> {
            BridgeControl bridge = bridge(control, request.getBridge());
            FlowParser parser = new TextForms(new BridgePorts(bridge)).parser();
            List<Integer> ctNext = new ArrayList<>();
            for (int i = 0; i < request.getCtNextCount(); i++) {
                try {
                    ctNext.add(parser.ctState(request.getCtNext(i)));
                } catch (FlowException e) {
                    throw new FlowException(
                            e.error().code(), "ct_next[" + i + "]", e.error().message());
                }
            }
            return bridge.trace(subject(bridge, request), ctNext).thenApply(SwitchService::traced);
        });
    }

    private static TraceSubject subject(BridgeControl bridge, TraceRequest request) throws FlowException {
        return switch (request.getSubjectCase()) {
            case FLOW -> {
                try {
                    yield new TraceSubject.Flow(
                            new TextForms(new BridgePorts(bridge)).parser().key(request.getFlow()));
                } catch (FlowException e) {
                    throw new FlowException(e.error().code(), "flow", e.error().message());
                }
            }
            case PACKET -> {
                if (request.getPacket().size() < 14) {
                    throw Failures.refusal(
                            Code.INVALID_ARGUMENT,
                            "packet",
                            "%d octets are no frame: an Ethernet header has 14"
                                    .formatted(request.getPacket().size()));
                }
                yield new TraceSubject.Frame(request.getPacket().toByteArray(), request.getInPort());
            }
            case SUBJECT_NOT_SET ->
                throw Failures.refusal(Code.INVALID_ARGUMENT, "subject", "nothing to trace: set packet or flow");
        };
    }

    private static TraceResponse traced(TraceReport report) {
        return TraceResponse.newBuilder()
                .setText(report.text())
                .setRoot(StateMapping.trace(report.root()))
                .setMegaflow(report.megaflow())
                .setDatapathActions(report.datapathActions())
                .setRevision(report.revision())
                .build();
    }

    @Override
    public void configure(ConfigureRequest request, StreamObserver<ConfigureResponse> client) {
        answer(
                client,
                () -> control.configure(
                                ConfigurationMapping.toModel(request.getChangesList()),
                                request.getExpectedRevision(),
                                request.getValidateOnly())
                        .thenApply(result -> ConfigureResponse.newBuilder()
                                .setRevision(result.revision())
                                .addAllApplied(result.applied())
                                .build()));
    }

    @Override
    public void flushConnections(FlushConnectionsRequest request, StreamObserver<FlushConnectionsResponse> client) {
        answer(
                client,
                () -> control.flushConnections(ConntrackConfigurationMapping.filter(request))
                        .thenApply(count -> FlushConnectionsResponse.newBuilder()
                                .setCount(count)
                                .build()));
    }

    @Override
    public void flushAddresses(FlushAddressesRequest request, StreamObserver<FlushAddressesResponse> client) {
        answer(
                client,
                () -> bridge(control, request.getBridge())
                        .flushAddresses()
                        .thenApply(count -> FlushAddressesResponse.newBuilder()
                                .setCount(count)
                                .build()));
    }

    @Override
    public void getConntrackLimits(
            GetConntrackLimitsRequest request, StreamObserver<GetConntrackLimitsResponse> client) {
        answer(client, () -> {
            for (int zone : request.getZonesList()) {
                Queries.zone(true, zone);
            }
            return control.conntrackLimits(request.getZonesList()).thenApply(ConntrackConfigurationMapping::toProto);
        });
    }

    @Override
    public void getConfiguration(GetConfigurationRequest request, StreamObserver<GetConfigurationResponse> client) {
        answer(client, () -> {
            SwitchControl.Configured configured = control.configuration();
            return CompletableFuture.completedFuture(GetConfigurationResponse.newBuilder()
                    .setRevision(configured.revision())
                    .setConfiguration(ConfigurationMapping.toProto(configured.configuration()))
                    .build());
        });
    }

    private interface Answer<T> {
        CompletableFuture<T> get() throws FlowException;
    }

    private <T> void answer(StreamObserver<T> client, Answer<T> answer) {
        // A client that has gone away is no error.
        ((ServerCallStreamObserver<T>) client).setOnCancelHandler(() -> {});
        try {
            var _ = answer.get()
                    .whenCompleteAsync(
                            (message, failure) -> {
                                if (failure != null) {
                                    client.onError(Failures.exception(failure));
                                } else {
                                    client.onNext(message);
                                    client.onCompleted();
                                }
                            },
                            calls);
        } catch (FlowException | RuntimeException e) {
            client.onError(Failures.exception(e));
        }
    }
}
