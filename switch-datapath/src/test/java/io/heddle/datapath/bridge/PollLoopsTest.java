package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.packet.PacketBuilder;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Several poll loops, each on a thread of its own: p1 is the first one's, p2 the second one's, p3 the third one's. */
class PollLoopsTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long A = 0x0200_0000_000aL;
    private static final long B = 0x0200_0000_000bL;

    private static ByteBuffer frame(int sourcePort) {
        byte[] frame = HeddleSwitchTest.udp(A, B, sourcePort, 53);
        return ByteBuffer.allocateDirect(frame.length).put(frame).flip();
    }

    private static int take(SwitchLab lab, String port) {
        int count = 0;
        while (lab.receive(port) != null) {
            count++;
        }
        return count;
    }

    private static void awaitFull(SwitchLab lab) {
        for (PollLoop loop : lab.heddle.datapathLoops().all()) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(PollQuestion.ask(
                                            loop,
                                            () -> loop.pool().available()
                                                    - loop.pool().sharesInUse())
                                    .get(10, TimeUnit.SECONDS))
                            .isEqualTo(loop.pool().capacity()));
        }
    }

    @Test
    void shouldSpreadPortsAndCopyEachFloodedPacketToAll() {
        try (SwitchLab lab = SwitchLab.withLoops(3, 6).flows("actions=flood").start()) {
            assertThat(lab.heddle.datapathLoops().all())
                    .allSatisfy(loop -> assertThat(
                                    PollQuestion.ask(loop, () -> loop.ports().size())
                                            .join())
                            .isEqualTo(2));
            int[] received = new int[7];
            for (int i = 0; i < 200; i++) {
                assertThat(lab.port("p1").outside().send(frame(1000 + i))).isTrue();
                lab.heddle.datapathLoops().first().wakeUp();
                int sent = i + 1;
                await().atMost(SOON).until(() -> {
                    boolean isAll = true;
                    for (int port = 2; port <= 6; port++) {
                        received[port] += take(lab, "p" + port);
                        isAll &= received[port] == sent;
                    }
                    return isAll;
                });
            }
            assertThat(take(lab, "p1")).isZero();
            awaitFull(lab);
        }
    }

    @Test
    void shouldSendControllersPacketsByPortsOfAnyLoop() throws Exception {
        try (SwitchLab lab = SwitchLab.withLoops(3, 3).start()) {
            for (int port = 1; port <= 3; port++) {
                lab.bridge()
                        .packetOut(new BridgeControl.PacketOut(
                                HeddleSwitchTest.udp(A, B, 1, 2), Ports.CONTROLLER, List.of(new Action.Output(port))))
                        .get(10, TimeUnit.SECONDS);
            }
            lab.bridge().barrier().get(10, TimeUnit.SECONDS);
            assertThat(lab.outputs()).isEqualTo("p1x1 p2x1 p3x1");
        }
    }

    @Test
    void shouldKnowAConnectionOnEveryLoop() {
        try (SwitchLab lab = SwitchLab.withLoops(2, 2)
                .flows(
                        "priority=10,in_port=1,ip actions=ct(commit),output:2",
                        "priority=10,in_port=2,ip,ct_state=-trk actions=ct(table=0)",
                        "priority=10,in_port=2,ip,ct_state=+trk+est actions=output:1")
                .start()) {
            lab.send("p1", HeddleSwitchTest.udp(A, B, 1000, 53));
            lab.heddle.datapathLoops().wakeUp();
            await().atMost(SOON).until(() -> lab.receive("p2") != null);
            lab.send(
                    "p2",
                    PacketBuilder.ethernet(B, A)
                            .ipv4(HeddleSwitchTest.IP_B, HeddleSwitchTest.IP_A)
                            .udp(53, 1000)
                            .build());
            lab.heddle.datapathLoops().wakeUp();
            await().atMost(SOON).until(() -> lab.receive("p1") != null);
        }
    }

    @Test
    void shouldLetAPortGoWhileItsPacketsAreOnOtherLoops() throws Exception {
        try (SwitchLab lab =
                SwitchLab.withLoops(2, 3).flows("in_port=3 actions=output:2").start()) {
            AtomicBoolean isDone = new AtomicBoolean();
            MemoryPort second = lab.port("p2");
            Thread sink = Thread.ofPlatform().start(() -> {
                while (!isDone.get()) {
                    if (second.outside().take(2000) == null) {
                        Thread.onSpinWait();
                    }
                }
            });
            try {
                ByteBuffer[] frames = new ByteBuffer[32];
                for (int i = 0; i < frames.length; i++) {
                    frames[i] = frame(i + 1);
                }
                for (int round = 0; round < 30; round++) {
                    MemoryPort.Outside in = lab.port("p3").outside();
                    for (ByteBuffer each : frames) {
                        in.send(each);
                    }
                    lab.heddle.datapathLoops().wakeUp();
                    lab.configure(new ConfigurationChange.DeletePort("br0", "p3"));
                    lab.configure(new ConfigurationChange.PutPort(
                            "br0", SwitchLab.bridge("br0", 3).ports().getLast()));
                }
                awaitFull(lab);
                assertThat(lab.heddle.datapathLoops().drops(DropReason.INTERNAL_ERROR))
                        .isZero();
            } finally {
                isDone.set(true);
                sink.join();
            }
        }
    }
}
