package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.Translation.DropCause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Freezes what is left of a scope of one translation, where the packet must be parsed again or its length decides, and goes on with it.
 *
 * <p>Threading: none; belongs to one {@link Translator}.
 */
final class Recirculation {
    private final Translator translator;

    /** Steps that are left of the scope at hand, first one first; null while it goes on. */
    private @Nullable List<FrozenState.Step> frozen;

    /** What is frozen goes on twice, once for each answer; null for once. */
    private Action.@Nullable CheckPacketLarger question;

    Recirculation(Translator translator) {
        this.translator = translator;
    }

    /** Says whether the scope at hand ends in a recirculation. */
    boolean isFrozen() {
        return frozen != null;
    }

    /** Nothing is left to do. */
    void clear() {
        frozen = null;
        question = null;
    }

    /** What is left to do depends on the packet's length, which a translation does not know. */
    void ask(Action.CheckPacketLarger about) {
        question = about;
        frozen = new ArrayList<>();
    }

    /** Another step that is left to be done when the packet has been parsed again, after those frozen before. */
    void freeze(FrozenState.Step step) {
        if (frozen == null) {
            frozen = new ArrayList<>();
        }
        frozen.add(step);
    }

    /** The scope ends: what is left of it, if anything, goes on when the packet has been parsed again. */
    void endScope() {
        List<FrozenState.Step> rest = frozen;
        BridgeView here = translator.bridge;
        if (rest == null || here == null) {
            return;
        }
        Action.CheckPacketLarger asked = question;
        if (asked == null) {
            recirculate(here, rest);
        } else if (!rest.isEmpty() || !translator.actionSet.isEmpty()) {
            translator.packet.commit(translator.out, true);
            translator.out.add(new DatapathAction.CheckLength(
                    asked.length(), answered(here, rest, asked, true), answered(here, rest, asked, false)));
        }
        frozen = null;
        question = null;
        translator.isStopped = true;
    }

    private List<DatapathAction> answered(
            BridgeView here, List<FrozenState.Step> rest, Action.CheckPacketLarger asked, boolean isLonger) {
        PacketState packetBefore = translator.packet;
        List<DatapathAction> outBefore = translator.out;
        translator.packet = new PacketState(translator.packet);
        translator.out = new ArrayList<>();
        translator.trace.note((isLonger ? "longer than " : "not longer than ") + asked.length() + " octets:");
        translator.actions.write(asked.destination(), Bits.of(isLonger ? 1 : 0));
        recirculate(here, rest);
        List<DatapathAction> answered = translator.out;
        translator.packet = packetBefore;
        translator.out = outBefore;
        return answered;
    }

    private void recirculate(BridgeView here, List<FrozenState.Step> rest) {
        FrozenState state = new FrozenState(
                here.id(),
                (int) translator.packet.key.getLong(MatchField.IN_PORT),
                translator.packet.pipelineFields(),
                translator.packet.isTracked(),
                rest,
                translator.actionSet.inOrder(),
                translator.stack);
        RecirculationTable.Frozen made = allocate(state);
        if (made == null) {
            return;
        }
        translator.packet.commit(translator.out, true);
        translator.out.add(new DatapathAction.Recirculate(made.id()));
        translator.trace.note(
                "the packet is parsed again and goes on with recirculation id 0x" + Integer.toHexString(made.id()));
    }

    private RecirculationTable.@Nullable Frozen allocate(FrozenState state) {
        RecirculationTable table = translator.world.recirculations();
        RecirculationTable.Frozen made = table.freeze(state, translator.world.nowNs());
        if (made == null) {
            // Only for as long as ids are short: the next packet asks again.
            translator.restOnAllAddresses();
            translator.problem(
                    DropCause.RECIRCULATION_LIMIT,
                    "all " + table.size() + " recirculation ids are in use: the packet goes no further");
        } else {
            use(table, made);
        }
        return made;
    }

    private void use(RecirculationTable table, RecirculationTable.Frozen frozen) {
        translator.count(frozen.used());
        translator.saw(new RecirculationTable.Use(table, frozen));
    }

    /** Sends a copy of the packet, that the connection tracker has looked at in a zone, to a table. */
    void fork(int tableId, int zone) {
        BridgeView here = translator.bridge;
        if (here == null) {
            return;
        }
        FrozenState state = new FrozenState(
                here.id(),
                (int) translator.packet.key.getLong(MatchField.IN_PORT),
                translator.packet.pipelineFields(),
                true,
                List.of(new FrozenState.Step.Table(tableId)),
                translator.actionSet.inOrder(),
                translator.stack);
        RecirculationTable.Frozen made = allocate(state);
        if (made == null) {
            return;
        }
        translator.out.add(new DatapathAction.Clone(List.of(new DatapathAction.Recirculate(made.id()))));
        translator.trace.note("a copy of the packet goes on in table " + tableId
                + " with what the connection tracker says, recirculation" + " id 0x" + Integer.toHexString(made.id()));
        FlowKey key = new FlowKey();
        System.arraycopy(translator.packet.key.words(), 0, key.words(), 0, KeyLayout.PACKET_WORDS);
        Arrays.fill(key.words(), KeyLayout.W_CT, KeyLayout.W_TUN_OPTIONS, 0);
        translator.trace.forked(key.set(MatchField.RECIRC_ID, made.id()).set(MatchField.CT_ZONE, zone));
    }

    /** Goes on with what was frozen under this id. */
    void thaw(int recirculationId) {
        RecirculationTable.Frozen made = translator.world.recirculations().find(recirculationId);
        if (made == null) {
            translator.problem(
                    DropCause.UNKNOWN_RECIRCULATION,
                    "recirculation id 0x" + Integer.toHexString(recirculationId) + " is not known");
            return;
        }
        FrozenState state = made.state();
        translator.bridge = translator.world.topology().bridge(state.bridge());
        if (translator.bridge == null) {
            translator.problem(DropCause.UNKNOWN_RECIRCULATION, "the bridge of the recirculation id is gone");
            return;
        }
        use(translator.world.recirculations(), made);
        translator.trace.begin(new TraceListener.Step.Bridge(translator.bridge.name()));
        translator.packet.override(MatchField.IN_PORT, Integer.toUnsignedLong(state.inPort()));
        translator.packet.pipelineFields(state.pipelineFields());
        if (state.isTracked()) {
            translator.packet.becomeTracked();
        } else {
            translator.packet.forgetConnection();
        }
        state.actionSet().forEach(translator.actionSet::write);
        translator.stack.addAll(state.stack());
        resume(state.rest());
        translator.endScope();
        translator.trace.end();
    }

    private void resume(List<FrozenState.Step> steps) {
        for (int i = 0; i < steps.size() && !translator.isStopped && !translator.isOver; i++) {
            switch (steps.get(i)) {
                case FrozenState.Step.Table table -> translator.tables.runTables(table.tableId());
                case FrozenState.Step.Actions list -> {
                    translator.origin = list.origin();
                    translator.runActions(list.actions());
                }
                case FrozenState.Step.Instructions list -> {
                    translator.origin = list.origin();
                    translator.tables.runTables(translator.tables.runInstructions(list.instructions()));
                }
            }
            if (frozen != null) {
                steps.subList(i + 1, steps.size()).forEach(this::freeze);
                return;
            }
        }
    }
}
