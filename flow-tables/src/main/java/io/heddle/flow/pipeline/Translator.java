package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionSet;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.pipeline.FrozenState.Origin;
import io.heddle.flow.pipeline.Translation.DropCause;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowTable;
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

    /** Table lookups by resubmit, in all. */
    static final int MAX_RESUBMITS = 4096;

    /** Resubmits, clones, buckets and patch ports, of one packet. */
    static final int MAX_ENTERED = 16_384;

    private static final int STOP = -1;

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
    private final FlowKey original;
    private final FlowMask looked = new FlowMask();
    private final FlowMask lookupMask = new FlowMask();
    private final Classifier.Scratch scratch = new Classifier.Scratch();
    private final List<HitCounter> counters = new ArrayList<>();
    final List<TableEffect> effects = new ArrayList<>();
    private final List<Seen.Fact> facts = new ArrayList<>();
    private boolean isTransient;
    private @Nullable DropCause cause;

    /** A limit was hit: what was translated so far is half a way, and is not taken. */
    private boolean isFailed;

    private int depth;
    private int resubmits;
    private int entered;

    // What belongs to the scope that is being translated.
    PacketState packet;
    List<DatapathAction> out = new ArrayList<>();
    private ActionSet actionSet = new ActionSet();
    private @Nullable List<FrozenState.Step> frozen;
    private boolean isStopped;

    /** An {@code exit} was executed: no list of actions and no table goes on, nor does the action set. */
    private boolean isOver;

    private List<Bits> stack = new ArrayList<>();

    /** What is frozen goes on twice, once for each answer; null for once. */
    private Action.@Nullable CheckPacketLarger question;

    private @Nullable BridgeView bridge;
    private Origin origin = new Origin(0, 0, false);

    /** Whose instructions are executed; null outside of tables and after the packet was parsed again. */
    private @Nullable FlowEntry entry;

    /** Reason of an output to CONTROLLER, unless a table-miss entry makes it. */
    private int reason = PacketInReason.ACTION;

    private final ActionExecution actions = new ActionExecution(this);

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
            thaw(recirculationId);
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
            handleFragments();
            reason = PacketInReason.PACKET_OUT;
            runActions(list);
            endScope();
            trace.end();
        }
        return result();
    }

    private Translation result() {
        List<DatapathAction> program = isFailed ? List.of() : trim(out);
        boolean goesSomewhere = program.stream().anyMatch(Translator::isDelivery);
        FlowMask mask = new FlowMask();
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            mask.addWord(word, looked.word(word));
        }
        if (packet.key.getLong(MatchField.NW_FRAG) != 0 && packet.key.word(KeyLayout.W_TP) == 0) {
            // Hidden from the tables, but the packet leaves with them.
            packet.key.word(KeyLayout.W_TP, original.word(KeyLayout.W_TP));
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

    private static boolean isDelivery(DatapathAction action) {
        return switch (action) {
            case DatapathAction.Output a -> true;
            case DatapathAction.Punt a -> true;
            case DatapathAction.Recirculate a -> true;
            case DatapathAction.CheckLength a -> true;
            case DatapathAction.Clone a -> a.actions().stream().anyMatch(Translator::isDelivery);
            case DatapathAction.Meter a -> false;
            case DatapathAction.Truncate a -> false;
            case DatapathAction.SetFields a -> false;
            case DatapathAction.PushVlan a -> false;
            case DatapathAction.PopVlan a -> false;
            case DatapathAction.PushMpls a -> false;
            case DatapathAction.PopMpls a -> false;
            case DatapathAction.CopyTtl a -> false;
            case DatapathAction.PushPbb a -> false;
            case DatapathAction.PopPbb a -> false;
            case DatapathAction.Conntrack a -> false;
            case DatapathAction.ConntrackClear a -> false;
        };
    }

    /** Leaves out what nothing comes after; a copy that is the last thing need not be a copy. */
    private static List<DatapathAction> trim(List<DatapathAction> actions) {
        List<DatapathAction> kept = new ArrayList<>(actions);
        while (!kept.isEmpty()) {
            DatapathAction last = kept.getLast();
            if (last instanceof DatapathAction.Clone clone) {
                kept.removeLast();
                kept.addAll(trim(clone.actions()));
                return kept;
            }
            if (isDelivery(last) || last instanceof DatapathAction.Meter || last instanceof DatapathAction.Conntrack) {
                return kept;
            }
            kept.removeLast();
        }
        return kept;
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
            puntProtocol();
        } else if (entered.layer2().isMirrorOutput(port.bundle())) {
            problem(
                    DropCause.NO_OUTPUT,
                    "dropping packet received on port %s, which is reserved exclusively for mirroring"
                            .formatted(port.name()));
        } else if (!port.layer2().spanning().learns()) {
            spanningTreeBlocks(port);
        } else if (handleFragments()) {
            actions.mirroring().ingress(port);
            runTables(0);
            if (!port.layer2().spanning().forwards()) {
                // NORMAL has learned the address; nothing goes further.
                out.clear();
                actionSet.clear();
                frozen = null;
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

    /**
     * Applies the bridge's way with fragments.
     *
     * @return false if the packet is to be dropped
     */
    private boolean handleFragments() {
        BridgeView.FragmentHandling handling =
                bridge == null ? BridgeView.FragmentHandling.NX_MATCH : bridge.fragments();
        return switch (handling) {
            case NX_MATCH -> true;
            case DROP -> {
                boolean isFragment = packet.read(MatchField.NW_FRAG) != 0;
                if (isFragment) {
                    problem(DropCause.FRAGMENT, "the bridge drops fragments");
                }
                yield !isFragment;
            }
            case NORMAL -> {
                // Transport fields of a fragment read as 0: who looks at them looks at nw_frag.
                if (packet.key.getLong(MatchField.NW_FRAG) != 0) {
                    packet.hide(KeyLayout.W_TP);
                }
                yield true;
            }
        };
    }

    private void noteLookup(FlowMask mask) {
        if (mask.word(KeyLayout.W_TP) != 0) {
            mask.add(MatchField.NW_FRAG);
        }
        packet.look(mask);
    }

    // ---- tables

    /** Takes the packet through tables until no entry sends it further. */
    private void runTables(int first) {
        int table = first;
        while (table != STOP && !isStopped && !isOver) {
            if (packet.needsParse()) {
                freeze(new FrozenState.Step.Table(table));
                return;
            }
            table = runTable(table);
            if (frozen != null) {
                return;
            }
        }
    }

    /** Looks the packet up in one table and executes what it hits; returns the table to go on with. */
    private int runTable(int tableId) {
        BridgeView.Standalone standalone =
                bridge == null || tableId != 0 ? BridgeView.Standalone.OFF : bridge.standalone();
        FlowEntry hit = standalone == BridgeView.Standalone.ABOVE_FLOWS ? null : lookup(tableId);
        trace.begin(new TraceListener.Step.Table(tableId, hit));
        try {
            if (hit != null) {
                entry = hit;
                origin = new Origin(tableId, hit.cookie(), hit.isTableMiss());
                return runInstructions(hit.instructions());
            }
            if (standalone != BridgeView.Standalone.OFF) {
                trace.note("no controller: acting as a learning switch, as fail-mode standalone says");
                actions.output(Ports.NORMAL, 0);
                return STOP;
            }
            if (bridge != null && bridge.sendsMisses()) {
                trace.note("no entry: a controller of an OpenFlow before 1.3 is asked");
                origin = new Origin(tableId, PacketInReason.NO_COOKIE, true);
                punt(PacketInReason.NO_MATCH, Action.WHOLE_PACKET, 0);
                return STOP;
            }
            noteCause(DropCause.TABLE_MISS);
            return STOP;
        } finally {
            trace.end();
        }
    }

    private @Nullable FlowEntry lookup(int tableId) {
        if (bridge == null) {
            return null;
        }
        FlowTable table = bridge.tables().table(tableId);
        lookupMask.clear();
        FlowEntry entry = table.lookup(packet.key, world.version, lookupMask, scratch);
        noteLookup(lookupMask);
        counters.add(table.lookups());
        if (entry != null) {
            counters.add(table.matches());
            counters.add(entry.counter());
        }
        return entry;
    }

    /** Executes instructions; returns the table to go to. */
    private int runInstructions(List<Instruction> instructions) {
        for (int i = 0; i < instructions.size(); i++) {
            switch (instructions.get(i)) {
                case Instruction.Meter meter -> {
                    trace.leaf(new TraceListener.Step.OneInstruction(meter));
                    meter(meter.meterId());
                }
                case Instruction.ApplyActions apply -> runActions(apply.actions());
                case Instruction.ClearActions clear -> {
                    trace.leaf(new TraceListener.Step.OneInstruction(clear));
                    actionSet.clear();
                }
                case Instruction.WriteActions write -> {
                    trace.leaf(new TraceListener.Step.OneInstruction(write));
                    write.actions().forEach(actionSet::write);
                }
                case Instruction.WriteMetadata write -> {
                    trace.leaf(new TraceListener.Step.OneInstruction(write));
                    long old = packet.key.word(KeyLayout.W_METADATA);
                    packet.key.word(KeyLayout.W_METADATA, old & ~write.mask() | write.metadata() & write.mask());
                }
                case Instruction.GotoTable go -> {
                    trace.leaf(new TraceListener.Step.OneInstruction(go));
                    return go.tableId();
                }
            }
            if (isStopped || isOver) {
                return STOP;
            }
            if (frozen != null) {
                if (i + 1 < instructions.size()) {
                    freeze(new FrozenState.Step.Instructions(instructions.subList(i + 1, instructions.size()), origin));
                }
                return STOP;
            }
        }
        return STOP;
    }

    void meter(int meterId) {
        BridgeView here = bridge;
        Meter meter = here == null ? null : here.tables().meters().find(meterId, world.version);
        if (here == null || meter == null) {
            trace.note("there is no meter " + Integer.toUnsignedString(meterId));
        } else if (meter.canRemark() && packet.isIp()) {
            packet.commit(out, false);
            out.add(new DatapathAction.Meter(here.id(), meterId));
            packet.expectOtherHeaders();
        } else {
            out.add(new DatapathAction.Meter(here.id(), meterId));
        }
    }

    /** Looks up in a table and comes back ({@code resubmit}). */
    void resubmit(int tableId, int inPort) {
        if (++resubmits > MAX_RESUBMITS) {
            tooDeep();
        }
        if (!mayEnter()) {
            return;
        }
        depth++;
        Origin before = origin;
        FlowEntry entryBefore = entry;
        long ownPort = packet.key.getLong(MatchField.IN_PORT);
        int table = tableId == FlowMod.ALL_TABLES ? origin.tableId() : tableId;
        packet.override(MatchField.IN_PORT, inPort == Ports.IN_PORT ? ownPort : Integer.toUnsignedLong(inPort));
        runTables(table);
        packet.override(MatchField.IN_PORT, ownPort);
        origin = before;
        entry = entryBefore;
        depth--;
    }

    // ---- actions

    /** Executes actions one after the other. */
    void runActions(List<Action> list) {
        for (int i = 0; i < list.size(); i++) {
            Action action = list.get(i);
            if (packet.needsParse() && ActionExecution.looksAtHeaders(action, this)) {
                freeze(new FrozenState.Step.Actions(list.subList(i, list.size()), origin));
                return;
            }
            trace.begin(new TraceListener.Step.OneAction(action));
            actions.execute(action);
            trace.end();
            if (isStopped || isOver) {
                return;
            }
            if (frozen != null) {
                if (i + 1 < list.size()) {
                    freeze(new FrozenState.Step.Actions(list.subList(i + 1, list.size()), origin));
                }
                return;
            }
        }
    }

    /** Executes the action set, or freezes what is left: the end of every scope. */
    private void endScope() {
        if (!isStopped && !isOver && frozen == null && !actionSet.isEmpty()) {
            List<Action> set = actionSet.inOrder();
            actionSet = new ActionSet();
            trace.begin(new TraceListener.Step.ActionSetBegins());
            int before = reason;
            reason = PacketInReason.ACTION_SET;
            runActions(set);
            reason = before;
            trace.end();
        }
        if (!isStopped && frozen != null) {
            recirculate(frozen);
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

    /** What is left to do depends on the packet's length, which a translation does not know. */
    void ask(Action.CheckPacketLarger about) {
        question = about;
        frozen = new ArrayList<>();
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
        frozen = null;
        question = null;
        return outer;
    }

    private void closeScope(Scope outer) {
        List<DatapathAction> inner = trim(out);
        packet = outer.packet;
        out = outer.out;
        actionSet = outer.actionSet;
        isStopped = outer.isStopped || isFailed;
        isOver = outer.isOver;
        stack = outer.stack;
        reason = outer.reason;
        frozen = null;
        question = null;
        boolean leavesPacketAlone = inner.stream()
                .allMatch(action -> action instanceof DatapathAction.Output
                        || action instanceof DatapathAction.Punt
                        || action instanceof DatapathAction.Truncate
                        || action instanceof DatapathAction.Clone);
        if (leavesPacketAlone) {
            out.addAll(inner);
        } else {
            out.add(new DatapathAction.Clone(inner));
        }
    }

    // ---- freezing and thawing

    private void freeze(FrozenState.Step step) {
        if (frozen == null) {
            frozen = new ArrayList<>();
        }
        frozen.add(step);
    }

    private void recirculate(List<FrozenState.Step> rest) {
        BridgeView here = bridge;
        if (here == null) {
            return;
        }
        Action.CheckPacketLarger asked = question;
        if (asked == null) {
            recirculate(here, rest);
        } else if (!rest.isEmpty() || !actionSet.isEmpty()) {
            packet.commit(out, true);
            out.add(new DatapathAction.CheckLength(
                    asked.length(), answered(here, rest, asked, true), answered(here, rest, asked, false)));
        }
        frozen = null;
        question = null;
        isStopped = true;
    }

    private List<DatapathAction> answered(
            BridgeView here, List<FrozenState.Step> rest, Action.CheckPacketLarger asked, boolean isLonger) {
        PacketState packetBefore = packet;
        List<DatapathAction> outBefore = out;
        packet = new PacketState(packet);
        out = new ArrayList<>();
        trace.note((isLonger ? "longer than " : "not longer than ") + asked.length() + " octets:");
        actions.write(asked.destination(), Bits.of(isLonger ? 1 : 0));
        recirculate(here, rest);
        List<DatapathAction> answered = out;
        packet = packetBefore;
        out = outBefore;
        return answered;
    }

    private void recirculate(BridgeView here, List<FrozenState.Step> rest) {
        FrozenState state = new FrozenState(
                here.id(),
                (int) packet.key.getLong(MatchField.IN_PORT),
                packet.pipelineFields(),
                packet.isTracked(),
                rest,
                actionSet.inOrder(),
                stack);
        RecirculationTable.Frozen entry = world.recirculations.freeze(state, world.nowNs);
        counters.add(entry.used());
        packet.commit(out, true);
        out.add(new DatapathAction.Recirculate(entry.id()));
        trace.note("the packet is parsed again and goes on with recirculation id 0x" + Integer.toHexString(entry.id()));
    }

    /** Sends a copy of the packet, that the connection tracker has looked at, to a table. */
    void fork(int tableId) {
        BridgeView here = bridge;
        if (here == null) {
            return;
        }
        FrozenState state = new FrozenState(
                here.id(),
                (int) packet.key.getLong(MatchField.IN_PORT),
                packet.pipelineFields(),
                true,
                List.of(new FrozenState.Step.Table(tableId)),
                actionSet.inOrder(),
                stack);
        RecirculationTable.Frozen entry = world.recirculations.freeze(state, world.nowNs);
        counters.add(entry.used());
        out.add(new DatapathAction.Clone(List.of(new DatapathAction.Recirculate(entry.id()))));
        trace.note("a copy of the packet goes on in table " + tableId
                + " with what the connection tracker says, recirculation" + " id 0x" + Integer.toHexString(entry.id()));
    }

    private void thaw(int recirculationId) {
        RecirculationTable.Frozen entry = world.recirculations.find(recirculationId);
        if (entry == null) {
            problem(
                    DropCause.UNKNOWN_RECIRCULATION,
                    "recirculation id 0x" + Integer.toHexString(recirculationId) + " is not known");
            return;
        }
        FrozenState state = entry.state();
        bridge = world.topology.bridge(state.bridge());
        if (bridge == null) {
            problem(DropCause.UNKNOWN_RECIRCULATION, "the bridge of the recirculation id is gone");
            return;
        }
        counters.add(entry.used());
        trace.begin(new TraceListener.Step.Bridge(bridge.name()));
        packet.override(MatchField.IN_PORT, Integer.toUnsignedLong(state.inPort()));
        packet.pipelineFields(state.pipelineFields());
        if (state.isTracked()) {
            packet.becomeTracked();
        } else {
            packet.forgetConnection();
        }
        state.actionSet().forEach(actionSet::write);
        stack.addAll(state.stack());
        if (handleFragments()) {
            resume(state.rest());
            endScope();
        }
        trace.end();
    }

    private void resume(List<FrozenState.Step> steps) {
        for (int i = 0; i < steps.size() && !isStopped && !isOver; i++) {
            switch (steps.get(i)) {
                case FrozenState.Step.Table table -> runTables(table.tableId());
                case FrozenState.Step.Actions list -> {
                    origin = list.origin();
                    runActions(list.actions());
                }
                case FrozenState.Step.Instructions list -> {
                    origin = list.origin();
                    runTables(runInstructions(list.instructions()));
                }
            }
            if (frozen != null) {
                steps.subList(i + 1, steps.size()).forEach(this::freeze);
                return;
            }
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
    private boolean mayEnter() {
        if (!isFailed && (depth >= MAX_DEPTH || ++entered > MAX_ENTERED)) {
            tooDeep();
        }
        return !isFailed;
    }

    private void tooDeep() {
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

    /** Sends a copy of the packet to the controllers. */
    void punt(int why, int maxLength, int controllerId) {
        BridgeView here = bridge;
        if (here == null) {
            return;
        }
        PortInfo port = world.topology.port(here.id(), inPort());
        if (why == PacketInReason.NO_MATCH && port != null && port.config().noPacketIn()) {
            trace.note("port " + port.name() + " sends no packet-ins for table misses (NO_PACKET_IN)");
            return;
        }
        packet.commit(out, false);
        PortInfo from = world.topology.port((int) original.getLong(MatchField.IN_PORT));
        boolean isRecirculated = original.getLong(MatchField.RECIRC_ID) != 0;
        Match fields = PuntFields.of(packet, from == null || from.isTunnel(), isRecirculated);
        out.add(new DatapathAction.Punt(
                here.id(), why, maxLength, controllerId, origin.tableId(), origin.cookie(), fields));
    }

    /** Sends a copy of the packet to the switch itself. */
    void puntProtocol() {
        BridgeView here = bridge;
        if (here != null) {
            packet.commit(out, false);
            Match port = Match.builder()
                    .exact(MatchField.IN_PORT, Integer.toUnsignedLong(inPort()))
                    .build();
            out.add(new DatapathAction.Punt(
                    here.id(), PacketInReason.OWN_PROTOCOL, Action.WHOLE_PACKET, 0, 0, PacketInReason.NO_COOKIE, port));
            trace.note("the switch itself is to hear of the packet");
        }
    }

    /** Why an output to CONTROLLER from here is made. */
    int puntReason() {
        if (origin.isTableMiss()) {
            return PacketInReason.NO_MATCH;
        }
        return reason;
    }
}
