package io.heddle.controller.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowMod.Command;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
    private static FlowIntent intent(int table, int port, int output) {
        Match match = Match.builder().exact(MatchField.IN_PORT, port).build();
        return FlowIntent.permanent(
                table,
                10,
                match,
                Cookies.of(1, 1),
                List.of(new Instruction.ApplyActions(List.of(new Action.Output(output)))));
    }

    private static FlowMod there(FlowIntent intent) {
        return intent.toFlowMod(Command.ADD);
    }

    private static FlowMod foreign(FlowIntent intent) {
        return FlowMod.add(
                intent.identity().tableId(),
                intent.identity().priority(),
                intent.identity().match(),
                List.of());
    }

    @Test
    void shouldLeaveAloneWhatIsAsItShouldBe() {
        FlowIntent flow = intent(0, 1, 2);
        assertThat(Reconciler.difference(List.of(flow), List.of(there(flow))).flowMods())
                .isEmpty();
    }

    @Test
    void shouldAddLaterTablesFirstAndDeleteLast() {
        FlowIntent early = intent(0, 1, 2);
        FlowIntent late = intent(3, 1, 2);
        FlowIntent stale = intent(2, 9, 9);
        List<FlowMod> mods = Reconciler.difference(List.of(early, late), List.of(there(stale)))
                .flowMods();
        assertThat(mods).extracting(FlowMod::command).containsExactly(Command.ADD, Command.ADD, Command.DELETE_STRICT);
        assertThat(mods).extracting(FlowMod::tableId).containsExactly(3, 0, 2);
    }

    @Test
    void shouldKeepCountersWhenOnlyTheInstructionsDiffer() {
        List<FlowMod> mods = Reconciler.difference(List.of(intent(0, 1, 2)), List.of(there(intent(0, 1, 3))))
                .flowMods();
        assertThat(mods).singleElement().satisfies(mod -> {
            assertThat(mod.command()).isEqualTo(Command.MODIFY_STRICT);
            assertThat(mod.instructions()).isEqualTo(intent(0, 1, 2).instructions());
        });
    }

    @Test
    void shouldReplaceWhenATimeoutDiffers() {
        FlowIntent flow = intent(0, 1, 2);
        FlowIntent shorter = new FlowIntent(flow.identity(), flow.cookie(), 5, 0, flow.instructions());
        assertThat(Reconciler.difference(List.of(shorter), List.of(there(flow))).flowMods())
                .singleElement()
                .extracting(FlowMod::command)
                .isEqualTo(Command.ADD);
    }

    @Test
    void shouldNeverTouchForeignFlows() {
        FlowIntent wanted = intent(0, 1, 2);
        Reconciler.Difference difference =
                Reconciler.difference(List.of(wanted), List.of(foreign(wanted), foreign(intent(0, 5, 5))));
        assertThat(difference.flowMods()).isEmpty();
        assertThat(difference.blocked()).containsExactly(wanted);
    }

    @Test
    void shouldDeleteOnlyUnderTheControllersCookie() {
        FlowMod delete = intent(0, 1, 2).toFlowMod(Command.DELETE_STRICT);
        assertThat(delete.cookieMask()).isEqualTo(Cookies.OWNER_MASK);
        assertThat(delete.cookie() & delete.cookieMask()).isEqualTo(Cookies.OWNER);
        assertThat(delete.instructions()).isEmpty();
    }
}
