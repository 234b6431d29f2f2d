package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.BridgeControl.PacketOut;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.LoopStatistics.Counter;
import io.heddle.datapath.poll.MegaflowDump;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.ConnectionFilter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens when something in a loop goes wrong, and when a loop ends. */
@Timeout(120)
class LoopFailureTest {
    private static final long A = 0x02_00_00_00_00_0aL;
    private static final long B = 0x02_00_00_00_00_0bL;
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Map<String, FaultyPort> faulty = new ConcurrentHashMap<>();

    private SwitchLab lab(int ports) {
        SwitchLab lab = new SwitchLab();
        lab.wrap = port -> {
            FaultyPort wrapped = new FaultyPort(port);
            faulty.put(port.name(), wrapped);
            return wrapped;
        };
        lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", ports)));
        return lab;
    }

    private FaultyPort faulty(String name) {
        return Objects.requireNonNull(faulty.get(name), name);
    }

    private static byte[] frame() {
        return HeddleSwitchTest.udp(A, B, 1, 2);
    }

    private static ConfigurationChange port(String name, int number) {
        return new ConfigurationChange.PutPort("br0", PortConfiguration.of(name, number, PortType.MEMORY));
    }

    private static void fail() {
        throw new IllegalStateException("broken on purpose");
    }

    // ---- a port

    @Test
    void shouldServeTheOtherPortsWhenOneThrowsOnReceive() {
        try (SwitchLab lab = lab(3).flows("actions=output:3")) {
            faulty("p1").onReceive = LoopFailureTest::fail;
            for (int i = 0; i < 3; i++) {
                lab.send("p1", frame()).send("p2", frame()).turn();
            }
            assertThat(lab.outputs()).isEqualTo("p3x3");
            assertThat(faulty("p1").statistics().receiveErrors()).isEqualTo(3);
            assertThat(lab.heddle.datapathLoops().first().statistics().get(Counter.EXCEPTIONS))
                    .isEqualTo(3);
            assertThat(lab.exceptions.getFirst())
                    .hasMessage("port p1 failed while handling received packets")
                    .hasRootCauseMessage("broken on purpose");
            lab.exceptions.clear();
        }
    }

    @Test
    void shouldServeTheOtherPortsAndLoseNoBufferWhenOneThrowsOnTransmit() {
        try (SwitchLab lab = lab(3).flows("actions=output:2,output:3")) {
            faulty("p2").onTransmit = LoopFailureTest::fail;
            int free = lab.heddle.datapathLoops().first().pool().available();
            for (int turn = 0; turn < 5; turn++) {
                for (int i = 0; i < 10; i++) {
                    lab.send("p1", frame());
                }
                lab.turn();
            }
            assertThat(lab.outputs()).isEqualTo("p3x50");
            assertThat(lab.heddle.datapathLoops().first().pool().available()).isEqualTo(free);
            assertThat(lab.heddle.datapathLoops().first().pool().sharesInUse()).isZero();
            assertThat(faulty("p2").statistics().transmitDrops(DropReason.INTERNAL_ERROR))
                    .isEqualTo(25);
            assertThat(faulty("p2").statistics().transmitErrors()).isEqualTo(5);
            lab.exceptions.clear();
        }
    }

    @Test
    void shouldDrainAPortOnThePollLoopAndThenCloseIt() {
        try (SwitchLab lab = lab(2).start()) {
            FaultyPort port = faulty("p2");
            lab.configure(new ConfigurationChange.DeletePort("br0", "p2"));
            assertThat(port.calls).containsExactly("drain on heddle-poll-0", "close on heddle-control");
        }
    }

    @Test
    void shouldCloseADeviceThatThePollLoopDoesNotTake() throws Exception {
        try (SwitchLab lab = lab(2).start()) {
            CountDownLatch unblock = block(lab);
            lab.heddle.attachments().setPatienceMs(300);
            assertThatThrownBy(() -> lab.heddle
                            .configure(List.of(port("p3", 3)), 0, false)
                            .get(30, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("port p3 cannot be added: the poll loop has not answered for 300 ms");
            assertThat(faulty("p3").calls).containsExactly("close on heddle-control");
            lab.heddle.attachments().setPatienceMs(30_000);
            unblock.countDown();
            lab.configure(port("p3", 3));
            lab.flows("in_port=1 actions=output:3").send("p1", frame());
            lab.heddle.datapathLoops().first().wakeUp();
            await().atMost(SOON).until(() -> lab.outputs().equals("p3x1"));
        }
    }

    @Test
    void shouldCloseADeviceOnlyWhenThePollLoopHasLetItGo() {
        try (SwitchLab lab = lab(2).start()) {
            FaultyPort port = faulty("p2");
            CountDownLatch unblock = block(lab);
            lab.heddle.attachments().setPatienceMs(300);
            lab.configure(new ConfigurationChange.DeletePort("br0", "p2"));
            assertThat(port.calls).as("the loop may be using it").isEmpty();
            assertThat(lab.exceptions)
                    .singleElement()
                    .satisfies(e -> assertThat(e).hasMessageContaining("port p2 stays open for now"));
            lab.exceptions.clear();
            lab.heddle.attachments().setPatienceMs(30_000);
            unblock.countDown();
            await().atMost(SOON)
                    .until(() -> port.calls.equals(List.of("drain on heddle-poll-0", "close on heddle-control")));
        }
    }

    /** Holds the poll loop until the latch is counted down. */
    private CountDownLatch block(SwitchLab lab) {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch unblock = new CountDownLatch(1);
        lab.heddle.datapathLoops().first().submit(() -> {
            blocked.countDown();
            awaitLatch(unblock);
        });
        awaitLatch(blocked);
        return unblock;
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- the loops

    @Test
    void shouldGoOnAfterExceptionsOfCommandsAndTasks() {
        try (SwitchLab lab = new SwitchLab()) {
            lab.heddle.addTask(nowNs -> {
                throw new IllegalStateException("a task");
            });
            lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", 2)));
            lab.start();
            lab.heddle.loop().submit(LoopFailureTest::fail);
            lab.heddle.datapathLoops().first().submit(LoopFailureTest::fail);
            lab.flows("in_port=1 actions=output:2").send("p1", frame());
            lab.heddle.datapathLoops().first().wakeUp();
            await().atMost(SOON).until(() -> lab.outputs().equals("p2x1"));
            assertThat(lab.exceptions).extracting(Throwable::getMessage).contains("broken on purpose", "a task");
            assertThat(lab.heddle.datapathLoops().first().statistics().get(Counter.EXCEPTIONS))
                    .isEqualTo(1);
            lab.heddle.close();
            lab.exceptions.clear();
        }
    }

    @Test
    void shouldTellOfALoopThatAnErrorHasEndedAndFailWhatWaits() {
        for (boolean isPollLoop : new boolean[] {true, false}) {
            CompletableFuture<String> died = new CompletableFuture<>();
            try (SwitchLab lab = lab(2)) {
                lab.heddle.onLoopDeath((thread, failure) -> died.complete(thread + ": " + failure.getMessage()));
                lab.start();
                Runnable deadly = () -> {
                    throw new StackOverflowError("deadly on purpose");
                };
                if (isPollLoop) {
                    lab.heddle.datapathLoops().first().submit(deadly);
                } else {
                    lab.heddle.loop().submit(deadly);
                }
                assertThat(died)
                        .succeedsWithin(SOON)
                        .isEqualTo((isPollLoop ? "heddle-poll-0" : "heddle-control") + ": deadly on purpose");
                // The other loop ends a moment later.
                await().atMost(SOON)
                        .untilAsserted(() -> assertStopped(lab.bridge().barrier()));
                await().atMost(SOON).untilAsserted(() -> assertStopped(lab.heddle.megaflows(0)));
            }
        }
    }

    @Test
    void shouldFailWhatWaitsAndWhatIsAskedAfterTheEnd() {
        SwitchLab lab = lab(2);
        Bridge bridge = lab.bridge();
        var _ = bridge.packetOut(new PacketOut(frame(), Ports.CONTROLLER, List.of(new Action.Output(2))));
        CompletableFuture<Long> barrier = bridge.barrier();
        CompletableFuture<List<SwitchControl.MegaflowState>> megaflows = lab.heddle.megaflows(0);
        lab.close();

        assertStopped(barrier);
        assertStopped(megaflows);
        assertStopped(bridge.barrier());
        assertStopped(bridge.read(BridgeReader::ports));
        assertStopped(bridge.write(List.of(), Atomicity.CONTINUE_ON_ERROR, false));
        assertStopped(lab.heddle.configure(List.of(), 0, false));
        assertStopped(lab.heddle.megaflows(0));
        assertStopped(lab.heddle.connections(null, 0));
        assertStopped(lab.heddle.flushConnections(ConnectionFilter.ALL));
        lab.heddle.close(); // once more does nothing
    }

    private static void assertStopped(CompletableFuture<?> future) {
        assertThatThrownBy(() -> future.get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(SwitchStoppedException.class)
                .hasMessage("the switch has stopped: start it and ask again");
    }

    @Test
    void shouldKeepBuffersAndDevicesOfAPollLoopThatDoesNotEnd() {
        SwitchLab lab = lab(2).start();
        CountDownLatch unblock = block(lab);
        lab.heddle.attachments().setPatienceMs(300);
        lab.heddle.close();
        assertThat(lab.exceptions)
                .extracting(Throwable::getMessage)
                .contains("heddle-poll-0 did not end within 300 ms: what it uses stays open until the process ends");
        assertThat(faulty("p1").calls).as("not closed under the loop").isEmpty();
        unblock.countDown();
        await().atMost(SOON).until(() -> faulty("p1").calls.equals(List.of("drain on heddle-poll-0")));
        assertThat(lab.heddle.datapathLoops().first().pool().allocate())
                .as("the memory is there")
                .isNotNull();
        assertThat(lab.heddle.datapathLoops().first().statistics().get(Counter.EXCEPTIONS))
                .isZero();
    }

    // ---- barriers and dumps

    @Test
    void shouldCompleteABarrierOnlyWhenEarlierPacketOutsHaveLeft() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            lab.turn();
            Bridge bridge = lab.bridge();
            CompletableFuture<Void> sent =
                    bridge.packetOut(new PacketOut(frame(), Ports.CONTROLLER, List.of(new Action.Output(2))));
            CompletableFuture<Long> barrier = bridge.barrier();
            for (int i = 0; i < 3; i++) {
                lab.heddle.loop().doWork(lab.nowNs.get());
            }
            assertThat(sent).isCompleted();
            assertThat(barrier).as("the packet is still with the poll loop").isNotDone();
            assertThat(lab.outputs()).isEmpty();

            lab.heddle.datapathLoops().first().doWork(lab.nowNs.get());
            lab.heddle.loop().doWork(lab.nowNs.get());
            assertThat(barrier).isCompleted();
            assertThat(lab.outputs()).isEqualTo("p2x1");
        }
    }

    @Test
    void shouldCompleteBarriersAfterPacketOutsWithThreads() throws Exception {
        try (SwitchLab lab = SwitchLab.withPorts(2).start()) {
            for (int i = 0; i < 300; i++) {
                var _ = lab.bridge().packetOut(new PacketOut(frame(), Ports.CONTROLLER, List.of(new Action.Output(2))));
                lab.bridge().barrier().get(30, TimeUnit.SECONDS);
                assertThat(lab.outputs()).as("after barrier " + i).isEqualTo("p2x1");
            }
        }
    }

    @Test
    void shouldCopyMegaflowsInSmallSteps() throws Exception {
        int hosts = 2 * MegaflowDump.PER_CYCLE + 100;
        try (SwitchLab lab =
                SwitchLab.withPorts(2).flows("dl_src=02:00:00:00:00:00/ff:00:00:00:00:00 actions=NORMAL")) {
            for (int i = 0; i < hosts; i++) {
                lab.send("p1", HeddleSwitchTest.udp(A + 0x100L * i, B, 1, 2));
                if (i % 32 == 31) {
                    lab.turn();
                }
            }
            lab.turn();
            lab.outputs();
            CompletableFuture<List<SwitchControl.MegaflowState>> all = lab.heddle.megaflows(0);
            CompletableFuture<List<SwitchControl.MegaflowState>> some = lab.heddle.megaflows(5);
            int steps = 0;
            while (lab.heddle.datapathLoops().first().doWork(lab.nowNs.get()) > 0) {
                steps++;
            }
            assertThat(steps).as("cycles with work").isEqualTo(6);
            assertThat(all.get(60, TimeUnit.SECONDS)).hasSizeGreaterThanOrEqualTo(hosts);
            assertThat(all.get(60, TimeUnit.SECONDS).getFirst().idleNs())
                    .isLessThan(all.get(60, TimeUnit.SECONDS).getLast().idleNs());
            assertThat(some.get(60, TimeUnit.SECONDS)).hasSize(5);
        }
    }

    // ---- numbers of ports

    @Test
    void shouldUseANumberAgainWhenNothingSpeaksOfTheOldPort() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("in_port=1 actions=output:9", "in_port=9 actions=output:1")) {
            lab.configure(port("p9", 9));
            int first = number(lab, "p9");
            lab.send("p1", frame()).turn();
            assertThat(lab.outputs()).isEqualTo("p9x1");

            lab.configure(new ConfigurationChange.DeletePort("br0", "p9"));
            lab.configure(port("p9", 9));
            int second = number(lab, "p9");
            assertThat(second).as("megaflows may still speak of the first").isNotEqualTo(first);

            lab.configure(new ConfigurationChange.DeletePort("br0", "p9"));
            lab.nowNs.addAndGet(PortNumbers.REST_NS);
            lab.turn();
            lab.configure(port("p8", 8), port("p9", 9));
            assertThat(List.of(number(lab, "p8"), number(lab, "p9"))).containsExactly(first, second);
            lab.send("p1", frame()).turn();
            lab.send("p9", frame()).turn();
            assertThat(lab.outputs()).isEqualTo("p1x1 p9x1");
        }
    }

    @Test
    void shouldNotRunOutOfNumbersWhenPortsComeAndGo() {
        try (SwitchLab lab = SwitchLab.withPorts(1)) {
            for (int i = 0; i < 200; i++) {
                lab.configure(port("p9", 9));
                lab.configure(new ConfigurationChange.DeletePort("br0", "p9"));
                lab.nowNs.addAndGet(PortNumbers.REST_NS / 10);
            }
            lab.configure(port("p9", 9));
            assertThat(number(lab, "p9")).isLessThan(20);
        }
    }

    private static int number(SwitchLab lab, String port) {
        return Objects.requireNonNull(lab.bridge().ports().byName(port)).datapathNumber();
    }
}
