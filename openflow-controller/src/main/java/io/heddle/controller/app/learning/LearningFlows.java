package io.heddle.controller.app.learning;

import io.heddle.controller.core.Command;
import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.FlowIdentity;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.Matches;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.pipeline.PipelineTable;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The flows of the learning switch. Pure functions. */
final class LearningFlows {
    static final int APP = 2;

    private static final int FROM_HOST = 1;
    private static final int TO_HOST = 2;
    private static final int BASE = 3;
    private static final int QUIET = 4;

    private static final int KNOWN_PRIORITY = 100;
    private static final int QUIET_HOST_PRIORITY = 50;
    private static final int QUIET_PORT_PRIORITY = 40;
    private static final int GROUP_PRIORITY = 200;

    /** How long copies of a port or a host that is over a limit are not sent. */
    private static final int QUIET_SECONDS = 10;

    /** Enough for the Ethernet header and tags: nothing more is learned from a copy. */
    private static final int COPY_OCTETS = 64;

    private static final Bits GROUP_BIT = Bits.of(1L << 40);

    private LearningFlows() {}

    /** What is always there. */
    static List<Command> base(SwitchId id) {
        Match fromGroup =
                Match.builder().masked(MatchField.ETH_SRC, GROUP_BIT, GROUP_BIT).build();
        Match toGroup =
                Match.builder().masked(MatchField.ETH_DST, GROUP_BIT, GROUP_BIT).build();
        List<Instruction> flood = List.of(new Instruction.ApplyActions(List.of(new Action.Output(Ports.FLOOD))));
        List<Instruction> copy = List.of(
                new Instruction.ApplyActions(List.of(new Action.Output(Ports.CONTROLLER, COPY_OCTETS))), onward());
        return List.of(
                put(id, permanent(PipelineTable.DESTINATION, 0, Match.ANY, flood)),
                put(id, permanent(PipelineTable.DESTINATION, GROUP_PRIORITY, toGroup, flood)),
                put(id, permanent(PipelineTable.SOURCE, 0, Match.ANY, copy)),
                // No station sends from a group address (IEEE 802.3 section 3.2.3).
                put(id, permanent(PipelineTable.SOURCE, GROUP_PRIORITY, fromGroup, List.of())));
    }

    /** A known sender: no copy. Ends when the host has been silent. */
    static FlowIntent fromHost(LearnedHost host, int idleSeconds) {
        Match match = Matches.inVlan(host.vlan())
                .exact(MatchField.IN_PORT, host.port() & 0xffffffffL)
                .exact(MatchField.ETH_SRC, host.mac())
                .build();
        return new FlowIntent(
                new FlowIdentity(PipelineTable.SOURCE.id(), KNOWN_PRIORITY, match),
                Cookies.of(APP, FROM_HOST),
                idleSeconds,
                0,
                List.of(onward()));
    }

    /** The way to a known host. A packet that came from there is dropped, as output never goes back to the ingress port. */
    static FlowIntent toHost(LearnedHost host) {
        Match match = Matches.inVlan(host.vlan())
                .exact(MatchField.ETH_DST, host.mac())
                .build();
        return FlowIntent.permanent(
                PipelineTable.DESTINATION.id(),
                KNOWN_PRIORITY,
                match,
                Cookies.of(APP, TO_HOST),
                List.of(new Instruction.ApplyActions(List.of(new Action.Output(host.port())))));
    }

    /** No copies of unknown senders behind a port that has too many. */
    static FlowIntent quietPort(SwitchId id, int port) {
        Match match =
                Match.builder().exact(MatchField.IN_PORT, port & 0xffffffffL).build();
        return quiet(QUIET_PORT_PRIORITY, match);
    }

    /** No copies of a host at a port that it does not stay at. */
    static FlowIntent quietHost(LearnedHost host) {
        return quiet(QUIET_HOST_PRIORITY, fromHost(host, 0).identity().match());
    }

    /** The host that a flow of {@link #fromHost} is about; null for any other flow. */
    static @Nullable LearnedHost hostOf(SwitchId id, FlowIntent flow, long nowMillis) {
        if (flow.cookie() != Cookies.of(APP, FROM_HOST)) {
            return null;
        }
        Match match = flow.identity().match();
        return new LearnedHost(
                id,
                Matches.vlanOf(match),
                match.valueOf(MatchField.ETH_SRC).low(),
                (int) match.valueOf(MatchField.IN_PORT).low(),
                nowMillis,
                nowMillis);
    }

    private static FlowIntent quiet(int priority, Match match) {
        return new FlowIntent(
                new FlowIdentity(PipelineTable.SOURCE.id(), priority, match),
                Cookies.of(APP, QUIET),
                0,
                QUIET_SECONDS,
                List.of(onward()));
    }

    private static FlowIntent permanent(
            PipelineTable table, int priority, Match match, List<Instruction> instructions) {
        return FlowIntent.permanent(table.id(), priority, match, Cookies.of(APP, BASE), instructions);
    }

    private static Instruction onward() {
        return new Instruction.GotoTable(PipelineTable.DESTINATION.id());
    }

    private static Command put(SwitchId id, FlowIntent intent) {
        return new Command.PutFlow(id, intent);
    }
}
