package io.heddle.controller.app.admission;

import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.pipeline.PipelineTable;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.List;

/**
 * Leads packets through the first tables.
 *
 * <p>The flow of table 0 has the lowest priority: any flow that a person adds there is looked at first, and decides. A packet that
 * no such flow matches goes on to the services, and what no service wants goes on to learning, or is forwarded by the switch itself
 * ({@code NORMAL}) when learning is off.
 */
public final class AdmissionApp implements ControllerApp {
    private static final int APP = 1;
    private static final int RESERVED_PRIORITY = 2000;

    /** Addresses that no bridge forwards (IEEE 802.1Q table 8-1): 01:80:c2:00:00:00 to 0f. */
    private static final long RESERVED = 0x0180_c200_0000L;

    private static final long RESERVED_MASK = 0xffff_ffff_fff0L;

    private final boolean learning;

    /** {@code learning}: the learning app is on. */
    public AdmissionApp(boolean learning) {
        this.learning = learning;
    }

    @Override
    public String name() {
        return "admission";
    }

    @Override
    public List<Command> onEvent(Event event, Now now) {
        return event instanceof Event.SwitchUp up ? flows(up.view().id()) : List.of();
    }

    private List<Command> flows(SwitchId id) {
        Match reserved = Match.builder()
                .masked(MatchField.ETH_DST, Bits.of(RESERVED), Bits.of(RESERVED_MASK))
                .build();
        Instruction onward = learning
                ? new Instruction.GotoTable(PipelineTable.SOURCE.id())
                : new Instruction.ApplyActions(List.of(new Action.Output(Ports.NORMAL)));
        return List.of(
                put(id, PipelineTable.SERVICE, 0, Match.ANY, 1, List.of(onward)),
                put(id, PipelineTable.SERVICE, RESERVED_PRIORITY, reserved, 2, List.of()),
                put(
                        id,
                        PipelineTable.ADMISSION,
                        0,
                        Match.ANY,
                        3,
                        List.of(new Instruction.GotoTable(PipelineTable.SERVICE.id()))));
    }

    private static Command put(
            SwitchId id, PipelineTable table, int priority, Match match, int detail, List<Instruction> instructions) {
        return new Command.PutFlow(
                id, FlowIntent.permanent(table.id(), priority, match, Cookies.of(APP, detail), instructions));
    }
}
