package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * TCP through the queues of a port, by the counters of the queues: what leaves never exceeds its rates, and reaches them in some stretch of
 * time, as a busy machine may be slower for a while.
 *
 * <pre>
 *   a --- s: br0 (pb: queues 1, 2) --- b
 * </pre>
 */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class QosTrafficTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double MBIT = 1e6;

    /** What a bucket may let pass at once: a fiftieth of a second, and a packet or super-frame in debt. */
    private static final double BURST_BITS = 50 * MBIT / 50 + 8 * 70_000.0;

    private final List<LabProcess> traffic = new ArrayList<>();
    private HeddleLab lab;
    private NetnsLab.Host s;
    private NetnsLab.Host a;
    private NetnsLab.Host b;

    @BeforeEach
    void build() {
        lab = new HeddleLab();
        s = lab.net.host("s");
        a = lab.net.host("a");
        b = lab.net.host("b");
    }

    @AfterEach
    void remove() {
        traffic.forEach(LabProcess::close);
        lab.close();
    }

    private void start(String io, String qos) {
        lab.startSwitch(s, "s", """
                bridges:
                  - name: br0
                    fail-mode: secure
                    ports:
                      - { name: pa, number: 1, type: veth, peer: eth0, netns: %1$s, io: %2$s }
                      - { name: pb, number: 2, type: veth, peer: eth0, netns: %3$s, io: %2$s, qos: %4$s }
                """.formatted(a.netns(), io, b.netns(), qos));
        a.configure("eth0", "10.0.0.1/24");
        b.configure("eth0", "10.0.0.2/24");
        lab.heddle("s", "flow", "add", "br0", "priority=0,actions=NORMAL");
        lab.heddle("s", "flow", "add", "br0", "priority=9,in_port=1,tcp,tp_dst=5201,actions=set_queue:1,NORMAL");
        lab.heddle("s", "flow", "add", "br0", "priority=9,in_port=1,tcp,tp_dst=5202,actions=enqueue:2:2");
        await().atMost(SOON)
                .until(() -> a.run("sh", "-c", "ping -c1 -W1 10.0.0.2 || true").contains("1 received"));
    }

    private void stream(int port) {
        String number = Integer.toString(port);
        traffic.add(b.start("iperf3", "-s", "-p", number, "--forceflush").awaitOutput("listening", SOON));
        traffic.add(a.start("iperf3", "-c", "10.0.0.2", "-p", number, "-t300", "--connect-timeout", "20000"));
    }

    /** What two queues had sent at some moment. */
    private record Reading(long nowNs, double bits1, double bits2) {
        double seconds(Reading before) {
            return (nowNs - before.nowNs) / 1e9;
        }
    }

    /** The time is that before the counters are read. */
    private Reading read() {
        long nowNs = System.nanoTime();
        String metrics = s.run("curl", "-s", "http://127.0.0.1:9464/metrics");
        return new Reading(nowNs, bits(metrics, 1), bits(metrics, 2));
    }

    private static double bits(String metrics, int queue) {
        Matcher line = Pattern.compile(
                        "^heddle_queue_tx_bytes_total\\{[^}]*port=\"pb\"[^}]*queue=\"" + queue + "\"[^}]*\\} (.*)$",
                        Pattern.MULTILINE)
                .matcher(metrics);
        return line.find() ? 8 * Double.parseDouble(line.group(1)) : 0;
    }

    @ParameterizedTest
    @CsvSource({"af_packet, 1", "af_xdp, 1", "af_packet, 3"})
    void shouldHoldTheRateOfAQueue(String io, int pollLoops) {
        lab.setPollLoops(pollLoops);
        start(io, "{ queues: { 0: {}, 1: { max-rate: 50000000 } } }");
        stream(5201);
        Reading first = read();
        Reading[] before = {first};
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(2)).untilAsserted(() -> {
            Reading now = read();
            double bits = now.bits1() - before[0].bits1();
            double seconds = now.seconds(before[0]);
            before[0] = now;
            assertThat(bits / seconds).isBetween(40 * MBIT, 54 * MBIT);
        });
        // What was sent up to the reading was sent before its end.
        Reading last = read();
        double seconds = (System.nanoTime() - first.nowNs()) / 1e9;
        assertThat(last.bits1() - first.bits1()).isLessThanOrEqualTo(50 * MBIT * seconds * 1.01 + BURST_BITS);
        assertThat(a.run("ping", "-c1", "-W10", "10.0.0.2")).contains("1 received");
    }

    @ParameterizedTest
    @CsvSource({"af_packet, 1", "af_xdp, 1"})
    void shouldShareAPortAsQueuesAreGuaranteed(String io, int pollLoops) {
        lab.setPollLoops(pollLoops);
        start(
                io,
                "{ type: linux-htb, max-rate: 40000000, "
                        + "queues: { 1: { min-rate: 27000000 }, 2: { min-rate: 9000000 } } }");
        stream(5201);
        stream(5202);
        Reading first = read();
        Reading[] before = {first};
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(2)).untilAsserted(() -> {
            Reading now = read();
            double one = now.bits1() - before[0].bits1();
            double two = now.bits2() - before[0].bits2();
            before[0] = now;
            assertThat(one / two).isBetween(2.4, 3.6);
        });
        Reading last = read();
        double seconds = (System.nanoTime() - first.nowNs()) / 1e9;
        assertThat(last.bits1() + last.bits2() - first.bits1() - first.bits2())
                .isLessThanOrEqualTo(40 * MBIT * seconds * 1.01 + BURST_BITS);
    }
}
