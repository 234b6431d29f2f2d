package io.heddle.controller.app.learning;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.controller.AppLab;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.packet.Frames;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearningAppTest {
    private static final int SOURCE = 2;
    private static final int DESTINATION = 3;
    private static final long A = 0x02000000000aL;
    private static final long B = 0x02000000000bL;
    private static final Instruction ONWARD = new Instruction.GotoTable(DESTINATION);

    private LearningApp app = new LearningApp(LearningLimits.DEFAULT, new SimpleMeterRegistry());
    private AppLab lab = new AppLab(app).up();

    private void with(LearningLimits limits) {
        app = new LearningApp(limits, new SimpleMeterRegistry());
        lab = new AppLab(app).up();
    }

    private static Frame frame(long src, long dst, int vlan) {
        return Frames.udp(dst, src, vlan, 1, 2, 1000, 2000, new byte[20]);
    }

    private static Frame frame(long src, long dst) {
        return frame(src, dst, 0);
    }

    private static Instruction output(int port) {
        return new Instruction.ApplyActions(List.of(new Action.Output(port)));
    }

    private boolean isCopied(int port, Frame frame) {
        return lab.hit(SOURCE, port, frame)
                .instructions()
                .contains(new Instruction.ApplyActions(List.of(new Action.Output(Ports.CONTROLLER, 64))));
    }

    private Instruction way(Frame frame) {
        FlowIntent flow = lab.hit(DESTINATION, 1, frame);
        assertThat(flow.instructions()).hasSize(1);
        return flow.instructions().get(0);
    }

    @Test
    void shouldFloodAndCopyWhatItDoesNotKnowAndForwardTheRest() {
        assertThat(way(frame(B, A))).isEqualTo(output(Ports.FLOOD));
        assertThat(isCopied(1, frame(A, B))).isTrue();
        assertThat(lab.hit(SOURCE, 1, frame(A, B)).instructions())
                .as("the packet itself goes on")
                .contains(ONWARD);

        lab.packet(1, SOURCE, frame(A, B));

        assertThat(isCopied(1, frame(A, B)))
                .as("the second packet stays in the switch")
                .isFalse();
        assertThat(lab.hit(SOURCE, 1, frame(A, B)).instructions()).containsExactly(ONWARD);
        assertThat(way(frame(B, A))).isEqualTo(output(1));
        assertThat(lab.sent).as("no packet goes through the controller").isEmpty();
        assertThat(app.hosts())
                .singleElement()
                .satisfies(host -> assertThat(host.port()).isEqualTo(1));
    }

    @Test
    void shouldLearnPerVlan() {
        lab.packet(1, SOURCE, frame(A, B, 10))
                .packet(2, SOURCE, frame(A, B, 20))
                .packet(3, SOURCE, frame(A, B));
        assertThat(way(frame(B, A, 10))).isEqualTo(output(1));
        assertThat(way(frame(B, A, 20))).isEqualTo(output(2));
        assertThat(way(frame(B, A))).isEqualTo(output(3));
        assertThat(way(frame(B, A, 30))).isEqualTo(output(Ports.FLOOD));
    }

    @Test
    void shouldFollowAHostThatMoves() {
        lab.packet(1, SOURCE, frame(A, B));
        assertThat(isCopied(2, frame(A, B)))
                .as("from another port it is not known")
                .isTrue();
        lab.packet(2, SOURCE, frame(A, B));
        assertThat(way(frame(B, A))).isEqualTo(output(2));
        assertThat(isCopied(2, frame(A, B))).isFalse();
        assertThat(isCopied(1, frame(A, B))).as("it may come back").isTrue();
    }

    @Test
    void shouldKeepAHostThatFlapsWhereItIs() {
        with(new LearningLimits(300, 100, 100, 3));
        for (int i = 0; i < 5; i++) {
            lab.packet(1 + i % 2, SOURCE, frame(A, B));
        }
        Instruction before = way(frame(B, A));
        lab.packet(1, SOURCE, frame(A, B)).packet(2, SOURCE, frame(A, B));
        assertThat(way(frame(B, A))).isEqualTo(before);
        assertThat(isCopied(1, frame(A, B)) || isCopied(2, frame(A, B)))
                .as("quiet")
                .isFalse();
        lab.after(61_000).packet(before.equals(output(1)) ? 2 : 1, SOURCE, frame(A, B));
        assertThat(way(frame(B, A))).isNotEqualTo(before);
    }

    @Test
    void shouldForgetAHostWhenItsFlowIdlesOut() {
        lab.packet(1, SOURCE, frame(A, B));
        FlowIntent from = lab.hit(SOURCE, 1, frame(A, B));
        assertThat(from.idleTimeoutSeconds()).isEqualTo(300);
        lab.intents.remove(AppLab.ID, from.identity());
        lab.tell(new Event.FlowExpired(AppLab.ID, from));
        assertThat(app.hosts()).isEmpty();
        assertThat(way(frame(B, A))).isEqualTo(output(Ports.FLOOD));
    }

    @Test
    void shouldForgetHostsOfAPortThatGoes() {
        lab.packet(1, SOURCE, frame(A, B)).packet(2, SOURCE, frame(B, A));
        lab.tell(new Event.PortChanged(AppLab.view(8), new SwitchPort(1, "p1", false)));
        assertThat(way(frame(B, A))).isEqualTo(output(Ports.FLOOD));
        assertThat(way(frame(A, B))).isEqualTo(output(2));
        lab.tell(new Event.PortRemoved(AppLab.view(8), new SwitchPort(2, "p2", true)));
        assertThat(app.hosts()).isEmpty();
    }

    @Test
    void shouldStopLearningBehindAFullPort() {
        with(new LearningLimits(300, 100, 3, 20));
        for (int i = 0; i < 5; i++) {
            lab.packet(1, SOURCE, frame(A + 16 * i, B));
        }
        assertThat(app.hosts()).hasSize(3);
        assertThat(isCopied(1, frame(A + 16 * 9, B)))
                .as("no more copies of unknown senders")
                .isFalse();
        assertThat(isCopied(2, frame(A + 16 * 9, B))).as("other ports go on").isTrue();
        assertThat(lab.hit(SOURCE, 1, frame(A + 16 * 9, B)).hardTimeoutSeconds())
                .isPositive();
    }

    @Test
    void shouldDropTheFlowsOfHostsThatAreTooMany() {
        with(new LearningLimits(300, 10, 1000, 20));
        for (int i = 0; i < 100; i++) {
            lab.packet(1, SOURCE, frame(A + 16 * i, B));
        }
        assertThat(app.hosts()).hasSizeLessThanOrEqualTo(10);
        assertThat(lab.intents.of(AppLab.ID)).hasSizeLessThanOrEqualTo(4 + 2 * 10);
    }

    @Test
    void shouldAdoptFlowsThatAreThereAfterARestart() {
        lab.packet(1, SOURCE, frame(A, B)).packet(2, SOURCE, frame(B, A, 7));
        List<FlowIntent> there = List.copyOf(lab.intents.of(AppLab.ID));
        LearningApp restarted = new LearningApp(LearningLimits.DEFAULT, new SimpleMeterRegistry());
        AppLab again = new AppLab(restarted).tell(new Event.SwitchUp(AppLab.view(8), there));
        assertThat(again.intents.of(AppLab.ID)).containsExactlyInAnyOrderElementsOf(there);
        assertThat(restarted.hosts()).hasSize(2);
    }

    @Test
    void shouldNotAdoptHostsOfPortsThatAreGone() {
        lab.packet(8, SOURCE, frame(A, B));
        List<FlowIntent> there = List.copyOf(lab.intents.of(AppLab.ID));
        LearningApp restarted = new LearningApp(LearningLimits.DEFAULT, new SimpleMeterRegistry());
        new AppLab(restarted).tell(new Event.SwitchUp(AppLab.view(4), there));
        assertThat(restarted.hosts()).isEmpty();
    }

    @Test
    void shouldNotLearnGroupAddressesAndDropTheirPackets() {
        lab.packet(1, SOURCE, frame(0x010000000001L, B));
        assertThat(app.hosts()).isEmpty();
        assertThat(lab.hit(SOURCE, 1, frame(0x010000000001L, B)).instructions()).isEmpty();
        assertThat(way(frame(A, 0x01005e000001L))).isEqualTo(output(Ports.FLOOD));
    }
}
