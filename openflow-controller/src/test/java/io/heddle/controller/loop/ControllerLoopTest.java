package io.heddle.controller.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.heddle.controller.AppLab;
import io.heddle.controller.channel.SessionListener;
import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.pipeline.PipelineTable;
import io.heddle.flow.action.Action;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ControllerLoopTest {
    private static final SwitchId ID = AppLab.ID;
    private static final Frame FRAME = Frame.of(new byte[60]);

    /** Notes what it is asked for; the test answers. */
    private static final class NotingSession implements SwitchSession {
        final List<String> asked = new ArrayList<>();
        final ArrayDeque<Consumer<WriteResult>> unanswered = new ArrayDeque<>();

        private final String target;

        NotingSession(String target) {
            this.target = target;
        }

        @Override
        public String target() {
            return target;
        }

        @Override
        public void start(SessionListener listener) {
            // The test tells the listener.
        }

        @Override
        public void write(SwitchId id, List<FlowMod> mods, Consumer<WriteResult> result) {
            asked.add("write " + mods.size());
            unanswered.add(result);
        }

        @Override
        public void readFlows(SwitchId id, Consumer<List<FlowMod>> result) {
            asked.add("read");
            result.accept(List.of());
        }

        @Override
        public void sendPacket(SwitchId id, int inPort, List<Action> actions, Frame frame) {
            asked.add("packet " + inPort);
        }

        @Override
        public void close() {
            asked.add("close");
        }

        void answer(String... errors) {
            unanswered.remove().accept(new WriteResult(List.of(errors), true));
        }
    }

    private Now now = new Now(0, 0);
    private final NotingSession session = new NotingSession("unix:/s");
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Command> commands = new ArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private final ControllerApp app = new ControllerApp() {
        @Override
        public String name() {
            return "learning";
        }

        @Override
        public List<Command> onEvent(Event event, Now now) {
            List<Command> all = List.copyOf(commands);
            commands.clear();
            return all;
        }
    };

    private final ControllerLoop loop =
            new ControllerLoop(List.of(app), tasks::add, () -> now, (leases, then) -> then.run(), meters);

    private void run() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private void up() {
        loop.add(session);
        loop.onState(session, SessionListener.State.CONNECTED, "");
        loop.onBridgeUp(session, AppLab.view(4), List.of());
        run();
    }

    private void packetIn() {
        loop.onPacketIn(session, AppLab.view(4), 1, 0, FRAME);
    }

    private static Command flow(int mac) {
        Match match = Match.builder()
                .exact(MatchField.IN_PORT, 1)
                .exact(MatchField.VLAN_VID, 0)
                .exact(MatchField.ETH_SRC, mac)
                .build();
        return new Command.PutFlow(
                ID,
                FlowIntent.permanent(
                        PipelineTable.SOURCE.id(), 1, match, Cookies.of(PipelineTable.SOURCE.id(), mac), List.of()));
    }

    private static Command packet(int inPort) {
        return new Command.SendPacket(ID, inPort, List.of(), FRAME);
    }

    @Test
    void shouldNotLetAPacketOvertakeTheFlowsBeforeIt() {
        up();
        commands.addAll(List.of(packet(1), flow(1), packet(2)));
        packetIn();
        run();
        commands.addAll(List.of(packet(3), flow(2), packet(4)));
        packetIn();
        run();
        assertThat(session.asked).containsExactly("packet 1", "write 1");
        session.answer();
        assertThat(session.asked).containsExactly("packet 1", "write 1", "packet 2", "packet 3", "write 1");
        session.answer();
        assertThat(session.asked).endsWith("write 1", "packet 4");
    }

    @Test
    void shouldWriteAtOnceWhatGatheredDuringAWrite() {
        up();
        commands.add(flow(1));
        packetIn();
        run();
        commands.addAll(List.of(flow(2), flow(3)));
        packetIn();
        commands.add(flow(4));
        packetIn();
        run();
        session.answer();
        assertThat(session.asked).containsExactly("write 1", "write 3");
    }

    private void tickAt(long seconds) {
        now = new Now(seconds * 1_000_000_000L, 0);
        loop.tick();
        run();
    }

    @Test
    void shouldTryEverMoreSeldomWhatIsRefused() {
        up();
        commands.add(flow(1));
        packetIn();
        run();
        List<Long> tried = new ArrayList<>();
        session.answer("table full");
        for (long second = 1; second <= 300; second++) {
            tickAt(second);
            if (!session.unanswered.isEmpty()) {
                tried.add(second);
                session.answer("table full");
            }
        }
        assertThat(tried).startsWith(1L, 3L, 7L, 15L, 31L, 63L, 127L, 191L);

        tickAt(1000);
        session.answer(); // taken at last
        assertThat(session.asked).endsWith("read", "write 1");
    }

    @Test
    void shouldNotStartOverWhenABridgeIsReadAgainDuringAWrite() {
        up();
        commands.add(flow(1));
        packetIn();
        run();
        loop.onBridgeUp(session, AppLab.view(4), List.of());
        run();
        assertThat(session.asked).as("one write at a time").containsExactly("write 1");
        session.answer();
        tickAt(1);
        assertThat(session.asked).containsExactly("write 1", "read", "write 1");
    }

    @Test
    void shouldLeaveAloneASecondBridgeWithTheSameDatapathId() {
        up();
        Logger log = (Logger) LoggerFactory.getLogger(ControllerLoop.class);
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        log.addAppender(said);
        NotingSession second = new NotingSession("unix:/t");
        try {
            loop.add(second);
            loop.onState(second, SessionListener.State.CONNECTED, "");
            loop.onBridgeUp(second, new SwitchView(ID, "br7", "unix:/t", Map.of()), List.of());
            commands.add(flow(1));
            packetIn();
            run();
        } finally {
            log.detachAppender(said);
        }

        assertThat(said.list)
                .filteredOn(event -> event.getLevel() == Level.ERROR)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly("unix:/t: bridge br7 has datapath id 0000000000000001, which bridge br0 of unix:/s has"
                        + " too; it is not controlled until they differ");
        assertThat(second.asked).isEmpty();
        assertThat(session.asked).containsExactly("write 1");
    }

    private FlowMod installed(int mac, int idleSeconds) {
        Command.PutFlow put = (Command.PutFlow) flow(mac);
        FlowIntent intent = new FlowIntent(put.intent().identity(), put.intent().cookie(), idleSeconds, 0, List.of());
        commands.add(new Command.PutFlow(ID, intent));
        packetIn();
        run();
        session.answer();
        return intent.toFlowMod(FlowMod.Command.ADD);
    }

    @Test
    void shouldAddAgainWhatWasEvictedThoughItShouldStay() {
        up();
        FlowMod stays = installed(1, 0);
        FlowMod ages = installed(2, 60);
        session.asked.clear();
        loop.onFlowRemoved(session, ID, stays, SessionListener.Removal.EVICTED);
        loop.onFlowRemoved(session, ID, ages, SessionListener.Removal.EVICTED);
        run();
        assertThat(session.asked).as("not at once: the table is full").isEmpty();
        tickAt(1);
        assertThat(session.asked).containsExactly("read", "write 1");
    }

    @Test
    void shouldCountWhatTheSwitchRefused() {
        up();
        commands.addAll(List.of(flow(1), flow(2)));
        packetIn();
        run();
        session.answer("table full");
        assertThat(meters.get("heddle.flow.writes")
                        .tag("result", "refused")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(meters.get("heddle.flow.writes")
                        .tag("result", "done")
                        .counter()
                        .count())
                .isEqualTo(1);
    }
}
