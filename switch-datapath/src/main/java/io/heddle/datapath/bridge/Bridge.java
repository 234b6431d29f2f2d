package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.TableUpdate.PortUpdate;
import io.heddle.datapath.upcall.Punt;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionValidator;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.Group;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.TunnelOptionsMod;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.pipeline.MacLearning;
import io.heddle.flow.pipeline.TableEffect;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowTable;
import io.heddle.flow.table.TableLimit;
import io.heddle.flow.table.TableListener;
import io.heddle.flow.table.TableSet;
import io.heddle.flow.table.TableTransaction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One bridge: its tables, its ports, and who follows what happens to them.
 *
 * <p>Threading: the methods of {@link BridgeControl} are for any thread and hand over to the control loop; everything else is the control
 * loop's.
 */
final class Bridge implements BridgeControl {
    private final HeddleSwitch owner;
    private final int id;
    private final String name;
    private final long datapathId;
    private final TableSet tables;
    private final MacLearning macs;
    private final PortTable ports = new PortTable();
    private final List<FlowFollower> followers = new ArrayList<>();
    private final LayerTwo layer2;
    private final List<EventQueue> subscribers = new CopyOnWriteArrayList<>();
    private final BridgeControllers controllers;
    private final Map<String, Election> elections = new ConcurrentHashMap<>();
    private volatile BridgeConfiguration configuration;
    private final TunnelOptionMap tunnelOptions;

    private volatile boolean isGone;
    private BridgeView.FragmentHandling fragments = BridgeView.FragmentHandling.NORMAL;
    private boolean isChanged;

    /** What is being committed. */
    private List<TableUpdate> committing = List.of();

    private long flowMods;
    private long flowModsRefused;

    /** @param id number in the process */
    Bridge(HeddleSwitch owner, int id, long datapathId, BridgeConfiguration configuration, TableLimit limit) {
        this.owner = owner;
        this.id = id;
        this.name = configuration.name();
        this.datapathId = datapathId;
        this.configuration = configuration;
        this.tables = new TableSet(owner.clock(), new Changes(), limit);
        this.macs = new MacLearning(owner.clock());
        this.layer2 = new LayerTwo(this, owner);
        this.controllers = new BridgeControllers(owner);
        this.tunnelOptions = new TunnelOptionMap(tables, ports);
    }

    // ---- the control loop's

    int id() {
        return id;
    }

    TableSet tables() {
        return tables;
    }

    MacLearning macs() {
        return macs;
    }

    LayerTwo layer2() {
        return layer2;
    }

    PortTable ports() {
        return ports;
    }

    BridgeControllers controllers() {
        return controllers;
    }

    void setConfiguration(BridgeConfiguration changed) {
        configuration = changed;
    }

    BridgeView view() {
        return new BridgeView(
                id,
                name,
                tables,
                macs,
                controllers.standalone(configuration),
                fragments,
                controllers.wantMisses(),
                layer2.view());
    }

    /** Says whether it acts as a learning switch now. */
    boolean isStandalone() {
        return controllers.standalone(configuration) != BridgeView.Standalone.OFF;
    }

    long revision() {
        return owner.clock().tableVersion();
    }

    void markGone() {
        isGone = true;
    }

    /** Says whether what is saved of a restart's tables has a flow: those with timeouts are left out. */
    static boolean isSaved(FlowEntry entry) {
        return entry.idleTimeoutSeconds() == 0 && entry.hardTimeoutSeconds() == 0;
    }

    /** Says whether tables, as far as they are saved, have changed since the last call. */
    boolean takeChanged() {
        boolean was = isChanged;
        isChanged = false;
        return was;
    }

    /** Returns whether somebody wants it. */
    boolean publish(BridgeEvent event) {
        boolean isWanted = false;
        for (EventQueue subscriber : subscribers) {
            isWanted |= subscriber.offer(event);
        }
        return isWanted;
    }

    void setFollowing(FlowFollower follower, boolean isFollowing) {
        followers.removeIf(each -> each.equals(follower) || each.isClosed()); // clients that have gone say nothing more
        if (isFollowing) {
            followers.add(follower);
        }
    }

    private boolean isAnyoneFor(BridgeEvent.Kind kind) {
        return subscribers.stream().anyMatch(subscriber -> subscriber.wants(kind));
    }

    void portChanged(BridgeEvent.Change change, BridgePort port, long nowNs) {
        if (!subscribers.isEmpty()) {
            publish(new BridgeEvent.PortStatus(change, port.state(nowNs)));
        }
    }

    /** Returns whether there is a controller that the packet is for. */
    boolean punted(Punt punt) {
        if (subscribers.isEmpty()) {
            return false;
        }
        var action = punt.action();
        int inPort = (int) action.pipelineFields().valueOf(MatchField.IN_PORT).low();
        BridgePort port = ports.byNumber(inPort);
        return publish(new BridgeEvent.PacketIn(
                punt.frame(),
                punt.totalLength(),
                action.reason(),
                action.controllerId(),
                inPort,
                action.tableId(),
                action.cookie(),
                action.pipelineFields(),
                action.userdata(),
                action.continuation(),
                port == null ? 0 : port.datapathNumber()));
    }

    /** Removes what has timed out; returns how many. */
    int expire(long nowNs) {
        if (tables.nextExpiryNs() > nowNs) {
            return 0;
        }
        try (TableTransaction transaction = new TableTransaction(owner.clock(), nowNs)) {
            int count = transaction.expire(tables);
            if (count > 0) {
                transaction.commit();
                owner.barriers().onPublished();
            }
            return count;
        }
    }

    /**
     * Stages what a packet changes.
     *
     * @return whether something is changed
     */
    boolean stage(TableEffect effect, TableTransaction transaction) {
        try {
            boolean isStaged = effect.stage(transaction, tables);
            flowMods += isStaged ? 1 : 0;
            return isStaged;
        } catch (FlowException e) {
            flowModsRefused++;
            return false;
        }
    }

    CommitResult commit(List<TableUpdate> updates, Atomicity atomicity, boolean validateOnly) {
        CommitResult result;
        committing = updates;
        try (TableTransaction transaction = new TableTransaction(owner.clock(), owner.nowNs())) {
            result = new Committer(this, transaction).commit(updates, atomicity, validateOnly);
        } finally {
            committing = List.of();
        }
        if (!validateOnly) {
            long asked = updates.stream()
                    .filter(TableUpdate.FlowUpdate.class::isInstance)
                    .count();
            long refused = result.failures().stream()
                    .filter(failure -> updates.get(failure.index()) instanceof TableUpdate.FlowUpdate)
                    .count();
            flowMods += asked - refused;
            flowModsRefused += refused;
        }
        return result;
    }

    long flowMods() {
        return flowMods;
    }

    long flowModsRefused() {
        return flowModsRefused;
    }

    /** Something is published: tells who follows, and sets ports. */
    void afterCommit(List<GroupMod> groups, List<MeterMod> meters, List<PortUpdate> portUpdates) {
        owner.barriers().onPublished();
        isChanged |= !groups.isEmpty() || !meters.isEmpty();
        if (!subscribers.isEmpty()) {
            groups.forEach(this::publishGroup);
            meters.forEach(this::publishMeter);
        }
        for (PortUpdate update : portUpdates) {
            BridgePort port = ports.byNumber(update.port());
            if (port != null) {
                ports.setConfig(port, port.config() & ~update.mask() | update.config() & update.mask());
                layer2.linkChanged(port);
                portChanged(BridgeEvent.Change.MODIFIED, port, owner.nowNs());
            }
        }
        if (!portUpdates.isEmpty()) {
            owner.updateTopology();
            savePortSettings();
        }
    }

    /** Before the answer leaves, so that it survives a kill. */
    void savePortSettings() {
        try {
            owner.parts().store().savePortSettings(name, ports.settings());
        } catch (IOException e) {
            owner.parts()
                    .onException()
                    .accept(new IOException(
                            "bridge " + name + ": the settings of its ports are not saved and are lost at a restart: "
                                    + e.getMessage()));
        }
    }

    /** Gives ports that will be added what was saved. */
    void loadPortSettings() {
        try {
            ports.setSettings(owner.parts().store().loadPortSettings(name));
        } catch (IOException e) {
            owner.parts().onException().accept(e);
        }
    }

    private void publishGroup(GroupMod mod) {
        BridgeEvent.Change change = switch (mod.command()) {
            case ADD -> BridgeEvent.Change.ADDED;
            case MODIFY, INSERT_BUCKET, REMOVE_BUCKET -> BridgeEvent.Change.MODIFIED;
            case DELETE -> BridgeEvent.Change.REMOVED;
        };
        Group group = tables.groups().find(mod.groupId(), revision());
        GroupState state = group == null || change == BridgeEvent.Change.REMOVED
                ? GroupState.of(mod)
                : States.of(group, 0, owner.nowNs());
        publish(new BridgeEvent.GroupChanged(change, state, revision()));
    }

    private void publishMeter(MeterMod mod) {
        BridgeEvent.Change change = switch (mod.command()) {
            case ADD -> BridgeEvent.Change.ADDED;
            case MODIFY -> BridgeEvent.Change.MODIFIED;
            case DELETE -> BridgeEvent.Change.REMOVED;
        };
        Meter meter = tables.meters().find(mod.meterId(), revision());
        MeterState state = meter == null || change == BridgeEvent.Change.REMOVED
                ? new MeterState(mod.meterId(), mod.flags(), mod.bands(), List.of(), 0, 0, 0, 0)
                : States.of(meter, 0, owner.nowNs());
        publish(new BridgeEvent.MeterChanged(change, state, revision()));
    }

    void checkPortUpdate(PortUpdate update) throws FlowException {
        BridgePort port = ports.byNumber(update.port());
        if (port == null) {
            throw new FlowException(
                    ErrorCode.PORT_MOD_FAILED_BAD_PORT,
                    "port.number",
                    "bridge " + name + " has no port " + Integer.toUnsignedString(update.port()));
        }
        var device = port.device();
        long mac = device == null ? 0 : device.macAddress();
        if (update.macAddress() != -1 && update.macAddress() != mac) {
            throw new FlowException(
                    ErrorCode.PORT_MOD_FAILED_BAD_HW_ADDR,
                    "port.mac",
                    "port %s has address %012x, not %012x".formatted(port.name(), mac, update.macAddress()));
        }
        if ((update.mask() & ~PortState.CONFIG_MASK) != 0) {
            throw new FlowException(
                    ErrorCode.PORT_MOD_FAILED_BAD_CONFIG,
                    "port.config",
                    "bits 0x%x cannot be changed".formatted(update.mask() & ~PortState.CONFIG_MASK));
        }
    }

    EventSubscription subscribeHere(EventInterest interest) {
        EventQueue queue = new EventQueue(interest, subscribers::remove);
        subscribers.add(queue);
        return queue;
    }

    // ---- BridgeControl: any thread

    @Override
    public String name() {
        return name;
    }

    @Override
    public int number() {
        return id;
    }

    @Override
    public long datapathId() {
        return datapathId;
    }

    @Override
    public BridgeConfiguration configuration() {
        return configuration;
    }

    private <T> CompletableFuture<T> call(ControlLoop.Question<T> work) {
        return owner.loop().ask(answer -> {
            if (isGone) {
                throw new BridgeGoneException(name);
            }
            work.run(answer);
        });
    }

    @Override
    public CompletableFuture<CommitResult> write(
            List<TableUpdate> updates, Atomicity atomicity, boolean validateOnly, Runnable permission) {
        List<TableUpdate> copy = List.copyOf(updates);
        return call(future -> {
            permission.run();
            future.complete(commit(copy, atomicity, validateOnly));
        });
    }

    @Override
    public CompletableFuture<Long> barrier() {
        return call(owner.barriers()::barrier);
    }

    @Override
    public <T> CompletableFuture<T> read(Function<BridgeReader, T> question) {
        return call(future -> future.complete(question.apply(new Reader(this, owner.nowNs()))));
    }

    @Override
    public CompletableFuture<Void> packetOut(PacketOut packetOut) {
        return call(future -> {
            checkPacket(packetOut, revision());
            send(packetOut);
            future.complete(null);
        });
    }

    /** Says whether a packet can be sent when the tables are those of {@code version}. */
    void checkPacket(PacketOut packetOut, long version) throws FlowException {
        checkActions(packetOut.actions(), version);
        checkOrigin(packetOut.inPort(), packetOut.frame());
    }

    private void checkOrigin(int inPort, byte[] frame) throws FlowException {
        if (inPort != Ports.CONTROLLER && ports.byNumber(inPort) == null) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_PORT,
                    "in_port",
                    "bridge " + name + " has no port " + Integer.toUnsignedString(inPort)
                            + ": give one of its ports, or 0xfffffffd for none");
        }
        if (frame.length < 14) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_PACKET,
                    "data",
                    "%d octets are no Ethernet frame: 14 or more are".formatted(frame.length));
        }
    }

    @Override
    public CompletableFuture<Void> resume(byte[] frame, FrozenState state) {
        return call(future -> {
            checkOrigin(state.inPort(), frame);
            new ResumeCheck(tables, revision()).check(state);
            BridgePort port = ports.byNumber(state.inPort());
            owner.resume(frame, state, port == null ? 0 : port.datapathNumber());
            future.complete(null);
        });
    }

    /** Sends a packet that was checked. */
    void send(PacketOut packetOut) {
        BridgePort port = ports.byNumber(packetOut.inPort());
        owner.send(this, packetOut, port == null ? 0 : port.datapathNumber());
    }

    private void checkActions(List<Action> actions, long version) throws FlowException {
        new ActionValidator(
                        group -> tables.groups().find(group, version) != null,
                        meter -> tables.meters().find(meter, version) != null)
                .packetOut(actions, "actions");
    }

    TunnelOptionMap tunnelOptions() {
        return tunnelOptions;
    }

    BridgeView.FragmentHandling fragments() {
        return fragments;
    }

    @Override
    public CompletableFuture<Integer> flushAddresses() {
        return CompletableFuture.completedFuture(macs.flush());
    }

    @Override
    public CompletableFuture<Integer> flushConnections(ConnectionFilter filter) {
        return owner.flushConnections(filter);
    }

    @Override
    public CompletableFuture<Void> mapTunnelOptions(TunnelOptionsMod mod) {
        return call(future -> {
            tunnelOptions.change(mod);
            isChanged = true;
            future.complete(null);
        });
    }

    @Override
    public CompletableFuture<Void> handleFragments(BridgeView.FragmentHandling wanted) {
        return call(future -> {
            if (wanted != fragments) {
                fragments = wanted;
                owner.updateTopology();
            }
            future.complete(null);
        });
    }

    @Override
    public CompletableFuture<TraceReport> trace(TraceSubject subject, List<Integer> ctNext) {
        List<Integer> answers = List.copyOf(ctNext);
        return call(future -> future.complete(owner.tracer().trace(this, subject, answers, owner.nowNs())));
    }

    @Override
    public EventSubscription subscribe(EventInterest interest) {
        return subscribeHere(interest);
    }

    @Override
    public ControllerRegistration registerController(String target, String protocol) {
        return controllers.register(target, protocol);
    }

    @Override
    public Election election(String role) {
        return elections.computeIfAbsent(role, r -> new Election());
    }

    @Override
    public String toString() {
        return "bridge " + name;
    }

    /** What commits tell. */
    private final class Changes implements TableListener {
        private int cause = TableTransaction.NO_CAUSE;

        @Override
        public void onCause(int newCause) {
            cause = newCause;
        }

        @Override
        public void onAdded(FlowEntry entry) {
            tell(BridgeEvent.Change.ADDED, entry, RemovalReason.DELETE, owner.nowNs());
            tellFollowers(BridgeEvent.Change.ADDED, null, entry, RemovalReason.DELETE, owner.nowNs());
        }

        @Override
        public void onReplaced(FlowEntry old, FlowEntry entry) {
            isChanged |= isSaved(old);
            tell(BridgeEvent.Change.MODIFIED, entry, RemovalReason.DELETE, owner.nowNs());
            boolean isAdd = update() instanceof TableUpdate.FlowUpdate flow
                    && flow.mod().command() == FlowMod.Command.ADD;
            // A modify that changes nothing is not told of.
            if (isAdd || old.cookie() != entry.cookie() || !old.instructions().equals(entry.instructions())) {
                BridgeEvent.Change change = isAdd ? BridgeEvent.Change.ADDED : BridgeEvent.Change.MODIFIED;
                tellFollowers(change, old, entry, RemovalReason.DELETE, owner.nowNs());
            }
        }

        @Override
        public void onVacancy(FlowTable table, boolean isLow) {
            publish(new BridgeEvent.TableStatus(States.of(table, tables.limit().maxEntries()), isLow));
        }

        private @Nullable TableUpdate update() {
            return cause >= 0 && cause < committing.size() ? committing.get(cause) : null;
        }

        private void tellFollowers(
                BridgeEvent.Change change, @Nullable FlowEntry old, FlowEntry entry, RemovalReason reason, long nowNs) {
            if (followers.isEmpty()) {
                return;
            }
            followers.removeIf(FlowFollower::isClosed);
            TableUpdate update = update();
            TableUpdate.Source source = update == null ? TableUpdate.Source.NONE : update.source();
            for (FlowFollower follower : followers) {
                follower.offer(change, old, entry, States.of(reason), source, nowNs);
            }
        }

        @Override
        public void onRemoved(FlowEntry entry, RemovalReason reason, long nowNs) {
            tell(BridgeEvent.Change.REMOVED, entry, reason, nowNs);
            tellFollowers(BridgeEvent.Change.REMOVED, null, entry, reason, nowNs);
            if (entry.has(FlowMod.Flag.SEND_FLOW_REM) && !subscribers.isEmpty()) {
                publish(new BridgeEvent.FlowRemoved(States.of(entry, nowNs), States.of(reason)));
            }
        }

        private void tell(BridgeEvent.Change change, FlowEntry entry, RemovalReason reason, long nowNs) {
            isChanged |= isSaved(entry);
            if (isAnyoneFor(BridgeEvent.Kind.TABLE_CHANGE)) {
                publish(new BridgeEvent.FlowChanged(change, States.of(entry, nowNs), States.of(reason), revision()));
            }
        }
    }
}
