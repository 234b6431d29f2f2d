package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.pipeline.FrozenState.Origin;
import io.heddle.flow.pipeline.Translation.DropCause;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the packet of one translation through flow tables: looks it up, and executes the instructions of what it hits.
 *
 * <p>Threading: none; belongs to one {@link Translator}.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 sections 5.1 and 5.9</a>
 */
final class TableExecution {
    /** Table lookups by resubmit, in all. */
    static final int MAX_RESUBMITS = 4096;

    private static final int STOP = -1;

    private final Translator translator;
    private final FlowMask lookupMask = new FlowMask();
    private final Classifier.Scratch scratch = new Classifier.Scratch();
    private int resubmits;

    /** The next lookup is of the packet with the addresses and ports of its connection's original direction. */
    private boolean asConnection;

    TableExecution(Translator translator) {
        this.translator = translator;
    }

    /** Takes the packet through tables until no entry sends it further. */
    void runTables(int first) {
        int table = first;
        while (table != STOP && !translator.isStopped && !translator.isOver) {
            if (translator.packet.needsParse()) {
                translator.recirculation.freeze(new FrozenState.Step.Table(table));
                return;
            }
            table = runTable(table);
            if (translator.recirculation.isFrozen()) {
                return;
            }
        }
    }

    /** Looks the packet up in one table and executes what it hits; returns the table to go on with. */
    private int runTable(int tableId) {
        if (translator.isDroppedFragment()) {
            translator.problem(
                    DropCause.FRAGMENT,
                    "table " + tableId + ": the packet is an IP fragment, which the bridge drops (frags=drop)");
            return STOP;
        }
        BridgeView.Standalone standalone =
                translator.bridge == null || tableId != 0 ? BridgeView.Standalone.OFF : translator.bridge.standalone();
        FlowEntry hit = standalone == BridgeView.Standalone.ABOVE_FLOWS ? null : lookup(tableId);
        translator.trace.begin(new TraceListener.Step.Table(tableId, hit));
        try {
            if (hit != null) {
                translator.entry = hit;
                translator.origin = new Origin(tableId, hit.cookie(), hit.isTableMiss());
                return runInstructions(hit.instructions());
            }
            if (standalone != BridgeView.Standalone.OFF) {
                translator.trace.note("no controller: acting as a learning switch, as fail-mode standalone says");
                translator.actions.output(Ports.NORMAL, 0);
                return STOP;
            }
            if (translator.bridge != null && translator.bridge.sendsMisses()) {
                translator.trace.note("no entry: a controller of an OpenFlow before 1.3 is asked");
                translator.origin = new Origin(tableId, PacketInReason.NO_COOKIE, true);
                translator.punting.punt(PacketInReason.NO_MATCH, Action.WHOLE_PACKET, 0);
                return STOP;
            }
            translator.noteCause(DropCause.TABLE_MISS);
            return STOP;
        } finally {
            translator.trace.end();
        }
    }

    private @Nullable FlowEntry lookup(int tableId) {
        if (translator.bridge == null) {
            return null;
        }
        FlowTable table = translator.bridge.tables().table(tableId);
        lookupMask.clear();
        FlowKey key = translator.packet.key;
        boolean isSwapped = asConnection;
        asConnection = false;
        if (isSwapped) {
            ConnectionTuple.swap(key.words());
        }
        boolean hidesPorts = translator.hidesPorts();
        long ports = key.word(KeyLayout.W_TP);
        if (hidesPorts) {
            key.word(KeyLayout.W_TP, 0);
        }
        FlowEntry found = table.lookup(key, translator.world.version(), lookupMask, scratch);
        if (hidesPorts) {
            key.word(KeyLayout.W_TP, ports);
            if (lookupMask.word(KeyLayout.W_TP) != 0) {
                lookupMask.add(MatchField.NW_FRAG).words()[KeyLayout.W_TP] = 0;
            }
        }
        if (isSwapped) {
            ConnectionTuple.swap(key.words());
            ConnectionTuple.swap(lookupMask.words());
        }
        translator.noteLookup(lookupMask);
        translator.count(table.lookups());
        if (found != null) {
            translator.count(table.matches());
            translator.count(found.counter());
        }
        return found;
    }

    /** Executes instructions; returns the table to go to. */
    int runInstructions(List<Instruction> instructions) {
        for (int i = 0; i < instructions.size(); i++) {
            switch (instructions.get(i)) {
                case Instruction.Meter meter -> {
                    translator.trace.leaf(new TraceListener.Step.OneInstruction(meter));
                    meter(meter.meterId());
                }
                case Instruction.ApplyActions apply -> translator.runActions(apply.actions());
                case Instruction.ClearActions clear -> {
                    translator.trace.leaf(new TraceListener.Step.OneInstruction(clear));
                    translator.actionSet.clear();
                }
                case Instruction.WriteActions write -> {
                    translator.trace.leaf(new TraceListener.Step.OneInstruction(write));
                    write.actions().forEach(translator.actionSet::write);
                }
                case Instruction.WriteMetadata write -> {
                    translator.trace.leaf(new TraceListener.Step.OneInstruction(write));
                    long old = translator.packet.key.word(KeyLayout.W_METADATA);
                    translator.packet.key.word(
                            KeyLayout.W_METADATA, old & ~write.mask() | write.metadata() & write.mask());
                }
                case Instruction.GotoTable go -> {
                    translator.trace.leaf(new TraceListener.Step.OneInstruction(go));
                    return go.tableId();
                }
            }
            if (translator.isStopped || translator.isOver) {
                return STOP;
            }
            if (translator.recirculation.isFrozen()) {
                if (i + 1 < instructions.size()) {
                    translator.recirculation.freeze(new FrozenState.Step.Instructions(
                            instructions.subList(i + 1, instructions.size()), translator.origin));
                }
                return STOP;
            }
        }
        return STOP;
    }

    /** Has the packet measured. */
    void meter(int meterId) {
        BridgeView here = translator.bridge;
        Meter meter = here == null ? null : here.tables().meters().find(meterId, translator.world.version());
        if (here == null || meter == null) {
            translator.trace.note("there is no meter " + Integer.toUnsignedString(meterId));
        } else if (meter.canRemark() && translator.packet.isIp()) {
            translator.packet.commit(translator.out, false);
            translator.out.add(new DatapathAction.Meter(here.id(), meterId));
            translator.packet.expectOtherHeaders();
        } else {
            translator.out.add(new DatapathAction.Meter(here.id(), meterId));
        }
    }

    /** Says whether the tracker has told a connection of an IP packet. */
    private boolean hasConnection() {
        return translator.packet.isIp()
                && translator.read(MatchField.CT_NW_PROTO).low() != 0;
    }

    /** Looks up in a table and comes back ({@code resubmit}). */
    void resubmit(Action.Resubmit action) {
        if (action.withConnection() && !hasConnection()) {
            translator.problem(DropCause.NO_OUTPUT, "resubmit(ct) with non-tracked or non-IP packet!");
            return;
        }
        if (++resubmits > MAX_RESUBMITS) {
            translator.tooDeep();
        }
        if (!translator.mayEnter()) {
            return;
        }
        translator.depth++;
        Origin before = translator.origin;
        FlowEntry entryBefore = translator.entry;
        long ownPort = translator.packet.key.getLong(MatchField.IN_PORT);
        int table = action.tableId() == FlowMod.ALL_TABLES ? translator.origin.tableId() : action.tableId();
        translator.packet.override(
                MatchField.IN_PORT,
                action.inPort() == Ports.IN_PORT ? ownPort : Integer.toUnsignedLong(action.inPort()));
        asConnection = action.withConnection();
        runTables(table);
        translator.packet.override(MatchField.IN_PORT, ownPort);
        translator.origin = before;
        translator.entry = entryBefore;
        translator.depth--;
    }
}
