package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.FlowMonitor;
import io.heddle.proto.openflow.FlowUpdate;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Flow monitors as a client of OpenFlow 1.3 with ONF's extension sees them. */
@Timeout(120)
final class FlowMonitorsTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final int ALL =
            FlowMonitor.INITIAL | FlowMonitor.ADD | FlowMonitor.REMOVED | FlowMonitor.MODIFY | FlowMonitor.INSTRUCTIONS;

    private final AgentLab lab = AgentLab.make(new Timing(60_000, 100_000, 20, 200));

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

    private static OpenFlowMessage watch(int id, int flags, String match) throws Exception {
        return watch(new FlowMonitor(
                id, FlowMonitor.Command.ADD, flags, Ports.ANY, FlowMod.ANY_GROUP, 255, PARSER.match(match)));
    }

    private static OpenFlowMessage watch(FlowMonitor... monitors) {
        return new OpenFlowMessage.MultipartRequest(false, new MultipartBody.FlowMonitorRequest(List.of(monitors)));
    }

    private static OpenFlowMessage flow(FlowMod.Command command, String text) throws Exception {
        return new OpenFlowMessage.FlowModRequest(PARSER.flow(command, text), OpenFlowMessage.NO_BUFFER);
    }

    private static List<FlowUpdate> updates(Frame frame) {
        assertThat(frame.message()).isInstanceOf(OpenFlowMessage.MultipartReply.class);
        MultipartBody body = ((OpenFlowMessage.MultipartReply) frame.message()).body();
        assertThat(body).isInstanceOf(MultipartBody.FlowUpdates.class);
        return ((MultipartBody.FlowUpdates) body).updates();
    }

    /** Everything that comes until the reply to a barrier. */
    private static List<FlowUpdate> untilBarrier(Client client, int xid) throws Exception {
        client.send(xid, new OpenFlowMessage.BarrierRequest());
        List<FlowUpdate> all = new ArrayList<>();
        for (Frame frame = client.receive(); frame.xid() != xid; frame = client.receive()) {
            all.addAll(updates(frame));
        }
        return all;
    }

    private static List<String> texts(List<FlowUpdate> updates) {
        return updates.stream()
                .map(update -> update instanceof FlowUpdate.Full full
                        ? full.event() + " " + full.priority() + " "
                                + full.instructions().size()
                        : update.toString())
                .toList();
    }

    private static ErrorCode refusal(OpenFlowMessage answer) {
        assertThat(answer).isInstanceOf(OpenFlowMessage.ErrorReply.class);
        OpenFlowMessage.ErrorReply error = (OpenFlowMessage.ErrorReply) answer;
        return ErrorCode.of(error.errorType(), error.code()).orElseThrow();
    }

    @Test
    void shouldTellOfChangesBeforeTheBarrierAndOfOwnOnesInShort() throws Exception {
        try (Client client = client();
                Client other = client()) {
            client.send(2, flow(FlowMod.Command.ADD, "priority=1,tcp,actions=output:1"));
            client.send(3, watch(9, ALL, "ip"));
            Frame first = client.receive();
            assertThat(first.xid()).isEqualTo(3);
            assertThat(texts(updates(first))).containsExactly("ADDED 1 1");

            other.send(5, flow(FlowMod.Command.ADD, "priority=2,ip,actions=output:1"));
            other.send(6, flow(FlowMod.Command.ADD, "priority=2,arp,actions=output:1"));
            other.send(7, flow(FlowMod.Command.MODIFY, "tcp,actions=output:2"));
            assertThat(other.ask(8, new OpenFlowMessage.BarrierRequest())).isNotNull();
            assertThat(texts(untilBarrier(client, 10))).containsExactly("ADDED 2 1", "MODIFIED 1 1");

            client.send(11, flow(FlowMod.Command.DELETE, "ip"));
            client.send(12, flow(FlowMod.Command.DELETE, "ip"));
            client.send(13, flow(FlowMod.Command.ADD, "priority=3,udp,actions=drop"));
            assertThat(untilBarrier(client, 14))
                    .containsExactly(new FlowUpdate.Abbreviated(11), new FlowUpdate.Abbreviated(13));
            client.send(15, new OpenFlowMessage.FlowMonitorCancel(9));
            client.send(16, flow(FlowMod.Command.DELETE, ""));
            assertThat(untilBarrier(client, 17)).isEmpty();
        }
    }

    @Test
    void shouldMergeWhatSeveralMonitorsAskFor() throws Exception {
        try (Client client = client()) {
            client.send(
                    2,
                    watch(
                            new FlowMonitor(
                                    1,
                                    FlowMonitor.Command.ADD,
                                    FlowMonitor.ADD | FlowMonitor.NO_ABBREV,
                                    Ports.ANY,
                                    -1,
                                    255,
                                    PARSER.match("ip")),
                            new FlowMonitor(
                                    2,
                                    FlowMonitor.Command.ADD,
                                    FlowMonitor.ADD | FlowMonitor.INSTRUCTIONS,
                                    2,
                                    -1,
                                    0,
                                    PARSER.match("tcp"))));
            assertThat(updates(client.receive())).isEmpty();
            client.send(3, flow(FlowMod.Command.ADD, "priority=1,tcp,actions=output:1"));
            client.send(4, flow(FlowMod.Command.ADD, "priority=2,tcp,actions=output:2"));
            client.send(5, flow(FlowMod.Command.ADD, "table=1,priority=3,tcp,actions=output:2"));
            client.send(6, flow(FlowMod.Command.ADD, "priority=4,arp,actions=output:2"));
            assertThat(texts(untilBarrier(client, 7))).containsExactly("ADDED 1 0", "ADDED 2 1", "ADDED 3 0");
        }
    }

    @Test
    void shouldChangeAndEndMonitorsAndTellOfOwnChangesAlone() throws Exception {
        OpenFlowCodec codec = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_14);
        try (AgentLab all = AgentLab.of("OpenFlow14")) {
            all.awaitListening();
            try (Client client = new Client(SocketChannel.open(UnixDomainSocketAddress.of(all.socket)), codec)) {
                client.greet();
                int own = FlowMonitor.ADD | FlowMonitor.NO_ABBREV | FlowMonitor.ONLY_OWN;
                client.send(2, watch(monitor(FlowMonitor.Command.ADD, own)));
                assertThat(updates(client.receive())).isEmpty();
                write(all, List.of(new TableUpdate.FlowUpdate(FlowMod.add(0, 5, Match.ANY, List.of()))));
                client.send(3, flow(FlowMod.Command.ADD, "priority=6,actions=drop"));
                assertThat(texts(untilBarrier(client, 4))).containsExactly("ADDED 6 0");

                client.send(5, watch(monitor(FlowMonitor.Command.MODIFY, FlowMonitor.INITIAL | FlowMonitor.REMOVED)));
                assertThat(texts(updates(client.receive()))).containsExactly("INITIAL 6 0", "INITIAL 5 0");
                client.send(6, flow(FlowMod.Command.DELETE, ""));
                assertThat(untilBarrier(client, 7)).containsExactly(new FlowUpdate.Abbreviated(6));
                client.send(8, watch(monitor(FlowMonitor.Command.DELETE, 0)));
                assertThat(updates(client.receive())).isEmpty();
                assertThat(refusal(client.ask(9, watch(monitor(FlowMonitor.Command.DELETE, 0)))))
                        .isEqualTo(ErrorCode.FLOW_MONITOR_FAILED_UNKNOWN_MONITOR);
            }
        }
    }

    private static FlowMonitor monitor(FlowMonitor.Command command, int flags) {
        return new FlowMonitor(7, command, flags, Ports.ANY, FlowMod.ANY_GROUP, 255, Match.ANY);
    }

    @Test
    void shouldRefuseWhatIsWrong() throws Exception {
        try (Client client = client()) {
            assertThat(refusal(client.ask(2, new OpenFlowMessage.FlowMonitorCancel(1))))
                    .isEqualTo(ErrorCode.FLOW_MONITOR_FAILED_UNKNOWN_MONITOR);
            assertThat(client.ask(3, watch(1, ALL, ""))).isInstanceOf(OpenFlowMessage.MultipartReply.class);
            assertThat(refusal(client.ask(4, watch(1, ALL, ""))))
                    .isEqualTo(ErrorCode.FLOW_MONITOR_FAILED_MONITOR_EXISTS);
            assertThat(refusal(client.ask(5, watch(2, FlowMonitor.INITIAL, ""))))
                    .isEqualTo(ErrorCode.FLOW_MONITOR_FAILED_BAD_FLAGS);
            for (int id = 100; id < 355; id++) {
                client.send(6, watch(id, FlowMonitor.ADD, ""));
            }
            assertThat(client.ask(7, new OpenFlowMessage.BarrierRequest())).isNotNull();
            assertThat(client.ask(8, watch(999, ALL, ""))).isInstanceOf(OpenFlowMessage.ErrorReply.class);
        }
    }

    @Test
    void shouldPauseForAClientThatDoesNotReadAndTellItEverythingAtLast() throws Exception {
        int before = 2_000;
        int many = 60_000;
        List<TableUpdate> updates = new ArrayList<>();
        for (int i = 0; i < before + many; i++) {
            updates.add(new TableUpdate.FlowUpdate(
                    PARSER.flow(FlowMod.Command.ADD, "cookie=%1$d,metadata=%1$d,actions=output:1".formatted(i))));
        }
        write(updates.subList(0, before));
        try (Client client = client()) {
            client.send(2, watch(9, ALL, ""));
            Set<Integer> known = new HashSet<>();
            boolean isWhole = false;
            while (!isWhole) {
                Frame frame = client.receive();
                updates(frame).forEach(update -> known.add((int) ((FlowUpdate.Full) update).cookie()));
                isWhole = !((OpenFlowMessage.MultipartReply) frame.message()).more();
            }
            assertThat(known).hasSize(before);

            write(updates.subList(before, before + many));
            List<TableUpdate> more = new ArrayList<>();
            for (int i = 0; i < before; i += 2) {
                more.add(deletion(i));
                more.add(deletion(before + many - 1 - i));
            }
            write(more);

            Set<Integer> there = new HashSet<>();
            lab.bridge()
                    .read(reader -> reader.flows(FlowSelector.ALL))
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join()
                    .forEach(flow -> there.add((int) flow.cookie()));
            assertThat(there).hasSize(many);

            int pauses = 0;
            boolean isPaused = false;
            while (pauses == 0 || isPaused || known.size() != many || !known.equals(there)) {
                Frame frame = client.receive();
                switch (frame.message()) {
                    case OpenFlowMessage.FlowMonitorPaused _ -> {
                        assertThat(isPaused).isFalse();
                        isPaused = true;
                        pauses++;
                    }
                    case OpenFlowMessage.FlowMonitorResumed _ -> {
                        assertThat(isPaused).isTrue();
                        isPaused = false;
                    }
                    default -> {
                        for (FlowUpdate update : updates(frame)) {
                            FlowUpdate.Full full = (FlowUpdate.Full) update;
                            boolean isRight = full.event() == FlowUpdate.Event.REMOVED
                                    ? known.remove((int) full.cookie())
                                    : known.add((int) full.cookie());
                            assertThat(isRight).as(full.toString()).isTrue();
                        }
                    }
                }
            }
            write(List.of(new TableUpdate.FlowUpdate(FlowMod.add(7, 5, Match.ANY, List.of()))));
            assertThat(texts(updates(client.receive()))).containsExactly("ADDED 5 0");
        }
    }

    private static TableUpdate deletion(int number) throws Exception {
        return new TableUpdate.FlowUpdate(PARSER.flow(FlowMod.Command.DELETE_STRICT, "metadata=" + number));
    }

    private void write(List<TableUpdate> updates) {
        write(lab, updates);
    }

    private static void write(AgentLab where, List<TableUpdate> updates) {
        assertThat(where.bridge()
                        .write(updates, Atomicity.DATAPLANE_ATOMIC, false)
                        .orTimeout(60, TimeUnit.SECONDS)
                        .join()
                        .failures())
                .isEmpty();
    }
}
