package io.heddle.datapath.agent.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.HeddleSwitch;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.bridge.StateStore;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.table.TableLimit;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.FlowSelection;
import io.heddle.proto.v1.PortQuery;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.SubscribeRequest;
import io.heddle.proto.v1.SubscribeResponse;
import io.heddle.proto.v1.SwitchGrpc;
import io.heddle.proto.v1.Update;
import io.heddle.proto.v1.WriteRequest;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who subscribes to all bridges hears of those that come and go. */
class SubscribeAllTest {
    private final List<Throwable> exceptions = new CopyOnWriteArrayList<>();
    private HeddleSwitch heddle;
    private GrpcAgent agent;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        heddle = new HeddleSwitch(new HeddleSwitch.Parts(
                List.of(new HeddleSwitch.LoopParts(new PacketPool(64), new PooledOffload(), new ParkingWaiter())),
                (spec, number, context) -> new MemoryPort((PortSpec.Memory) spec, number, context),
                StateStore.NONE,
                System::nanoTime,
                42,
                TableLimit.of(100),
                exceptions::add));
        heddle.start();
        agent = GrpcAgent.start(heddle, List.of("127.0.0.1:0"), GrpcAgent.Limits.DEFAULT);
        channel = NettyChannelBuilder.forTarget(agent.addresses().getFirst())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        agent.close();
        heddle.close();
        assertThat(exceptions).isEmpty();
    }

    private SwitchGrpc.SwitchBlockingStub stub() {
        return SwitchGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private void configure(ConfigurationChange change) {
        heddle.configure(List.of(change), 0, false)
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private static ConfigurationChange bridge(String name) {
        return new ConfigurationChange.PutBridge(new BridgeConfiguration(
                name,
                "",
                BridgeConfiguration.FailMode.SECURE,
                List.of(),
                List.of(),
                List.of(),
                List.of(PortConfiguration.of(name + "-p1", 1, PortType.MEMORY))));
    }

    private void addFlow(String bridge, String flow) {
        assertThat(stub().write(WriteRequest.newBuilder()
                                .setBridge(bridge)
                                .addUpdates(Update.newBuilder()
                                        .setType(Update.Type.INSERT)
                                        .setFlow(Flow.newBuilder().setText(flow)))
                                .build())
                        .getErrorsList())
                .isEmpty();
    }

    private Iterator<SubscribeResponse> follow(String bridge) {
        return stub().subscribe(SubscribeRequest.newBuilder()
                .setBridge(bridge)
                .setWithText(true)
                .addQueries(Query.newBuilder().setFlows(FlowSelection.getDefaultInstance()))
                .addQueries(Query.newBuilder().setPorts(PortQuery.getDefaultInstance()))
                .build());
    }

    private static String describe(SubscribeResponse response) {
        return response.getBridge() + " "
                + switch (response.getKindCase()) {
                    case CHANGE -> {
                        var entity = response.getChange().getEntity();
                        String what = entity.hasPort()
                                ? entity.getPort().getName()
                                : entity.getFlow().getFlow().getText();
                        yield response.getChange().getType() + " " + what;
                    }
                    case SYNC -> "SYNC";
                    case RESTART -> "RESTART";
                    case KIND_NOT_SET -> "?";
                };
    }

    private static void assertNext(Iterator<SubscribeResponse> responses, String... expected) {
        for (String each : expected) {
            assertThat(describe(responses.next())).isEqualTo(each);
        }
    }

    @Test
    void shouldFollowBridgesThatAreAddedLaterAndTellThatOneIsGone() {
        configure(bridge("br0"));
        Iterator<SubscribeResponse> responses = follow("");
        assertNext(responses, "br0 ADDED br0-p1", "br0 SYNC");

        configure(bridge("br1"));
        assertNext(responses, "br1 ADDED br1-p1", "br1 SYNC");
        addFlow("br1", "priority=1,actions=drop");
        assertNext(responses, "br1 ADDED priority=1 actions=drop");

        configure(new ConfigurationChange.DeleteBridge("br0"));
        SubscribeResponse next = responses.next();
        if (next.hasChange()) { // its port may have been told before it
            assertThat(describe(next)).isEqualTo("br0 REMOVED br0-p1");
            next = responses.next();
        }
        assertThat(describe(next)).isEqualTo("br0 RESTART");
        assertNext(responses, "br0 SYNC");

        configure(bridge("br0"));
        assertNext(responses, "br0 ADDED br0-p1", "br0 SYNC");
        addFlow("br0", "priority=2,actions=drop");
        assertNext(responses, "br0 ADDED priority=2 actions=drop");
    }

    @Test
    void shouldFollowWhatIsAddedToASwitchWithoutBridges() {
        Iterator<SubscribeResponse> responses = follow("");
        configure(bridge("br0"));
        assertNext(responses, "br0 ADDED br0-p1", "br0 SYNC");
    }

    @Test
    void shouldEndWithTheBridgeThatWasNamed() {
        configure(bridge("br0"));
        configure(bridge("br1"));
        Iterator<SubscribeResponse> responses = follow("br0");
        assertNext(responses, "br0 ADDED br0-p1", "br0 SYNC");
        configure(new ConfigurationChange.DeleteBridge("br1"));
        configure(new ConfigurationChange.DeleteBridge("br0"));
        assertThatThrownBy(() -> responses.forEachRemaining(
                        response -> assertThat(describe(response)).isEqualTo("br0 REMOVED br0-p1")))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("NOT_FOUND: bridge br0 has been removed");
    }
}
