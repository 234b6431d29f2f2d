package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowTable;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The actions whose effect is on flow tables: {@code learn} and {@code fin_timeout}.
 *
 * <p>A translation looks whether the learned flow is there as the packet would have it. If so, packets of the megaflow keep it young
 * ({@link FlowEntry#learning}); if not, the translation has a {@link TableEffect.Learn}. As every change of tables makes translations
 * stale, a flow that expires or is changed is learned again by the next packet.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class LearnExecution {
    private static final int FIN_OR_RST = 0x005;

    private final Translator translator;
    private final ActionExecution actions;

    LearnExecution(Translator translator, ActionExecution actions) {
        this.translator = translator;
        this.actions = actions;
    }

    void learn(LearnSpec spec) {
        BridgeView bridge = translator.bridge();
        if (bridge == null) {
            return;
        }
        FlowMod flow = flow(spec);
        translator.trace.leaf(new TraceListener.Step.Learned(flow));
        FlowTable table = bridge.tables().table(spec.tableId());
        FlowEntry there = table.findShared(flow.match(), flow.priority(), translator.world.version());
        boolean isLearned = true;
        if (there != null && there.isAsLearned(flow)) {
            translator.count(there.learning());
        } else {
            isLearned = there != null || spec.limit() == 0 || table.isBelowLimit(spec.cookie(), spec.limit());
            if (isLearned) {
                translator.effects.add(new TableEffect.Learn(
                        bridge.id(), flow, spec.limit(), there == null ? 0 : there.modifiedNs(), there != null));
            } else {
                translator.trace.note(
                        "the limit of " + Integer.toUnsignedString(spec.limit()) + " learned flows is reached");
            }
        }
        Subfield result = spec.result();
        if (result != null) {
            actions.write(result, Bits.of(isLearned ? 1 : 0));
        }
    }

    private FlowMod flow(LearnSpec spec) {
        FlowKey key = new FlowKey();
        FlowMask mask = new FlowMask();
        List<Action> list = new ArrayList<>();
        if (spec.finIdleTimeoutSeconds() != 0 || spec.finHardTimeoutSeconds() != 0) {
            list.add(new Action.FinTimeout(spec.finIdleTimeoutSeconds(), spec.finHardTimeoutSeconds()));
        }
        for (LearnSpec.Part part : spec.parts()) {
            Subfield source = part.source();
            Bits value = source == null ? part.value() : actions.read(source);
            Subfield to = part.destination();
            if (to == null) {
                port(value).ifPresent(port -> list.add(new Action.Output(port)));
            } else if (part.target() == LearnSpec.Target.MATCH) {
                match(key, mask, to, value);
            } else {
                list.add(new Action.SetField(
                        to.field(),
                        value.shiftLeft(to.bit()),
                        Bits.ones(to.bits()).shiftLeft(to.bit())));
            }
        }
        return new FlowMod(
                FlowMod.Command.MODIFY_STRICT,
                spec.tableId(),
                Match.of(key, mask),
                spec.priority(),
                spec.cookie(),
                0,
                spec.idleTimeoutSeconds(),
                spec.hardTimeoutSeconds(),
                0,
                spec.sendsFlowRemoved() ? Set.of(FlowMod.Flag.SEND_FLOW_REM) : Set.of(),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                list.isEmpty() ? List.of() : List.of(new Instruction.ApplyActions(list)));
    }

    private static void match(FlowKey key, FlowMask mask, Subfield to, Bits value) {
        MatchField field = to.field();
        Bits bits = Bits.ones(to.bits()).shiftLeft(to.bit());
        Bits placed = value.shiftLeft(to.bit());
        if (field == MatchField.IN_PORT && LearnSpec.isWhole(to)) {
            bits = field.allOnes();
            placed = Bits.of(widePort(value.low()));
        } else if (field == MatchField.NW_TOS) {
            bits = bits.and(Bits.of(0xfc));
        }
        key.set(field, key.get(field).and(bits.not()).or(placed.and(bits)));
        mask.add(field, bits);
    }

    /** A port number of 16 bits as one of 32. */
    private static long widePort(long port) {
        return port >= 0xff00 && port <= 0xffff ? port | 0xffff0000L : port;
    }

    /** The port of a learned output; none for a number that is neither a port's nor one of those that make sense here. */
    private static OptionalInt port(Bits value) {
        if (value.high() != 0 || value.low() >>> 32 != 0) {
            return OptionalInt.empty();
        }
        int port = (int) widePort(value.low());
        boolean isOutput = switch (port) {
            case Ports.IN_PORT, Ports.FLOOD, Ports.LOCAL, Ports.ALL -> true;
            default -> Integer.compareUnsigned(port, Ports.MAX) < 0;
        };
        return isOutput ? OptionalInt.of(port) : OptionalInt.empty();
    }

    void finTimeout(Action.FinTimeout fin) {
        PacketState packet = translator.packet;
        packet.read(MatchField.NW_PROTO);
        FlowEntry entry = translator.entry();
        BridgeView bridge = translator.bridge();
        if (entry == null || bridge == null || !actions.hasHeaderOf(MatchField.TCP_FLAGS)) {
            return;
        }
        Bits flags = actions.readBits(MatchField.TCP_FLAGS, Bits.of(FIN_OR_RST));
        if (!flags.isZero() && entry.isLongerThan(fin.idleTimeoutSeconds(), fin.hardTimeoutSeconds())) {
            translator.effects.add(new TableEffect.ShortenTimeouts(
                    bridge.id(), entry, fin.idleTimeoutSeconds(), fin.hardTimeoutSeconds()));
        }
    }
}
