package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.datapath.port.PortStatistics;
import io.heddle.flow.packet.PacketBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Random flow changes, ports that lose their link or come and go, and mixed traffic, for long. Nothing is lost that is not counted, and
 * nothing leaks:
 *
 * <pre>
 *   frames put in  = received by ports = counted by flows + dropped as their port was down
 *   flows' packets times their outputs + those = sent + dropped with a reason
 *   sent           = frames taken out
 *   at the end     = every frame is back in its pool, descriptors and heap are what they were
 * </pre>
 *
 * <p>A fixed number of steps in a test run; {@code -Dheddle.soak.minutes=30} goes on for so long.
 */
class SoakTest {
    private static final int STEPS = 20_000;

    /** A step is a check of everything once in so many. */
    private static final int CHECKED = 500;

    private static final int MAX_FLOWS = 120;
    private static final int BURST = 40;
    private static final int FRAMES = 256;

    /** Descriptors that the virtual machine may open for itself meanwhile; a leak would be hundreds. */
    private static final int SPARE_DESCRIPTORS = 20;

    private static final long SPARE_HEAP_OCTETS = 64L << 20;

    /** The port whose link comes and goes; only flows with one output send to it. */
    private static final String FLAPPING = "p3";

    /** The port that comes and goes; no flow sends to it. */
    private static final String COMING_AND_GOING = "p4";

    private static final String[] PORTS = {"p1", "p2", FLAPPING, COMING_AND_GOING};

    /** A flow; its cookie is its number. */
    private record Flow(long number, String match, int outputs) {}

    private final Random random = new Random(1);
    private final List<Flow> flows = new ArrayList<>();
    private final List<PortStatistics> ports = new ArrayList<>();
    private final ByteBuffer[] frames = new ByteBuffer[FRAMES];
    private final PacketPool outside = new PacketPool(64);
    private long nextFlow = 1;
    private long offered;
    private long taken;

    /** Packets of flows that have been deleted, and what was to come of them: one for each output, or a drop. */
    private long packetsOfDeleted;

    private long resultsOfDeleted;

    @Test
    void shouldLoseNothingUncountedAndLeakNothing() throws IOException {
        long minutes = Long.getLong("heddle.soak.minutes", 0);
        long endNs = System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
        makeFrames();
        try (SwitchLab lab = SwitchLab.withPorts(PORTS.length)) {
            noteNewPorts(lab);
            lab.flows("cookie=0,priority=0 actions=drop");
            flows.add(new Flow(0, "", 0));
            int available = loop(lab).pool().available();
            run(lab, STEPS / 4);
            long descriptors = descriptors();
            long heap = heapInUse();
            do {
                run(lab, STEPS * 3 / 4);
            } while (minutes > 0 && System.nanoTime() < endNs);

            check(lab);
            assertThat(loop(lab).pool().available())
                    .as("frames back in the pool")
                    .isEqualTo(available);
            assertThat(loop(lab).pool().sharesInUse()).isZero();
            assertThat(descriptors()).as("descriptors").isLessThan(descriptors + SPARE_DESCRIPTORS);
            assertThat(heapInUse()).as("heap in use").isLessThan(heap + SPARE_HEAP_OCTETS);
            assertThat(outside.available()).isEqualTo(outside.capacity());
        } finally {
            outside.close();
        }
    }

    private void run(SwitchLab lab, int steps) {
        for (int step = 1; step <= steps; step++) {
            step(lab);
            if (step % CHECKED == 0) {
                check(lab);
            }
        }
    }

    private void step(SwitchLab lab) {
        int choice = random.nextInt(1000);
        if (choice < 850) {
            send(lab);
        } else if (choice < 915) {
            addFlow(lab);
        } else if (choice < 970) {
            deleteFlow(lab);
        } else if (choice < 985) {
            lab.port(FLAPPING).setLinkUp(random.nextInt(3) != 0);
        } else if (choice < 995) {
            settle(lab);
            lab.configure(new ConfigurationChange.DeletePort("br0", COMING_AND_GOING));
            lab.ports.remove(COMING_AND_GOING);
            lab.configure(
                    new ConfigurationChange.PutPort("br0", PortConfiguration.of(COMING_AND_GOING, 4, PortType.MEMORY)));
            noteNewPorts(lab);
        } else {
            lab.nowNs.addAndGet(Duration.ofSeconds(random.nextInt(15)).toNanos()); // megaflows become idle
        }
        lab.turn();
        if (random.nextInt(4) == 0) {
            drain(lab);
        }
    }

    private void makeFrames() {
        for (int i = 0; i < FRAMES; i++) {
            PacketBuilder builder = PacketBuilder.ethernet(0x0200_0000_0000L + i % 8, 0x0200_0000_0100L + i % 5);
            if (i % 7 == 3) {
                builder.vlan(1 + i % 3);
            }
            int octets = random.nextInt(900);
            byte[] frame = switch (i % 5) {
                case 0 -> builder.type(0x88b5).payload(new byte[46 + octets]).build();
                case 1 ->
                    builder.ipv6(1, i, 2, i % 9)
                            .udp(1000 + i, 53 + i % 4)
                            .payload(new byte[octets])
                            .build();
                case 2 ->
                    builder.ipv4(0x0a000000 + i, 0x0a000100 + i % 9)
                            .tcp(1000 + i, 80 + i % 4, i, 0, 2)
                            .payload(new byte[octets])
                            .build();
                default ->
                    builder.ipv4(0x0a000000 + i, 0x0a000100 + i % 9)
                            .udp(1000 + i, 53 + i % 4)
                            .payload(new byte[octets])
                            .build();
            };
            // What comes after is no header: some frames are cut in the middle of one.
            int length = i % 16 == 15 ? Math.min(frame.length, 20 + random.nextInt(20)) : frame.length;
            frames[i] = ByteBuffer.allocateDirect(length).put(frame, 0, length).flip();
        }
    }

    private void send(SwitchLab lab) {
        MemoryPort.Outside port = lab.port(PORTS[random.nextInt(PORTS.length)]).outside();
        for (int i = random.nextInt(BURST); i >= 0; i--) {
            offered += port.send(frames[random.nextInt(FRAMES)]) ? 1 : 0;
        }
    }

    private void addFlow(SwitchLab lab) {
        if (flows.size() >= MAX_FLOWS) {
            return;
        }
        long number = nextFlow++;
        int in = 1 + random.nextInt(PORTS.length);
        // Each number is a priority of its own, so that no flow replaces another one.
        String match = "priority=%d,in_port=%d%s".formatted(1 + number % 60_000, in, fields());
        int outputs = random.nextInt(4) == 0 ? 0 : in == 4 ? 1 + random.nextInt(2) : 1;
        lab.flows("cookie=%d,%s actions=%s".formatted(number, match, actions(in, outputs)));
        flows.add(new Flow(number, match, outputs));
    }

    private String fields() {
        int n = random.nextInt(4);
        return switch (random.nextInt(8)) {
            case 0 -> ",udp,tp_dst=" + (53 + n);
            case 1 -> ",tcp,tp_dst=" + (80 + n);
            case 2 -> ",ip,nw_dst=10.0.1." + n + "/" + (28 + n);
            case 3 -> ",ipv6,ipv6_dst=0:0:0:2::" + n;
            case 4 -> ",dl_src=02:00:00:00:00:0" + n;
            case 5 -> ",dl_vlan=" + (1 + n);
            case 6 -> ",ip,nw_src=10.0.0." + 16 * n + "/28";
            default -> "";
        };
    }

    private String actions(int in, int outputs) {
        String change = switch (random.nextInt(5)) {
            case 0 -> "push_vlan:0x8100,set_field:4107->vlan_vid,";
            case 1 -> "mod_dl_src:02:00:00:00:00:98,";
            case 2 -> "mod_dl_dst:02:00:00:00:00:99,";
            default -> "";
        };
        return switch (outputs) {
            case 0 -> "drop";
            case 1 -> change + "output:" + (in % 3 + 1);
            default -> "output:1," + change + "output:2";
        };
    }

    private void deleteFlow(SwitchLab lab) {
        if (flows.size() < 2) {
            return;
        }
        settle(lab); // whatever is counted, is counted now
        Flow flow = flows.remove(1 + random.nextInt(flows.size() - 1));
        long packets = packets(lab, flow);
        packetsOfDeleted += packets;
        resultsOfDeleted += packets * Math.max(1, flow.outputs());
        lab.write(SwitchLab.updates("delete_strict " + flow.match()));
    }

    private static long packets(SwitchLab lab, Flow flow) {
        return lab.allFlows().stream()
                .filter(state -> state.cookie() == flow.number())
                .mapToLong(FlowState::packets)
                .sum();
    }

    private void noteNewPorts(SwitchLab lab) {
        for (String name : PORTS) {
            PortStatistics statistics = lab.port(name).statistics();
            if (!ports.contains(statistics)) {
                ports.add(statistics);
            }
        }
    }

    private static PollLoop loop(SwitchLab lab) {
        return lab.heddle.datapathLoops().first();
    }

    /** Until no port has received anything for some turns. */
    private void settle(SwitchLab lab) {
        long before = -1;
        for (long now = received(); now != before; now = received()) {
            before = now;
            for (int turn = 0; turn < 20; turn++) {
                lab.turn();
                drain(lab);
            }
        }
    }

    private void drain(SwitchLab lab) {
        for (String name : PORTS) {
            MemoryPort.Outside port = lab.port(name).outside();
            for (var packet = port.take(outside); packet != null; packet = port.take(outside)) {
                taken++;
                packet.release();
            }
        }
    }

    private long received() {
        return ports.stream().mapToLong(PortStatistics::receivedPackets).sum();
    }

    private void check(SwitchLab lab) {
        settle(lab);
        List<FlowState> states = lab.allFlows();
        assertThat(states).hasSameSizeAs(flows);
        long packets = packetsOfDeleted;
        long results = resultsOfDeleted;
        for (Flow flow : flows) {
            long each = states.stream()
                    .filter(state -> state.cookie() == flow.number())
                    .mapToLong(FlowState::packets)
                    .sum();
            packets += each;
            results += each * Math.max(1, flow.outputs());
        }
        long sent = ports.stream().mapToLong(PortStatistics::sentPackets).sum();
        long dropped = ports.stream().mapToLong(PortStatistics::transmitDrops).sum()
                + Stream.of(DropReason.values())
                        .mapToLong(reason -> loop(lab).statistics().drops(reason))
                        .sum();
        assertThat(received()).as("frames received of those put in").isEqualTo(offered);
        // What comes from a port that is known to be down reaches no table: it is a drop like those of flows that send
        // there.
        long beforeTables = offered - packets;
        assertThat(beforeTables)
                .as(() -> "frames that no flow has counted" + dropsOf(lab))
                .isBetween(0L, loop(lab).statistics().drops(DropReason.LINK_DOWN));
        assertThat(sent + dropped).as(() -> "sent and dropped" + dropsOf(lab)).isEqualTo(results + beforeTables);
        assertThat(taken).as("frames taken out").isEqualTo(sent);
        assertThat(lab.exceptions).isEmpty();
    }

    private static String dropsOf(SwitchLab lab) {
        StringBuilder text = new StringBuilder();
        for (DropReason reason : DropReason.values()) {
            long count = loop(lab).statistics().drops(reason);
            if (count > 0) {
                text.append(", ").append(reason).append(' ').append(count);
            }
        }
        return text.toString();
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long heapInUse() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
