package io.heddle.datapath.agent.grpc;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.datapath.bridge.Election;
import io.heddle.datapath.bridge.EventInterest;
import io.heddle.datapath.bridge.EventSubscription;
import io.heddle.datapath.bridge.FlowFollower;
import io.heddle.datapath.bridge.FlowInterest;
import io.heddle.datapath.bridge.FlowNotice;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.GroupState;
import io.heddle.datapath.bridge.MeterState;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.PortState;
import io.heddle.datapath.bridge.QosConfiguration;
import io.heddle.datapath.bridge.QueueState;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.datapath.bridge.TraceReport;
import io.heddle.datapath.bridge.TraceSubject;
import io.heddle.datapath.bridge.UpdateFailure;
import io.heddle.flow.action.Alg;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.conntrack.ConnectionState;
import io.heddle.flow.conntrack.TcpState;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.match.TunnelOptionsMod;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A switch with one bridge, {@code br0}, that knows flows and two ports and forwards nothing; its control loop is a thread. */
final class FakeSwitch implements SwitchControl, AutoCloseable {
    final ExecutorService loop = Executors.newSingleThreadExecutor();
    final FakeBridge bridge = new FakeBridge();
    private final List<BridgeListener> listeners = new CopyOnWriteArrayList<>();
    private boolean removed;

    private <T> CompletableFuture<T> onLoop(java.util.concurrent.Callable<T> task) {
        CompletableFuture<T> future = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                future.complete(task.call());
            } catch (Exception e) {
                future.completeExceptionally(e);
            }
        });
        return future;
    }

    void removeBridge() {
        removed = true;
        onLoop(() -> {
                    listeners.forEach(each -> each.removed(bridge));
                    return true;
                })
                .join();
    }

    @Override
    public List<BridgeControl> bridges() {
        return removed ? List.of() : List.of(bridge);
    }

    @Override
    public Optional<BridgeControl> bridge(String name) {
        return !removed && name.equals("br0") ? Optional.of(bridge) : Optional.empty();
    }

    @Override
    public Configured configuration() {
        return new Configured(7, new SwitchConfiguration(List.of(bridge.configuration())));
    }

    @Override
    public <T> CompletableFuture<List<T>> read(SequencedMap<String, Function<BridgeReader, T>> questions) {
        return questions.isEmpty()
                ? CompletableFuture.completedFuture(List.of())
                : bridge.read(questions.firstEntry().getValue()).thenApply(List::of);
    }

    @Override
    public CompletableFuture<ConfigurationResult> configure(
            List<ConfigurationChange> changes, long expectedRevision, boolean validateOnly) {
        return onLoop(() -> {
            if (expectedRevision != 0 && expectedRevision != 7) {
                throw new ConfigurationException(
                        ConfigurationException.Kind.CONFLICT,
                        "expected_revision",
                        "the configuration is at revision 7");
            }
            List<String> applied = new ArrayList<>();
            for (ConfigurationChange change : changes) {
                applied.add(change.toString());
            }
            return new ConfigurationResult(8, applied);
        });
    }

    @Override
    public List<DropCount> drops() {
        return List.of(
                new DropCount("TX_FULL", "the port's queue was full", "p1", 5),
                new DropCount("TABLE_MISS", "no flow matched", "", 0));
    }

    @Override
    public CompletableFuture<List<MegaflowState>> megaflows(int limit) {
        return CompletableFuture.completedFuture(
                List.of(new MegaflowState(Match.ANY, "in_port(1)", "drop", 1, 60, 5, 3, 0, "TABLE_MISS")));
    }

    @Override
    public CompletableFuture<List<ConnectionState>> connections(@Nullable Integer zone, int limit) {
        ConnectionState.Direction there =
                new ConnectionState.Direction(Bits.of(0x0a000001), Bits.of(0x0a000002), 1000, 80);
        ConnectionState.Direction back =
                new ConnectionState.Direction(Bits.of(0x0a000002), Bits.of(0x01020304), 80, 1000);
        return CompletableFuture.completedFuture(List.of(new ConnectionState(
                7,
                6,
                false,
                there,
                back,
                TcpState.ESTABLISHED,
                true,
                5,
                new Bits(1, 2),
                Alg.FTP,
                true,
                3_000_000_000L)));
    }

    @Override
    public CompletableFuture<Integer> flushConnections(ConnectionFilter filter) {
        flushed = filter;
        return CompletableFuture.completedFuture(filter.zone() == null ? 3 : 1);
    }

    @Override
    public CompletableFuture<ConntrackLimits> conntrackLimits(List<Integer> zones) {
        return CompletableFuture.completedFuture(new ConntrackLimits(
                100,
                7,
                50,
                zones.stream().map(zone -> new ZoneLimit(zone, 10, 2)).toList()));
    }

    @Override
    public ConntrackCounters conntrack() {
        return new ConntrackCounters(1, 0, 0, 0);
    }

    @Override
    public List<PollLoopState> pollLoops() {
        return List.of(new PollLoopState(0, 10, 5, 1, 3, 2, 200_000, 1, 7, 0, 0, 0.25, 100, 0, 0, 0, 0));
    }

    @Override
    public AutoCloseable watchBridges(BridgeListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        loop.shutdown();
    }

    /** What was to be forgotten last. */
    volatile ConnectionFilter flushed = ConnectionFilter.ALL;

    /** The bridge. */
    final class FakeBridge implements BridgeControl {
        private final Map<String, FlowState> flows = new LinkedHashMap<>();
        private final Map<String, Election> elections = new LinkedHashMap<>();
        private final List<Events> subscriptions = new ArrayList<>();
        final List<String> controllers = new CopyOnWriteArrayList<>();
        final List<PacketOut> packetsOut = new CopyOnWriteArrayList<>();
        private long revision = 1;
        volatile @Nullable RuntimeException defect;

        @Override
        public String name() {
            return "br0";
        }

        @Override
        public int number() {
            return 1;
        }

        @Override
        public CompletableFuture<Void> resume(byte[] frame, FrozenState state) {
            return CompletableFuture.failedFuture(
                    new UnsupportedOperationException("gRPC clients do not resume packets"));
        }

        @Override
        public long datapathId() {
            return 1;
        }

        @Override
        public CompletableFuture<Integer> flushAddresses() {
            return CompletableFuture.completedFuture(2);
        }

        @Override
        public CompletableFuture<Integer> flushConnections(ConnectionFilter filter) {
            return FakeSwitch.this.flushConnections(filter);
        }

        @Override
        public BridgeConfiguration configuration() {
            return new BridgeConfiguration(
                    "br0",
                    "0000000000000001",
                    BridgeConfiguration.FailMode.SECURE,
                    List.of("tcp:127.0.0.1:6653"),
                    List.of(),
                    List.of(),
                    List.of(
                            PortConfiguration.of("p1", 1, PortConfiguration.PortType.MEMORY),
                            PortConfiguration.of("p2", 2, PortConfiguration.PortType.MEMORY)));
        }

        @Override
        public CompletableFuture<CommitResult> write(
                List<TableUpdate> updates, Atomicity atomicity, boolean validateOnly, Runnable permission) {
            return onLoop(() -> {
                permission.run();
                Map<String, FlowState> before = new LinkedHashMap<>(flows);
                List<UpdateFailure> failures = new ArrayList<>();
                List<BridgeEvent> changes = new ArrayList<>();
                for (int i = 0; i < updates.size(); i++) {
                    UpdateFailure failure = apply(i, updates.get(i), changes);
                    if (failure != null) {
                        failures.add(failure);
                    }
                }
                boolean undo = !failures.isEmpty() && atomicity != Atomicity.CONTINUE_ON_ERROR;
                if (undo || validateOnly) {
                    flows.clear();
                    flows.putAll(before);
                } else {
                    revision++;
                    changes.forEach(this::emit);
                }
                if (undo && !validateOnly) {
                    for (int i = 0; i < updates.size(); i++) {
                        int index = i;
                        if (failures.stream().noneMatch(failure -> failure.index() == index)) {
                            failures.add(new UpdateFailure(
                                    i,
                                    UpdateFailure.Kind.ABORTED,
                                    new FlowError(ErrorCode.BAD_REQUEST_BAD_TYPE, "", "another update was refused")));
                        }
                    }
                    failures.sort(java.util.Comparator.comparingInt(UpdateFailure::index));
                }
                return new CommitResult(revision, failures);
            });
        }

        private @Nullable UpdateFailure apply(int index, TableUpdate update, List<BridgeEvent> changes) {
            if (defect != null) {
                throw defect;
            }
            if (!(update instanceof TableUpdate.FlowUpdate flow)) {
                return new UpdateFailure(
                        index,
                        UpdateFailure.Kind.INVALID,
                        new FlowError(ErrorCode.BAD_REQUEST_BAD_TYPE, "", "only flows"));
            }
            FlowMod mod = flow.mod();
            String key = mod.tableId() + " " + mod.priority() + " " + mod.match();
            boolean exists = flows.containsKey(key);
            if (exists && flow.precondition() == TableUpdate.Precondition.ABSENT) {
                return failure(index, UpdateFailure.Kind.ALREADY_EXISTS, "there is such a flow");
            }
            if (!exists && flow.precondition() == TableUpdate.Precondition.PRESENT) {
                return failure(index, UpdateFailure.Kind.NOT_FOUND, "there is no such flow");
            }
            if (mod.command() == FlowMod.Command.DELETE_STRICT) {
                changes.add(new BridgeEvent.FlowChanged(
                        BridgeEvent.Change.REMOVED,
                        java.util.Objects.requireNonNull(flows.remove(key)),
                        BridgeEvent.RemovalReason.DELETE,
                        revision + 1));
                return null;
            }
            FlowState state = new FlowState(
                    mod.tableId(),
                    mod.priority(),
                    mod.match(),
                    mod.instructions(),
                    mod.cookie(),
                    mod.idleTimeoutSeconds(),
                    mod.hardTimeoutSeconds(),
                    mod.importance(),
                    mod.flags(),
                    3,
                    180,
                    1_000_000_000L,
                    500_000_000L);
            flows.put(key, state);
            changes.add(new BridgeEvent.FlowChanged(
                    exists ? BridgeEvent.Change.MODIFIED : BridgeEvent.Change.ADDED,
                    state,
                    BridgeEvent.RemovalReason.DELETE,
                    revision + 1));
            return null;
        }

        private UpdateFailure failure(int index, UpdateFailure.Kind kind, String message) {
            return new UpdateFailure(index, kind, new FlowError(ErrorCode.FLOW_MOD_FAILED_UNKNOWN, "flow", message));
        }

        @Override
        public CompletableFuture<Long> barrier() {
            return onLoop(() -> revision);
        }

        @Override
        public <T> CompletableFuture<T> read(Function<BridgeReader, T> question) {
            return onLoop(() -> question.apply(new Reader()));
        }

        @Override
        public CompletableFuture<Void> packetOut(PacketOut packetOut) {
            return onLoop(() -> {
                if (packetOut.inPort() == 99) {
                    throw new FlowException(ErrorCode.BAD_REQUEST_BAD_PORT, "in_port", "there is no port 99");
                }
                packetsOut.add(packetOut);
                return null;
            });
        }

        @Override
        public CompletableFuture<Void> mapTunnelOptions(TunnelOptionsMod mod) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> handleFragments(BridgeView.FragmentHandling wanted) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<TraceReport> trace(TraceSubject subject, List<Integer> ctNext) {
            return CompletableFuture.completedFuture(new TraceReport(
                    "bridge(\"br0\")\n 0. No match.\n",
                    new TraceReport.Step(
                            TraceReport.Kind.BRIDGE,
                            "bridge(\"br0\")",
                            List.of(new TraceReport.Step(TraceReport.Kind.TABLE, "0. No match.", List.of()))),
                    "recirc_id=0,eth,in_port=1",
                    "drop",
                    revision));
        }

        @Override
        public EventSubscription subscribe(EventInterest interest) {
            Events events = new Events(interest);
            subscriptions.add(events);
            return events;
        }

        @Override
        public ControllerRegistration registerController(String target, String protocol) {
            return new ControllerRegistration() {
                private String now = "";

                @Override
                public void connected(String role) {
                    controllers.remove(now);
                    now = protocol + " " + role;
                    controllers.add(now);
                }

                @Override
                public void wantMisses(boolean wanted) {}

                @Override
                public void disconnected(String lastError) {
                    controllers.remove(now);
                }

                @Override
                public void close() {
                    controllers.remove(now);
                }
            };
        }

        @Override
        public Election election(String role) {
            return elections.computeIfAbsent(role, _ -> new Election());
        }

        /** Control loop. */
        void emit(BridgeEvent event) {
            List.copyOf(subscriptions).forEach(each -> each.offer(event));
        }

        /** Any thread; returns when it is done. */
        void happens(BridgeEvent event) {
            onLoop(() -> {
                        emit(event);
                        return true;
                    })
                    .join();
        }

        int subscriberCount() {
            return onLoop(() -> subscriptions.size()).join();
        }

        int waiting() {
            return onLoop(() -> subscriptions.stream()
                            .mapToInt(each -> each.packets.size() + each.changes.size())
                            .sum())
                    .join();
        }

        private final class Reader implements BridgeReader {
            @Override
            public long revision() {
                return revision;
            }

            @Override
            public List<FlowState> flows(FlowSelector selector) {
                return flows.values().stream()
                        .filter(flow -> Selections.selects(selector, flow))
                        .toList();
            }

            @Override
            public Aggregate aggregate(FlowSelector selector) {
                return new Aggregate(0, 0, flows(selector).size());
            }

            @Override
            public TunnelOptions tunnelOptions() {
                return TunnelOptions.NONE;
            }

            @Override
            public BridgeView.FragmentHandling fragments() {
                return BridgeView.FragmentHandling.NORMAL;
            }

            @Override
            public List<GroupState> groups() {
                return List.of();
            }

            @Override
            public List<MeterState> meters() {
                return List.of();
            }

            @Override
            public List<PortState> ports() {
                return List.of(port(1, "p1"), port(2, "p2"));
            }

            @Override
            public List<TableState> tables() {
                return List.of(new TableState(0, flows.size(), 9, 4, 1000), new TableState(1, 0, 0, 0, 1000));
            }

            @Override
            public List<LearnedAddress> addresses() {
                return List.of();
            }

            @Override
            public List<QueueState> queues() {
                QosConfiguration.Queue asked = new QosConfiguration.Queue(1_000_000, 5_000_000, 0, 2, null);
                return List.of(
                        new QueueState(1, "p1", 0, asked, 10_000_000, 3, 300, 1, 2, 4_000_000_000L),
                        new QueueState(2, "p2", 7, asked, 10_000_000, 0, 0, 0, 0, 4_000_000_000L));
            }

            @Override
            public List<MulticastEntry> multicast() {
                return List.of(new MulticastEntry(1, "p1", 10, "239.1.2.3", 7_000_000_000L));
            }

            @Override
            public BridgeState bridge() {
                return new BridgeState(
                        "br0", 1, BridgeConfiguration.FailMode.SECURE, false, flows.size(), 2, List.of(), 0, 0, "");
            }

            @Override
            public List<FlowNotice.Changed> follow(
                    FlowFollower follower, List<FlowInterest> wanted, List<FlowInterest> fresh) {
                return List.of();
            }

            @Override
            public EventSubscription subscribe(EventInterest interest) {
                return FakeBridge.this.subscribe(interest);
            }
        }

        /** Bounded, as the contract says. */
        private final class Events implements EventSubscription {
            private final EventInterest interest;
            final Queue<BridgeEvent> packets = new ArrayDeque<>();
            final Queue<BridgeEvent> changes = new ArrayDeque<>();
            private Lost lost = Lost.NOTHING;

            Events(EventInterest interest) {
                this.interest = interest;
            }

            synchronized void offer(BridgeEvent event) {
                if (!interest.kinds().contains(event.kind())) {
                    return;
                }
                boolean packet = event.kind() == BridgeEvent.Kind.PACKET_IN;
                Queue<BridgeEvent> queue = packet ? packets : changes;
                if (queue.size() >= (packet ? interest.packetInCapacity() : interest.changeCapacity())) {
                    lost = switch (event.kind()) {
                        case PACKET_IN ->
                            new Lost(lost.packetIns() + 1, lost.flowRemoved(), lost.portStatus(), lost.tableChanges());
                        case FLOW_REMOVED ->
                            new Lost(lost.packetIns(), lost.flowRemoved() + 1, lost.portStatus(), lost.tableChanges());
                        case PORT_STATUS ->
                            new Lost(lost.packetIns(), lost.flowRemoved(), lost.portStatus() + 1, lost.tableChanges());
                        case TABLE_CHANGE, TABLE_STATUS ->
                            new Lost(lost.packetIns(), lost.flowRemoved(), lost.portStatus(), lost.tableChanges() + 1);
                    };
                } else {
                    queue.add(event);
                }
                interest.wakeUp().run();
            }

            @Override
            public synchronized @Nullable BridgeEvent poll() {
                BridgeEvent change = changes.poll();
                return change != null ? change : packets.poll();
            }

            @Override
            public synchronized @Nullable BridgeEvent pollChange() {
                return changes.poll();
            }

            @Override
            public synchronized Lost takeLost() {
                Lost taken = lost;
                lost = Lost.NOTHING;
                return taken;
            }

            @Override
            public void close() {
                if (!loop.isShutdown()) {
                    loop.execute(() -> subscriptions.remove(this));
                }
            }
        }
    }

    static PortState port(int number, String name) {
        return new PortState(
                number,
                name,
                PortConfiguration.PortType.MEMORY,
                PortVlans.ALL,
                0x020000000000L + number,
                1500,
                0,
                true,
                10_000_000,
                new PortState.Counters(1, 2, 60, 120, 0, 0, 0, 0),
                5,
                PortState.Layer2.NONE,
                "");
    }
}
