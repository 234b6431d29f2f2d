package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import java.net.UnixDomainSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packets that wait for a controller. */
@Timeout(120)
final class PausedPacketTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final byte[] FRAME = new byte[60];

    private final AgentLab lab = AgentLab.of("OpenFlow13");

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private Client client(String... flows) throws Exception {
        for (String flow : flows) {
            List<TableUpdate> update = List.of(new TableUpdate.FlowUpdate(PARSER.flow(FlowMod.Command.ADD, flow)));
            assertThat(lab.bridge()
                            .write(update, Atomicity.CONTINUE_ON_ERROR, false)
                            .get(60, TimeUnit.SECONDS)
                            .failures())
                    .isEmpty();
        }
        lab.bridge().barrier().get(60, TimeUnit.SECONDS);
        lab.awaitListening();
        Client client = Client.greet(UnixDomainSocketAddress.of(lab.socket));
        client.send(2, new OpenFlowMessage.SetConfig(0, 0xffff));
        client.send(3, new OpenFlowMessage.SetPacketInFormat(2));
        assertThat(client.ask(4, new OpenFlowMessage.BarrierRequest()))
                .isInstanceOf(OpenFlowMessage.BarrierReply.class);
        return client;
    }

    private OpenFlowMessage.ExtendedPacketIn packetIn(Client client) throws Exception {
        lab.port("p1").in.add(FRAME.clone());
        return (OpenFlowMessage.ExtendedPacketIn) client.answer(0);
    }

    private void awaitSent(String port, int count) {
        await().atMost(60, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(lab.port(port).out).hasSize(count));
    }

    @Test
    void shouldGoOnWithWhatTheControllerSendsBack() throws Exception {
        try (Client client = client(
                "in_port=1,actions=set_field:1->reg1,clone(controller(userdata=0102,pause),output:NXM_NX_REG1[]),output:3")) {
            OpenFlowMessage.ExtendedPacketIn packet = packetIn(client);
            assertThat(packet.userdata()).isEqualTo(Octets.of(new byte[] {1, 2}));
            awaitSent("p3", 1);

            byte[] changed = FRAME.clone();
            changed[0] = 2;
            Match fields = PARSER.match("in_port=1,reg1=2");
            client.send(7, new OpenFlowMessage.Resume(fields, Octets.of(changed), packet.continuation()));

            awaitSent("p2", 1);
            assertThat(lab.port("p2").out.peek()).isEqualTo(changed);
            assertThat(lab.port("p3").out).hasSize(1);
        }
    }

    @Test
    void shouldExecuteTheActionSetAndWhatInstructionsAreLeft() throws Exception {
        try (Client client = client(
                "in_port=1,actions=controller(pause),write_actions(output:2),write_metadata:5,goto_table:1",
                "table=1,metadata=5,actions=controller(pause),output:3")) {
            OpenFlowMessage.ExtendedPacketIn first = packetIn(client);
            client.send(7, new OpenFlowMessage.Resume(first.match(), first.frame(), first.continuation()));
            OpenFlowMessage.ExtendedPacketIn second = (OpenFlowMessage.ExtendedPacketIn) client.answer(0);
            assertThat(lab.port("p3").out).isEmpty();
            client.send(8, new OpenFlowMessage.Resume(second.match(), second.frame(), second.continuation()));
            awaitSent("p3", 1);
            awaitSent("p2", 1);
        }
    }

    @Test
    void shouldRefuseWhatCannotGoOn() throws Exception {
        try (Client client = client("in_port=1,actions=controller(pause),output:2")) {
            OpenFlowMessage.ExtendedPacketIn packet = packetIn(client);
            byte[] continuation = packet.continuation().array();
            byte[] otherBridge = continuation.clone();
            otherBridge[4 + 4 + 15]++;
            assertThat(refusal(client, packet.match(), packet.frame(), otherBridge))
                    .isEqualTo(ErrorCode.RESUME_FAILED_STALE);
            byte[] cut = Arrays.copyOf(continuation, continuation.length - 1);
            assertThat(refusal(client, packet.match(), packet.frame(), cut))
                    .isEqualTo(ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN);
            assertThat(refusal(client, PARSER.match("in_port=77"), packet.frame(), continuation))
                    .isEqualTo(ErrorCode.BAD_REQUEST_BAD_PORT);
            assertThat(refusal(client, packet.match(), Octets.of(new byte[13]), continuation))
                    .isEqualTo(ErrorCode.BAD_REQUEST_BAD_PACKET);
            assertThat(lab.port("p2").out).isEmpty();
        }
    }

    private static ErrorCode refusal(Client client, Match fields, Octets frame, byte[] continuation) throws Exception {
        OpenFlowMessage answer = client.ask(9, new OpenFlowMessage.Resume(fields, frame, Octets.of(continuation)));
        OpenFlowMessage.ErrorReply error = (OpenFlowMessage.ErrorReply) answer;
        return ErrorCode.of(error.errorType(), error.code()).orElseThrow();
    }
}
