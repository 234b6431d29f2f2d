package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.action.Ports;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.MultipartReply;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that ask for more than they read. */
@Timeout(180)
final class LongAnswersTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);

    private final AgentLab lab = AgentLab.make(new Timing(60_000, 100_000, 100, 8_000));

    @BeforeEach
    void awaitListening() {
        lab.awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private Client client() throws Exception {
        return Client.greet(UnixDomainSocketAddress.of(lab.socket));
    }

    /** An answer is written as the client reads it, and the next one is made only then. */
    @Test
    void shouldHoldLittleForAClientThatAsksMuchAndReadsSlowly() throws Exception {
        addFlows(20_000);
        try (Client client = client()) {
            long before = directOctets();
            for (int i = 0; i < 200; i++) {
                client.send(100 + i, flowStatistics());
            }
            long most = 0;
            int messages = 0;
            for (int flows = 0, xid = 100; xid < 104; ) {
                Frame frame = client.receive();
                assertThat(frame.xid()).isEqualTo(xid);
                MultipartReply part = (MultipartReply) frame.message();
                flows += ((MultipartBody.FlowReply) part.body()).flows().size();
                if (!part.more()) {
                    assertThat(flows).isEqualTo(20_000);
                    flows = 0;
                    xid++;
                }
                most = Math.max(most, directOctets() - before);
                if (++messages <= 50) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                }
            }
            // Some MB; all answers together are hundreds.
            assertThat(most).isLessThan(32L << 20);
        }
    }

    @Test
    void shouldAnswerAllRequestsInTheirOrderWhateverWaits() throws Exception {
        addFlows(2_000);
        try (Client client = client()) {
            for (int i = 0; i < 200; i++) { // a socket takes them all at once
                client.send(100 + 2 * i, flowStatistics());
                client.send(101 + 2 * i, new OpenFlowMessage.BarrierRequest());
            }
            for (int xid = 100; xid < 500; ) {
                Frame frame = client.receive();
                assertThat(frame.xid()).isEqualTo(xid);
                xid += frame.message() instanceof MultipartReply part && part.more() ? 0 : 1;
            }
        }
    }

    private static long directOctets() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    private static OpenFlowMessage flowStatistics() throws Exception {
        return new OpenFlowMessage.MultipartRequest(
                false,
                new MultipartBody.FlowRequest(
                        new MultipartBody.FlowSelection(255, Ports.ANY, -1, 0, 0, PARSER.match(""))));
    }

    private void addFlows(int count) throws Exception {
        List<TableUpdate> updates = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            updates.add(new TableUpdate.FlowUpdate(PARSER.flow(
                    FlowMod.Command.ADD,
                    "ip,nw_src=10.0.0.0/8,nw_dst=10.1.%d.%d,actions=output:2".formatted(i >> 8, i & 0xff))));
        }
        assertThat(lab.bridge()
                        .write(updates, BridgeControl.Atomicity.CONTINUE_ON_ERROR, false)
                        .get(60, TimeUnit.SECONDS)
                        .failures())
                .isEmpty();
    }
}
