package io.heddle.datapath.agent.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.HeddleSwitch;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.StateStore;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.table.TableLimit;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.v1.ChannelRequest;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.Open;
import io.heddle.proto.v1.SwitchGrpc;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real switch, and a controller that opens a {@code Channel} with all the credit there is but does not read. */
@SuppressWarnings("NullAway.Init") // fields are set before each test
class SlowChannelTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PACKET_OCTETS = 1400;
    private static final int QUEUE = 64;

    /** Far more than the bridge's queue, the HTTP/2 window and the socket's buffers hold together. */
    private static final int PACKETS = 20_000;

    @TempDir
    Path folder;

    private final List<Throwable> exceptions = new CopyOnWriteArrayList<>();
    private final EventLoopGroup clientLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final AtomicReference<MemoryPort> port = new AtomicReference<>();
    private HeddleSwitch heddle;
    private GrpcAgent agent;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        heddle = new HeddleSwitch(new HeddleSwitch.Parts(
                List.of(new HeddleSwitch.LoopParts(new PacketPool(512), new PooledOffload(), new ParkingWaiter())),
                (spec, number, context) -> {
                    MemoryPort made = new MemoryPort((PortSpec.Memory) spec, number, context);
                    port.set(made);
                    return made;
                },
                StateStore.NONE,
                System::nanoTime,
                42,
                TableLimit.of(100),
                exceptions::add));
        heddle.start();
        BridgeConfiguration bridge = new BridgeConfiguration(
                "br0",
                "00000000000000b0",
                BridgeConfiguration.FailMode.SECURE,
                List.of(),
                List.of(),
                List.of(),
                List.of(PortConfiguration.of("p1", 1, PortConfiguration.PortType.MEMORY)));
        heddle.configure(List.of(new ConfigurationChange.PutBridge(bridge)), 0, false)
                .get(20, TimeUnit.SECONDS);
        bridge().write(
                        List.of(new TableUpdate.FlowUpdate(
                                new FlowParser(PortNames.NONE).command("actions=CONTROLLER:65535"))),
                        BridgeControl.Atomicity.CONTINUE_ON_ERROR,
                        false)
                .get(20, TimeUnit.SECONDS);
        Path socket = folder.resolve("switch.sock");
        agent = GrpcAgent.start(heddle, List.of("unix:" + socket), new GrpcAgent.Limits(1 << 20, 32, QUEUE, 64));
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(clientLoop)
                .overrideAuthority("localhost")
                .usePlaintext()
                .flowControlWindow(1 << 20) // else gRPC widens it
                .build();
    }

    private BridgeControl bridge() {
        return heddle.bridge("br0").orElseThrow();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        agent.close();
        heddle.close();
        var _ = clientLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        assertThat(exceptions).isEmpty();
    }

    /** Reads only what it is told to. */
    private static final class SlowClient implements ClientResponseObserver<ChannelRequest, ChannelResponse> {
        final AtomicReference<ClientCallStreamObserver<ChannelRequest>> call = new AtomicReference<>();
        final AtomicLong packetIns = new AtomicLong();
        final AtomicLong lost = new AtomicLong();
        final AtomicLong messages = new AtomicLong();
        final AtomicReference<Throwable> failure = new AtomicReference<>();

        @Override
        public void beforeStart(ClientCallStreamObserver<ChannelRequest> stream) {
            stream.disableAutoRequestWithInitial(0);
            call.set(stream);
        }

        void read(int count) {
            Objects.requireNonNull(call.get()).request(count);
        }

        @Override
        public void onNext(ChannelResponse response) {
            if (response.hasPacketIn()) {
                packetIns.incrementAndGet();
            }
            lost.addAndGet(response.getLost().getPacketIns());
            messages.incrementAndGet();
        }

        @Override
        public void onError(Throwable error) {
            failure.set(error);
        }

        @Override
        public void onCompleted() {
            // The test ends the call.
        }
    }

    @Test
    void shouldKeepLittleForAClientThatDoesNotReadAndCountTheRest() {
        SlowClient client = new SlowClient();
        var requests = SwitchGrpc.newStub(channel).channel(client);
        requests.onNext(ChannelRequest.newBuilder()
                .setOpen(Open.newBuilder().setBridge("br0").setInitialCredit(65536))
                .build());
        // The bridge's port comes after it is followed: from then on no packet is unheard.
        client.read(2);
        await().atMost(PATIENCE).until(() -> client.messages.get() == 2);

        send();
        // All have left the port, and were handed to the agent or counted as lost on the way there.
        client.read(Integer.MAX_VALUE);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(client.packetIns.get() + client.lost.get() + notPunted())
                        .as("packets received %s, lost %s, not punted %s", client.packetIns, client.lost, notPunted())
                        .isEqualTo(PACKETS));
        assertThat(client.failure.get()).isNull();
        assertThat(client.packetIns.get())
                .as("what the queue, the window and the socket held")
                .isPositive();
        assertThat(client.packetIns.get() * PACKET_OCTETS)
                .as("octets kept for the client")
                .isLessThan(4 << 20);
        assertThat(client.lost.get()).isPositive();
        requests.onCompleted();
    }

    private void send() {
        byte[] frame = PacketBuilder.ethernet(0x0200_0000_000aL, 0x0200_0000_000bL)
                .ipv4(0x0a000001, 0x0a000002)
                .udp(1000, 53)
                .payload(new byte[PACKET_OCTETS - 42])
                .build();
        ByteBuffer buffer = ByteBuffer.allocateDirect(frame.length).put(frame).flip();
        MemoryPort.Outside outside = Objects.requireNonNull(port.get()).outside();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (int i = 0; i < PACKETS; i++) {
            while (!outside.send(buffer)) {
                assertThat(System.nanoTime() - deadline)
                        .as("packet %d waits", i)
                        .isNegative();
                Thread.onSpinWait();
            }
        }
        await().atMost(PATIENCE)
                .until(() -> Objects.requireNonNull(port.get()).statistics().receivedPackets() == PACKETS);
    }

    private long notPunted() {
        return heddle.drops().stream()
                .filter(drop -> drop.reason().equals(DropReason.PUNT_FULL.name()))
                .mapToLong(drop -> drop.packets())
                .sum();
    }
}
