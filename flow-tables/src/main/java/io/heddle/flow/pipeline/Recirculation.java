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

    /** What is frozen goes on when a controller sends the packet back; null when it goes on by itself. */
    private Action.@Nullable Controller pause;

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
        pause = null;
    }

    /** The packet waits for a controller; what is left to do is what is frozen from here on. */
    void pause(Action.Controller action) {
        pause = action;
        frozen = new ArrayList<>();
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
        Action.Controller waiting = pause;
        if (waiting != null) {
            translator.trace.note("the packet waits for a controller");
            translator.punting.punt(waiting, state(here, translator.packet.isTracked(), rest));
        } else if (asked == null) {
            recirculate(here, rest);
        } else if (!rest.isEmpty() || !translator.actionSet.isEmpty()) {
            translator.packet.commit(translator.out, true);
            translator.out.add(new DatapathAction.CheckLength(
                    asked.length(), answered(here, rest, asked, true), answered(here, rest, asked, false)));
        }
        clear();
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
        RecirculationTable.Frozen made = allocate(state(here, translator.packet.isTracked(), rest));
        if (made == null) {
            return;
        }
        translator.packet.commit(translator.out, true);
        translator.out.add(new DatapathAction.Recirculate(made.id()));
        translator.trace.note(
                "the packet is parsed again and goes on with recirculation id 0x" + Integer.toHexString(made.id()));
    }

    private FrozenState state(BridgeView here, boolean isTracked, List<FrozenState.Step> rest) {
        return new FrozenState(
                here.id(),
                (int) translator.packet.key.getLong(MatchField.IN_PORT),
                translator.packet.pipelineFields(),
                isTracked,
                rest,
                translator.actionSet.inOrder(),
                translator.stack,
                translator.actions.mirroring().done());
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
        RecirculationTable.Frozen made = allocate(state(here, true, List.of(new FrozenState.Step.Table(tableId))));
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
        if (translator.world.topology().bridge(state.bridge()) != null) {
            use(translator.world.recirculations(), made);
        }
        goOn(state);
    }

    /** Goes on with what was frozen. */
    void goOn(FrozenState state) {
        translator.bridge = translator.world.topology().bridge(state.bridge());
        if (translator.bridge == null) {
            translator.problem(DropCause.UNKNOWN_RECIRCULATION, "the bridge in which the packet stopped is gone");
            return;
        }
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
        translator.actions.mirroring().leave(state.mirrors());
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
