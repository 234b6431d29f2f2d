package io.heddle.datapath.bridge.stp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bridges in rings and meshes of cables, whose every state is looked at. */
class SpanningTreeTest {
    private record Cable(int bridge, int port, int otherBridge, int otherPort) {
        boolean has(int number, int at) {
            return bridge == number && port == at || otherBridge == number && otherPort == at;
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // identity is never asked for
    private record Frame(int bridge, int port, byte[] octets) {}

    /** A network of bridges with numbers from 0; bridge 0 has the best identifier. */
    private static final class Network {
        final List<SpanningTree> bridges = new ArrayList<>();
        final List<Cable> cables = new ArrayList<>();
        final List<Integer> portCounts = new ArrayList<>();
        final Deque<Frame> onTheWay = new ArrayDeque<>();
        int flushes;

        Network add(boolean isRapid) {
            int number = bridges.size();
            portCounts.add(0);
            bridges.add(new SpanningTree(
                    new SpanningTree.Settings(0x8000, 0x020000000100L + number, isRapid, 20, 2, 15, 6),
                    new SpanningTree.Output() {
                        @Override
                        public void send(int port, byte[] frame) {
                            for (Cable cable : cables) {
                                if (cable.bridge() == number && cable.port() == port) {
                                    onTheWay.add(new Frame(cable.otherBridge(), cable.otherPort(), frame));
                                } else if (cable.otherBridge() == number && cable.otherPort() == port) {
                                    onTheWay.add(new Frame(cable.bridge(), cable.port(), frame));
                                }
                            }
                        }

                        @Override
                        public void changed(int port) {}

                        @Override
                        public void flush(int port) {
                            flushes++;
                        }
                    }));
            return this;
        }

        private int newPort(int bridge) {
            portCounts.set(bridge, portCounts.get(bridge) + 1);
            return portCounts.get(bridge);
        }

        Cable connect(int bridge, int other) {
            Cable cable = new Cable(bridge, newPort(bridge), other, newPort(other));
            cables.add(cable);
            up(cable.bridge(), cable.port());
            up(cable.otherBridge(), cable.otherPort());
            deliver();
            return cable;
        }

        /** A port to a host. */
        int host(int bridge) {
            int port = newPort(bridge);
            up(bridge, port);
            return port;
        }

        private void up(int bridge, int port) {
            bridges.get(bridge)
                    .put(port, new SpanningTree.PortSettings(0x020000000200L + port, 20_000, 128, false, true), true);
        }

        void cut(Cable cable) {
            cables.remove(cable);
            bridges.get(cable.bridge()).linkChanged(cable.port(), false);
            bridges.get(cable.otherBridge()).linkChanged(cable.otherPort(), false);
            deliver();
        }

        void deliver() {
            while (!onTheWay.isEmpty()) {
                Frame frame = onTheWay.poll();
                bridges.get(frame.bridge()).received(frame.port(), frame.octets());
                assertNoLoop();
            }
        }

        Network seconds(int count) {
            for (int i = 0; i < count; i++) {
                for (SpanningTree bridge : bridges) {
                    bridge.tick();
                    assertNoLoop();
                }
                deliver();
            }
            return this;
        }

        private boolean forwards(Cable cable) {
            return bridges.get(cable.bridge()).isForwarding(cable.port())
                    && bridges.get(cable.otherBridge()).isForwarding(cable.otherPort());
        }

        private int[] components(List<Cable> used) {
            int[] component = new int[bridges.size()];
            for (int i = 0; i < component.length; i++) {
                component[i] = i;
            }
            for (Cable cable : used) {
                int from = component[cable.bridge()];
                int to = component[cable.otherBridge()];
                for (int i = 0; i < component.length; i++) {
                    component[i] = component[i] == from ? to : component[i];
                }
            }
            return component;
        }

        void assertNoLoop() {
            List<Cable> used = new ArrayList<>();
            for (Cable cable : cables) {
                if (forwards(cable)) {
                    int[] component = components(used);
                    assertThat(component[cable.bridge()])
                            .as("cables that forward: %s and %s", used, cable)
                            .isNotEqualTo(component[cable.otherBridge()]);
                    used.add(cable);
                }
            }
        }

        boolean isWhole() {
            int[] component = components(cables.stream().filter(this::forwards).toList());
            for (int each : component) {
                if (each != component[0]) {
                    return false;
                }
            }
            return true;
        }

        long cablesThatForward() {
            return cables.stream().filter(this::forwards).count();
        }
    }

    @Test
    void shouldBreakTheLoopOfTwoCables() {
        Network network = new Network().add(true).add(true);
        Cable first = network.connect(0, 1);
        network.connect(0, 1);

        network.seconds(4);

        assertThat(network.cablesThatForward()).isEqualTo(1);
        assertThat(network.isWhole()).isTrue();
        assertThat(network.bridges.get(0).isRoot()).isTrue();
        assertThat(network.bridges.get(1).role(1)).isEqualTo(SpanningTree.Role.ROOT);
        assertThat(network.bridges.get(1).role(2)).isEqualTo(SpanningTree.Role.ALTERNATE);

        int before = network.flushes;
        network.cut(first);
        assertThat(network.isWhole()).as("at once").isTrue();
        assertThat(network.flushes).isGreaterThan(before);
    }

    @Test
    void shouldFindAnotherWayRoundARing() {
        Network network = new Network().add(true).add(true).add(true).add(true);
        for (int i = 0; i < 4; i++) {
            network.connect(i, (i + 1) % 4);
        }
        network.seconds(6);
        assertThat(network.cablesThatForward()).isEqualTo(3);

        network.cut(network.cables.getFirst());
        network.seconds(6);

        assertThat(network.isWhole()).isTrue();
    }

    @Test
    void shouldOpenPortsToHostsSoon() {
        Network network = new Network().add(true).add(true);
        network.connect(0, 1);
        int host = network.host(0);

        network.seconds(4);
        assertThat(network.bridges.get(0).isForwarding(host)).isTrue();

        network.seconds(20);
        assertThat(network.bridges.get(0).isForwarding(host)).isTrue();
    }

    @Test
    void shouldSpeakTheOldProtocolWithOldBridges() {
        Network network = new Network().add(false).add(true).add(false);
        network.connect(0, 1);
        network.connect(1, 2);
        network.connect(2, 0);

        network.seconds(50);

        assertThat(network.isWhole()).isTrue();
        assertThat(network.cablesThatForward()).isEqualTo(2);

        network.cut(network.cables.getFirst());
        network.seconds(60);
        assertThat(network.isWhole()).isTrue();
    }

    @Test
    void shouldGetOverTheLossOfTheRoot() {
        Network network = new Network().add(true).add(true).add(true);
        network.connect(0, 1);
        network.connect(1, 2);
        network.connect(2, 0);
        network.seconds(6);

        List.copyOf(network.cables).stream()
                .filter(cable -> cable.has(0, 1) || cable.has(0, 2))
                .forEach(network::cut);
        network.seconds(30);

        assertThat(network.bridges.get(1).isRoot()).isTrue();
        assertThat(network.bridges.get(2).root())
                .isEqualTo(network.bridges.get(1).root());
        assertThat(network.cablesThatForward()).isEqualTo(1);
    }

    /** Random meshes, whose cables are cut one by one: never a loop, and whole again after a while. */
    @Test
    void shouldNeverLoop() {
        for (int seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            Network network = new Network();
            int count = 3 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                network.add(true);
            }
            for (int i = 0; i < count; i++) {
                network.connect(i, (i + 1) % count);
                network.connect(random.nextInt(count - 1), count - 1 == i ? i - 1 : count - 1);
            }
            network.cables.stream()
                    .filter(cable -> cable.bridge() == cable.otherBridge())
                    .toList()
                    .forEach(network::cut);
            network.seconds(40);
            assertThat(network.isWhole()).as("seed " + seed).isTrue();
            network.cut(network.cables.get(random.nextInt(count)));
            network.seconds(60);
            int[] reachable = network.components(network.cables);
            if (Arrays.stream(reachable).distinct().count() == 1) {
                assertThat(network.isWhole())
                        .as("seed " + seed + " after a cut")
                        .isTrue();
            }
        }
    }

    @Test
    void shouldIgnoreWhatIsNoMessage() {
        Network network = new Network().add(true);
        int port = network.host(0);
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            byte[] frame = new byte[random.nextInt(70)];
            random.nextBytes(frame);
            network.bridges.getFirst().received(port, frame);
        }
        network.seconds(60);
        assertThat(network.bridges.getFirst().isForwarding(port)).isTrue();
    }
}
