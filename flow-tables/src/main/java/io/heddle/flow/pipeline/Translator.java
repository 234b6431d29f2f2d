package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionSet;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.FrozenState.Origin;
import io.heddle.flow.pipeline.Translation.DropCause;
import io.heddle.flow.table.FlowEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One translation: takes one packet through tables, groups and patch ports.
 *
 * <p>A <em>scope</em> is a stretch of the way whose changes to the packet do not outlive it: a bridge behind a patch port, a group's
 * bucket. It collects its own datapath actions, wrapped in a {@link DatapathAction.Clone} where they change the packet. Where the packet
 * must be parsed again, the rest of the scope is frozen and the scope ends in a {@link DatapathAction.Recirculate}.
 *
 * <p>Threading: none; for one use.
 */
final class Translator {
    /** Bridges, groups and resubmits inside of each other. */
    static final int MAX_DEPTH = 64;

    /** Values on a packet's stack. */
    static final int MAX_STACK = 4096;

    /** Resubmits, clones, buckets and patch ports, of one packet. */
    static final int MAX_ENTERED = 16_384;

    /** What a translation sees of the world outside of the packet. */
    record World(
            Topology topology,
            RecirculationTable recirculations,
            VersionClock clock,
            long changes,
            long revision,
            long version,
            long nowNs,
            boolean isReal) {}

    final World world;
    final TraceListener trace;
    final FlowKey original;
    private final FlowMask looked = new FlowMask();
    private final List<HitCounter> counters = new ArrayList<>();
    final List<TableEffect> effects = new ArrayList<>();
    private final List<Seen.Fact> facts = new ArrayList<>();
    private boolean isTransient;
    private @Nullable DropCause cause;

    /** A limit was hit: what was translated so far is half a way, and is not taken. */
    private boolean isFailed;

    /** Bridges, groups and resubmits that the packet is inside of. */
    int depth;

    private int entered;

    // What belongs to the scope that is being translated.
    PacketState packet;
    List<DatapathAction> out = new ArrayList<>();
    ActionSet actionSet = new ActionSet();
    boolean isStopped;

    /** An {@code exit} was executed: no list of actions and no table goes on, nor does the action set. */
    boolean isOver;

    List<Bits> stack = new ArrayList<>();

    @Nullable
    BridgeView bridge;

    Origin origin = new Origin(0, 0, false);

    /** Whose instructions are executed; null outside of tables and after the packet was parsed again. */
    @Nullable
    FlowEntry entry;

    /** Reason of an output to CONTROLLER, unless a table-miss entry makes it. */
    int reason = PacketInReason.ACTION;

    final ActionExecution actions = new ActionExecution(this);
    final TableExecution tables = new TableExecution(this);
    final Recirculation recirculation = new Recirculation(this);
    final Punting punting = new Punting(this);

    Translator(World world, FlowKey key, TraceListener trace) {
        this.world = world;
        this.original = key;
        this.trace = trace;
        this.packet = new PacketState(key, looked);
        looked.add(MatchField.IN_PORT);
        looked.add(MatchField.RECIRC_ID);
    }

    /** Translates the packet from the port that its key names. */
    Translation packet() {
        int recirculationId = (int) original.getLong(MatchField.RECIRC_ID);
        if (recirculationId != 0) {
            recirculation.thaw(recirculationId);
        } else {
            PortInfo port = world.topology.port((int) original.getLong(MatchField.IN_PORT));
            if (port == null) {
                problem(DropCause.PORT_DOWN, "the packet's input port is not in any bridge");
            } else {
                enterBridge(port);
            }
        }
        return result();
    }

    /** Translates the actions of a packet-out. */
    Translation packetOut(int bridgeId, int inPort, List<Action> list) {
        bridge = world.topology.bridge(bridgeId);
        packet.override(MatchField.IN_PORT, Integer.toUnsignedLong(inPort));
        if (bridge != null) {
            trace.begin(new TraceListener.Step.Bridge(bridge.name()));
            noteFragment();
            reason = PacketInReason.PACKET_OUT;
            runActions(list);
            endScope();
            trace.end();
        }
        return result();
    }

    /** Goes on with a packet that a controller sends back. */
    Translation resumed(FrozenState state) {
        recirculation.goOn(state);
        return result();
    }

    private Translation result() {
        List<DatapathAction> program = isFailed ? List.of() : Programs.trim(out);
        boolean goesSomewhere = program.stream().anyMatch(Programs::isDelivery);
        FlowMask mask = new FlowMask();
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            mask.addWord(word, looked.word(word));
        }
        trace.finished(packet.key);
        DropCause drop = goesSomewhere ? null : cause == null ? DropCause.NO_OUTPUT : cause;
        return new Translation(program, mask, counters, world.revision, drop, seen(), isFailed ? List.of() : effects);
    }

    private Seen seen() {
        return isTransient ? Seen.UNKNOWN : new Seen(world.clock, world.changes, facts);
    }

    /** Records what was found for an address. */
    void saw(MacLearning macs, int vlan, long address, MacLearning.@Nullable Entry found) {
        facts.add(new Seen.Address(macs, vlan, address, found));
    }

    /** Records what was found. */
    void saw(Seen.Fact fact) {
        facts.add(fact);
    }

    /** The translation is to be made again whenever an address changes, whichever it is. */
    void restOnAllAddresses() {
        isTransient = true;
    }
    // ---- bridges

    /** Processes the packet as one that has come in by a port. The packet's state is the caller's to keep. */
    void enterBridge(PortInfo port) {
        BridgeView entered = world.topology.bridge(port.bridge());
        if (entered == null) {
            problem(DropCause.PORT_DOWN, "port " + port.name() + " is in no bridge");
            return;
        }
        trace.begin(new TraceListener.Step.Bridge(entered.name()));
        bridge = entered;
        packet.override(MatchField.IN_PORT, Integer.toUnsignedLong(port.number()));
        if (port.config().noReceive()) {
            problem(DropCause.NO_RECEIVE, "port " + port.name() + " receives nothing (NO_RECV)");
        } else if (!port.isUp()) {
            problem(DropCause.PORT_DOWN, "port " + port.name() + " is down");
        } else if (new ProtocolPunt(this).takes(port)) {
            punting.puntProtocol(PacketInReason.OWN_PROTOCOL);
        } else if (entered.layer2().isMirrorOutput(port.bundle())) {
            problem(
                    DropCause.NO_OUTPUT,
                    "dropping packet received on port %s, which is reserved exclusively for mirroring"
                            .formatted(port.name()));
        } else if (!port.layer2().spanning().learns()) {
            spanningTreeBlocks(port);
        } else {
            noteFragment();
            actions.mirroring().ingress(port);
            if (!new InBandControl(this).takes(entered)) {
                tables.runTables(0);
            }
            if (!port.layer2().spanning().forwards()) {
                // NORMAL has learned the address; nothing goes further.
                out.clear();
                actionSet.clear();
                recirculation.clear();
                spanningTreeBlocks(port);
            }
            endScope();
        }
        trace.end();
    }

    void spanningTreeBlocks(PortInfo port) {
        problem(
                DropCause.SPANNING_TREE,
                "port %s is %s"
                        .formatted(port.name(), port.layer2().spanning().name().toLowerCase(Locale.ROOT)));
    }

    /** Says whether the packet is a fragment in a bridge whose tables see transport ports of none. */
    boolean hidesPorts() {
        return bridge != null
                && bridge.fragments() == BridgeView.FragmentHandling.NORMAL
                && packet.key.getLong(MatchField.NW_FRAG) != 0;
    }

    private void noteFragment() {
        if (hidesPorts() && packet.key.word(KeyLayout.W_TP) != 0) {
            trace.note("a fragment: its transport ports are 0 for the tables (frags=normal)");
        }
    }

    /** Says whether the packet is a fragment in a bridge that drops them. */
    boolean isDroppedFragment() {
        return bridge != null
                && bridge.fragments() == BridgeView.FragmentHandling.DROP
                && packet.read(MatchField.NW_FRAG) != 0;
    }

    /** Records what a lookup or a hash has looked at; what transport fields mean depends on nw_frag. */
    void noteLookup(FlowMask mask) {
        if (mask.word(KeyLayout.W_TP) != 0) {
            mask.add(MatchField.NW_FRAG);
        }
        packet.look(mask);
    }

    // ---- actions

    /** Executes actions one after the other. */
    void runActions(List<Action> list) {
        for (int i = 0; i < list.size(); i++) {
            Action action = list.get(i);
            if (packet.needsParse() && ActionExecution.looksAtHeaders(action, this)) {
                recirculation.freeze(new FrozenState.Step.Actions(list.subList(i, list.size()), origin));
                return;
            }
            trace.begin(new TraceListener.Step.OneAction(action));
            actions.execute(action);
            trace.end();
            if (isStopped || isOver) {
                return;
            }
            if (recirculation.isFrozen()) {
                if (i + 1 < list.size()) {
                    recirculation.freeze(new FrozenState.Step.Actions(list.subList(i + 1, list.size()), origin));
                }
                return;
            }
        }
    }

    /** Executes the action set, or freezes what is left: the end of every scope. */
    void endScope() {
        if (!isStopped && !isOver && !recirculation.isFrozen() && !actionSet.isEmpty()) {
            List<Action> set = actionSet.inOrder();
            actionSet = new ActionSet();
            trace.begin(new TraceListener.Step.ActionSetBegins());
            int before = reason;
            reason = PacketInReason.ACTION_SET;
            runActions(set);
            reason = before;
            trace.end();
        }
        if (!isStopped) {
            recirculation.endScope();
        }
    }

    /** Ends the packet's way, in this scope. */
    void exit() {
        isOver = true;
    }

    /** Puts a value on the stack. */
    void push(Bits value) {
        if (stack.size() == MAX_STACK) {
            tooDeep("too many values are pushed");
        } else {
            stack.add(value);
        }
    }

    /** Takes the last value off the stack; null when there is none. */
    @Nullable
    Bits pop() {
        return stack.isEmpty() ? null : stack.removeLast();
    }

    /** Executes actions, and the action set, on a copy of the packet. */
    void runClone(List<Action> list) {
        if (!mayEnter()) {
            return;
        }
        depth++;
        packet.commit(out, false);
        List<Action> set = actionSet.inOrder();
        int reasonBefore = reason;
        Scope outer = openScope();
        reason = reasonBefore;
        set.forEach(actionSet::write);
        runActions(list);
        endScope();
        boolean isExit = isOver;
        closeScope(outer);
        isOver |= isExit;
        depth--;
    }

    // ---- groups

    /** Executes a bucket's actions on a copy of the packet. */
    void runBucket(int groupId, int index, List<Action> list) {
        if (!mayEnter()) {
            return;
        }
        depth++;
        trace.begin(new TraceListener.Step.Bucket(groupId, index));
        Scope outer = openScope();
        reason = PacketInReason.GROUP;
        runActions(ActionSet.of(list).inOrder());
        endScope();
        closeScope(outer);
        trace.end();
        depth--;
    }

    /** Sends a copy of the packet through a patch port. */
    void enterPeer(PortInfo port, PortInfo peer) {
        if (!mayEnter()) {
            return;
        }
        depth++;
        Scope outer = openScope();
        BridgeView ownBridge = bridge;
        Origin ownOrigin = origin;
        FlowEntry ownEntry = entry;
        packet.pipelineFields(Match.ANY);
        packet.forgetConnection();
        packet.forgetTunnel(isWithoutTunnel());
        stack.clear();
        origin = new Origin(0, 0, false);
        if (port.crossings() != null) {
            counters.add(port.crossings().sent());
        }
        if (peer.crossings() != null) {
            counters.add(peer.crossings().received());
        }
        long mirrored = actions.mirroring().enter();
        enterBridge(peer);
        actions.mirroring().leave(mirrored);
        bridge = ownBridge;
        origin = ownOrigin;
        entry = ownEntry;
        closeScope(outer);
        depth--;
    }

    /** Says whether the datapath knows of nothing that a tunnel has brought, or would leave by one. */
    private boolean isWithoutTunnel() {
        PortInfo from = world.topology.port((int) original.getLong(MatchField.IN_PORT));
        return from != null && !from.isTunnel() && original.getLong(MatchField.RECIRC_ID) == 0;
    }

    /** What a scope hides and gives back. */
    private record Scope(
            PacketState packet,
            List<DatapathAction> out,
            ActionSet actionSet,
            boolean isStopped,
            boolean isOver,
            List<Bits> stack,
            int reason) {}

    private Scope openScope() {
        Scope outer = new Scope(packet, out, actionSet, isStopped, isOver, stack, reason);
        packet = new PacketState(outer.packet);
        out = new ArrayList<>();
        actionSet = new ActionSet();
        isStopped = false;
        isOver = false;
        stack = new ArrayList<>(stack);
        reason = PacketInReason.ACTION;
        recirculation.clear();
        return outer;
    }

    private void closeScope(Scope outer) {
        List<DatapathAction> inner = Programs.trim(out);
        packet = outer.packet;
        out = outer.out;
        actionSet = outer.actionSet;
        isStopped = outer.isStopped || isFailed;
        isOver = outer.isOver;
        stack = outer.stack;
        reason = outer.reason;
        recirculation.clear();
        if (Programs.leavesPacketAlone(inner)) {
            out.addAll(inner);
        } else {
            out.add(new DatapathAction.Clone(inner));
        }
    }

    // ---- for ActionExecution and NormalForwarding

    /** The bridge that the packet is in; null only while a packet-out names one that there is not. */
    @Nullable
    BridgeView bridge() {
        return bridge;
    }

    /** The entry whose actions are executed, or null. */
    @Nullable
    FlowEntry entry() {
        return entry;
    }

    int inPort() {
        return (int) packet.key.getLong(MatchField.IN_PORT);
    }

    void count(HitCounter counter) {
        counters.add(counter);
    }

    /** Records that bits were looked at by a hash. */
    void look(FlowMask mask) {
        noteLookup(mask);
    }

    /** Reads a field; who reads a transport field looks at nw_frag, too. */
    Bits read(MatchField field) {
        if (field.word() == KeyLayout.W_TP) {
            packet.read(MatchField.NW_FRAG);
        }
        return packet.readBits(field);
    }

    /** Ends the packet's way in this scope. */
    void stop(DropCause why) {
        noteCause(why);
        isStopped = true;
    }

    void problem(DropCause why, String text) {
        noteCause(why);
        trace.leaf(new TraceListener.Step.Problem(text));
    }

    /**
     * Says whether another resubmit, clone, bucket or patch port may be entered. Depth alone bounds nothing: where each has two of the next
     * inside, their number doubles with every level.
     */
    boolean mayEnter() {
        if (!isFailed && (depth >= MAX_DEPTH || ++entered > MAX_ENTERED)) {
            tooDeep();
        }
        return !isFailed;
    }

    void tooDeep() {
        tooDeep("too many resubmits, clones, groups or patch ports are in each other");
    }

    private void tooDeep(String why) {
        problem(DropCause.TRANSLATION_LIMIT, why + ": the packet is dropped");
        cause = DropCause.TRANSLATION_LIMIT;
        isFailed = true;
        isStopped = true;
    }

    void noteCause(DropCause why) {
        if (cause == null) {
            cause = why;
        }
    }
}
