package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.TableUpdate.FlowUpdate;
import io.heddle.datapath.bridge.TableUpdate.Precondition;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.table.FlowMod;
import java.io.IOException;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HeddleSwitchTest {
    private static final long A = 0x02_00_00_00_00_0aL;
    private static final long B = 0x02_00_00_00_00_0bL;
    static final int IP_A = 0x0a000001;
    static final int IP_B = 0x0a000002;

    static byte[] udp(long src, long dst, int sourcePort, int destinationPort) {
        return PacketBuilder.ethernet(src, dst)
                .ipv4(IP_A, IP_B)
                .udp(sourcePort, destinationPort)
                .payload(new byte[20])
                .build();
    }

    @Test
    void shouldForwardByFlowAndCount() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows("in_port=1,udp actions=output:2")) {
            byte[] frame = udp(A, B, 1000, 53);
            lab.send("p1", frame).send("p1", frame);
            lab.turn();

            assertThat(lab.receive("p2")).isEqualTo(frame);
            assertThat(lab.outputs()).isEqualTo("p2x1");
            assertThat(lab.onlyFlow().packets()).isEqualTo(2);
            assertThat(lab.onlyFlow().octets()).isEqualTo(2L * frame.length);
        }
    }

    @Test
    void shouldDropWithoutFlowsAndNameTheReason() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();

            assertThat(lab.outputs()).isEmpty();
            assertThat(lab.heddle.datapathLoops().first().statistics().drops(DropReason.TABLE_MISS))
                    .isEqualTo(1);
        }
    }

    @Test
    void shouldCopyOnlyWhatIsChangedAfterAnOutput() {
        try (SwitchLab lab = SwitchLab.withPorts(3)
                .flows("in_port=1 actions=output:2,set_field:02:00:00:00:00:0c->eth_dst,output:3")) {
            byte[] frame = udp(A, B, 1, 2);
            lab.send("p1", frame);
            lab.turn();

            byte[] rewritten = frame.clone();
            rewritten[5] = 0x0c;
            assertThat(lab.receive("p2")).isEqualTo(frame);
            assertThat(lab.receive("p3")).isEqualTo(rewritten);
        }
    }

    @Test
    void shouldTranslateAgainOnlyWhatAMovedAddressConcerns() {
        try (SwitchLab lab = SwitchLab.withPorts(4).flows("actions=NORMAL")) {
            long other = 0x02_00_00_00_00_0cL;
            for (int i = 0; i < 3; i++) {
                lab.send("p1", udp(A, B, 1, 2)).turn();
                lab.send("p2", udp(B, A, 2, 1)).turn();
            }
            lab.outputs();
            long before = revalidations(lab);
            for (int i = 0; i < 10; i++) {
                lab.send(i % 2 == 0 ? "p3" : "p4", udp(other, 0x03_00_00_00_00_00L, 3, 4))
                        .turn();
                lab.outputs();
                lab.send("p1", udp(A, B, 1, 2)).turn();
                assertThat(lab.outputs()).isEqualTo("p2x1");
            }
            assertThat(revalidations(lab) - before)
                    .as("only the flapping host's two megaflows")
                    .isEqualTo(8);
            lab.send("p3", udp(B, A, 2, 1)).turn();
            lab.outputs();
            lab.send("p1", udp(A, B, 1, 2)).turn();
            assertThat(lab.outputs()).as("B has moved").isEqualTo("p3x1");
        }
    }

    /** Counters are published now and then. */
    private static long revalidations(SwitchLab lab) {
        lab.nowNs.addAndGet(1_000_000_000L);
        lab.turn();
        return lab.heddle.pollLoops().getFirst().revalidations();
    }

    @Test
    void shouldLearnWithNormal() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows("actions=NORMAL")) {
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            assertThat(lab.outputs()).as("unknown: flooded").isEqualTo("p2x1 p3x1");

            lab.send("p2", udp(B, A, 1, 2));
            lab.turn();
            assertThat(lab.outputs()).as("known: to its port").isEqualTo("p1x1");

            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            assertThat(lab.outputs()).as("the flood's megaflow is stale").isEqualTo("p2x1");
        }
    }

    @Test
    void shouldActAsLearningSwitchOnlyWhileNoControllerIsConnected() {
        try (SwitchLab lab = new SwitchLab()) {
            BridgeConfiguration plain = SwitchLab.bridge("br0", 2);
            lab.configure(new ConfigurationChange.PutBridge(new BridgeConfiguration(
                    "br0",
                    "00000000000000aa",
                    BridgeConfiguration.FailMode.STANDALONE,
                    List.of(),
                    List.of(),
                    List.of(),
                    plain.ports())));
            ControllerRegistration controller = lab.bridge().registerController("tcp:test", "OpenFlow13");

            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            assertThat(lab.outputs()).isEqualTo("p2x1");

            controller.connected("equal");
            lab.turn();
            lab.flows("actions=drop"); // what a controller leaves behind does not count when it is gone
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            assertThat(lab.outputs()).isEmpty();

            controller.disconnected("connection reset");
            lab.turn();
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            assertThat(lab.outputs()).isEqualTo("p2x1");
            assertThat(lab.bridge().datapathId()).isEqualTo(0xaa);
        }
    }

    @Test
    void shouldTellControllersOfPackets() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("priority=0 actions=CONTROLLER:30")) {
            EventSubscription events = lab.bridge().subscribe(EventInterest.all(() -> {}));
            byte[] frame = udp(A, B, 1, 2);
            lab.send("p2", frame);
            lab.turn();
            lab.turn();

            assertThat(events.poll()).isInstanceOfSatisfying(BridgeEvent.PacketIn.class, packet -> {
                assertThat(packet.inPort()).isEqualTo(2);
                assertThat(packet.totalLength()).isEqualTo(frame.length);
                assertThat(packet.frame()).hasSize(30);
                assertThat(packet.reason()).isZero();
            });
            assertThat(events.poll()).isNull();
        }
    }

    @Test
    void shouldBoundWhatWaitsForASlowSubscriberAndSayHowMuchWasLost() {
        try (SwitchLab lab = SwitchLab.withPorts(1).flows("actions=CONTROLLER")) {
            EventSubscription events =
                    lab.bridge().subscribe(new EventInterest(Set.of(BridgeEvent.Kind.PACKET_IN), 4, 1, 0, () -> {}));
            for (int i = 0; i < 10; i++) {
                lab.send("p1", udp(A, B, 1, 2));
            }
            lab.turn();
            lab.turn();

            assertThat(events.takeLost().packetIns()).isEqualTo(6);
            assertThat(events.takeLost().isNothing()).isTrue();
        }
    }

    @Test
    void shouldCountPacketsForAControllerThatIsNotThere() {
        try (SwitchLab lab = SwitchLab.withPorts(1).flows("actions=CONTROLLER")) {
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            lab.turn();
            assertThat(packetsWithoutController(lab)).isEqualTo(1);

            EventSubscription other =
                    lab.bridge().subscribe(new EventInterest(Set.of(BridgeEvent.Kind.PACKET_IN), 4, 1, 7, () -> {}));
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            lab.turn();
            assertThat(packetsWithoutController(lab)).as("for another id").isEqualTo(2);
            assertThat(other.poll()).isNull();

            EventSubscription events = lab.bridge().subscribe(EventInterest.all(() -> {}));
            lab.send("p1", udp(A, B, 1, 2));
            lab.turn();
            lab.turn();
            assertThat(packetsWithoutController(lab)).isEqualTo(2);
            assertThat(events.poll()).isInstanceOf(BridgeEvent.PacketIn.class);
        }
    }

    private static long packetsWithoutController(SwitchLab lab) {
        return lab.heddle.drops().stream()
                .filter(drop -> drop.reason().equals("NO_CONTROLLER"))
                .mapToLong(SwitchControl.DropCount::packets)
                .sum();
    }

    @Test
    void shouldNotForwardByNormalWhatIsForTheNeighbourOnly() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=NORMAL")) {
            for (long to :
                    new long[] {0x0180c2000000L, 0x0180c200000fL, 0x01000cccccccL, 0x01000ccccccdL, 0x00e02b000004L}) {
                lab.send("p1", udp(A, to, 1, 2)).turn();
                assertThat(lab.outputs()).as("%012x", to).isEmpty();
            }
            lab.send("p1", udp(A, 0x0180c2000010L, 1, 2)).turn();
            assertThat(lab.outputs()).isEqualTo("p2x1");
        }
    }

    @Test
    void shouldSendAControllersPacketThroughTheTables() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows("in_port=1 actions=output:3")) {
            lab.await(lab.bridge()
                    .packetOut(new BridgeControl.PacketOut(
                            udp(A, B, 1, 2), Ports.CONTROLLER, List.of(new Action.Output(2)))));
            lab.await(lab.bridge()
                    .packetOut(
                            new BridgeControl.PacketOut(udp(A, B, 1, 2), 1, List.of(new Action.Output(Ports.TABLE)))));
            lab.turn();

            assertThat(lab.outputs()).isEqualTo("p2x1 p3x1");
        }
    }

    @Test
    void shouldExpireFlowsAndSayWhy() {
        try (SwitchLab lab = SwitchLab.withPorts(1).flows("idle_timeout=5,send_flow_rem actions=drop")) {
            EventSubscription events = lab.bridge().subscribe(EventInterest.all(() -> {}));
            lab.nowNs.addAndGet(5_000_000_000L);
            lab.turn();

            assertThat(events.poll()).isInstanceOf(BridgeEvent.FlowChanged.class);
            assertThat(events.poll())
                    .isInstanceOfSatisfying(
                            BridgeEvent.FlowRemoved.class,
                            removed -> assertThat(removed.reason()).isEqualTo(BridgeEvent.RemovalReason.IDLE_TIMEOUT));
            assertThat(lab.allFlows()).isEmpty();
        }
    }

    @Test
    void shouldChangeNothingWhenAnAtomicBatchHasAnError() {
        try (SwitchLab lab = SwitchLab.withPorts(1)) {
            List<TableUpdate> updates = SwitchLab.updates("priority=1 actions=drop", "actions=group:9");
            var result = lab.await(lab.bridge().write(updates, Atomicity.DATAPLANE_ATOMIC, false));

            assertThat(result.failures()).extracting(UpdateFailure::index).containsExactly(0, 1);
            assertThat(result.failures().get(0).kind()).isEqualTo(UpdateFailure.Kind.ABORTED);
            assertThat(result.failures().get(1).error().code().openFlowName()).isEqualTo("OFPBAC_BAD_OUT_GROUP");
            assertThat(lab.allFlows()).isEmpty();
        }
    }

    @Test
    void shouldApplyTheRestOfABatchThatContinuesOnError() {
        try (SwitchLab lab = SwitchLab.withPorts(1)) {
            var result = lab.write(SwitchLab.updates("actions=group:9", "priority=1 actions=drop"));

            assertThat(result.failures()).extracting(UpdateFailure::index).containsExactly(0);
            assertThat(lab.onlyFlow().priority()).isEqualTo(1);
        }
    }

    @Test
    void shouldLeaveNothingOfABatchThatEndsInAnException() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            List<TableUpdate> good = SwitchLab.updates("ip,actions=output:2");
            List<TableUpdate> broken = new AbstractList<>() {
                @Override
                public TableUpdate get(int index) {
                    if (index == 1) {
                        throw new IllegalStateException("update 1 is broken");
                    }
                    return good.getFirst();
                }

                @Override
                public int size() {
                    return 2;
                }
            };
            assertThatThrownBy(() -> lab.bridge().commit(broken, Atomicity.CONTINUE_ON_ERROR, false))
                    .hasMessage("update 1 is broken");
            lab.flows("arp,actions=output:1");
            assertThat(lab.allFlows()).hasSize(1);
        }
    }

    @Test
    void shouldAskForPermissionWhenItIsTheWritesTurn() {
        try (SwitchLab lab = SwitchLab.withPorts(1)) {
            AtomicBoolean isPrimary = new AtomicBoolean(true);
            var written = lab.bridge()
                    .write(SwitchLab.updates("actions=output:1"), Atomicity.CONTINUE_ON_ERROR, false, () -> {
                        if (!isPrimary.get()) {
                            throw new IllegalStateException("another is the primary");
                        }
                    });
            isPrimary.set(false);
            assertThatThrownBy(() -> lab.await(written)).cause().hasMessage("another is the primary");
            assertThat(lab.allFlows()).isEmpty();
        }
    }

    @Test
    void shouldSaveAgainWhatCouldNotBeSaved() {
        FailingStore store = new FailingStore();
        SwitchLab lab = new SwitchLab(store);
        lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", 1)));
        lab.flows("actions=output:1");
        turnUntil(lab, () -> lab.heddle.failedTableSaves() >= 3);
        assertThat(lab.exceptions).as("it is told once").hasSize(1);
        assertThat(lab.exceptions.getFirst()).hasMessage("no space left on device");
        lab.exceptions.clear();
        store.isFull = false;
        turnUntil(lab, () -> store.savedFlows == 1);
        lab.close();
    }

    private static void turnUntil(SwitchLab lab, BooleanSupplier condition) {
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            lab.nowNs.addAndGet(1_000_000_000L);
            lab.turn();
            return condition.getAsBoolean();
        });
    }

    private static final class FailingStore implements StateStore {
        volatile boolean isFull = true;
        volatile int savedFlows;

        @Override
        public void saveConfiguration(SwitchConfiguration configuration) {}

        @Override
        public void savePortSettings(String bridge, Map<String, Integer> settings) {}

        @Override
        public Map<String, Integer> loadPortSettings(String bridge) {
            return Map.of();
        }

        @Override
        public void saveTables(String bridge, Tables tables) throws IOException {
            if (isFull) {
                throw new IOException("no space left on device");
            }
            savedFlows = tables.flows().size();
        }

        @Override
        public void forgetTables(String bridge) {}

        @Override
        public Tables loadTables(String bridge, Consumer<String> refused) {
            return Tables.EMPTY;
        }

        @Override
        public String setTablesAside(String bridge) {
            throw new AssertionError("nothing was refused");
        }
    }

    @Test
    void shouldOnlyCheckWhenAskedTo() {
        try (SwitchLab lab = SwitchLab.withPorts(1)) {
            var result = lab.await(lab.bridge()
                    .write(SwitchLab.updates("actions=drop", "actions=group:9"), Atomicity.CONTINUE_ON_ERROR, true));

            assertThat(result.failures()).hasSize(1);
            assertThat(lab.allFlows()).isEmpty();
        }
    }

    @Test
    void shouldRefuseByPrecondition() {
        try (SwitchLab lab = SwitchLab.withPorts(1).flows("priority=7 actions=drop")) {
            FlowMod mod = ((FlowUpdate)
                            SwitchLab.updates("priority=7 actions=output:1").getFirst())
                    .mod();
            FlowMod other = ((FlowUpdate) SwitchLab.updates("modify_strict priority=8 actions=output:1")
                            .getFirst())
                    .mod();
            var result = lab.write(
                    List.of(new FlowUpdate(mod, Precondition.ABSENT), new FlowUpdate(other, Precondition.PRESENT)));

            assertThat(result.failures())
                    .extracting(UpdateFailure::kind)
                    .containsExactly(UpdateFailure.Kind.ALREADY_EXISTS, UpdateFailure.Kind.NOT_FOUND);
        }
    }

    @Test
    void shouldNotFindAFlowThatAnotherPutThere() {
        try (SwitchLab lab = SwitchLab.withPorts(1).flows("cookie=0x11,priority=7 actions=drop")) {
            List<FlowUpdate> wrong = SwitchLab.updates("delete_strict table=0,cookie=0x22/0xff,priority=7").stream()
                    .map(update -> new FlowUpdate(((FlowUpdate) update).mod(), Precondition.PRESENT))
                    .toList();
            assertThat(lab.write(List.copyOf(wrong)).failures())
                    .extracting(UpdateFailure::kind)
                    .containsExactly(UpdateFailure.Kind.NOT_FOUND);
            assertThat(lab.allFlows()).hasSize(1);

            List<FlowUpdate> right = SwitchLab.updates("delete_strict table=0,cookie=0x1f/0xf0,priority=7").stream()
                    .map(update -> new FlowUpdate(((FlowUpdate) update).mod(), Precondition.PRESENT))
                    .toList();
            assertThat(lab.write(List.copyOf(right)).failures()).isEmpty();
            assertThat(lab.allFlows()).isEmpty();
        }
    }

    @Test
    void shouldTraceAndNameTheFlow() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("priority=5,udp actions=output:2")) {
            TraceReport report = lab.await(lab.bridge().trace(new TraceSubject.Frame(udp(A, B, 1, 2), 1)));

            assertThat(report.text()).contains("bridge(\"br0\")", "priority 5").contains("Datapath actions: 2");
            assertThat(report.datapathActions()).isEqualTo("2");
            assertThat(report.root().kind()).isEqualTo(TraceReport.Kind.BRIDGE);
            assertThat(lab.onlyFlow().packets()).isZero();
        }
    }

    @Test
    void shouldReportMegaflows() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("in_port=1 actions=output:2")) {
            lab.send("p1", udp(A, B, 1, 2)).turn();
            var megaflows = lab.await(lab.heddle.megaflows(0));

            assertThat(megaflows).singleElement().satisfies(megaflow -> {
                assertThat(megaflow.actionsText()).isEqualTo("2");
                assertThat(megaflow.packets()).isEqualTo(1);
                assertThat(megaflow.matchText()).contains("in_port=1");
            });
        }
    }

    @Test
    void shouldConnectBridgesByPatchPorts() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            lab.configure(
                    new ConfigurationChange.PutBridge(SwitchLab.bridge("br1", 1)),
                    new ConfigurationChange.PutPort("br0", patch("to1", "to0")),
                    new ConfigurationChange.PutPort("br1", patch("to0", "to1")));
            int to1 = lab.await(lab.bridge().read(BridgeReader::ports)).stream()
                    .filter(port -> port.name().equals("to1"))
                    .findFirst()
                    .orElseThrow()
                    .number();
            lab.flows("in_port=1 actions=output:" + to1);
            lab.await(
                    lab.bridge("br1").write(SwitchLab.updates("actions=output:1"), Atomicity.CONTINUE_ON_ERROR, false));

            lab.send("p1", udp(A, B, 1, 2)).turn();

            assertThat(lab.outputs()).isEqualTo("br1-p1x1");
        }
    }

    @Test
    void shouldCountWhatCrossesPatchPorts() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            lab.configure(
                    new ConfigurationChange.PutBridge(SwitchLab.bridge("br1", 1)),
                    new ConfigurationChange.PutPort("br0", patch("to1", "to0")),
                    new ConfigurationChange.PutPort("br1", patch("to0", "to1")));
            lab.flows("in_port=1 actions=output:" + state(lab, "br0", "to1").number());
            lab.await(
                    lab.bridge("br1").write(SwitchLab.updates("actions=output:1"), Atomicity.CONTINUE_ON_ERROR, false));
            byte[] frame = udp(A, B, 1, 2);
            lab.send("p1", frame).turn();
            lab.send("p1", frame).send("p1", frame).turn();
            lab.await(lab.bridge().trace(new TraceSubject.Frame(frame, 1))); // is no packet

            assertThat(lab.outputs()).isEqualTo("br1-p1x3");
            long octets = 3L * frame.length;
            assertThat(state(lab, "br0", "to1").counters())
                    .isEqualTo(new PortState.Counters(0, 3, 0, octets, 0, 0, 0, 0));
            assertThat(state(lab, "br1", "to0").counters())
                    .isEqualTo(new PortState.Counters(3, 0, octets, 0, 0, 0, 0, 0));
        }
    }

    private static PortState state(SwitchLab lab, String bridge, String port) {
        return lab.await(lab.bridge(bridge).read(BridgeReader::ports)).stream()
                .filter(each -> each.name().equals(port))
                .findFirst()
                .orElseThrow();
    }

    private static PortConfiguration patch(String name, String peer) {
        return new PortConfiguration(
                name, 0, PortConfiguration.PortType.PATCH, peer, "", "", 0, "", "", "", 0, PortVlans.ALL);
    }

    @Test
    void shouldFollowAPortsSettingAndItsLink() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("in_port=1 actions=output:2")) {
            EventSubscription events = lab.bridge().subscribe(EventInterest.all(() -> {}));
            lab.write(List.of(
                    new TableUpdate.PortUpdate(2, PortState.CONFIG_NO_FORWARD, PortState.CONFIG_NO_FORWARD, -1)));
            lab.send("p1", udp(A, B, 1, 2)).turn();
            assertThat(lab.outputs()).isEmpty();
            assertThat(events.poll()).isInstanceOf(BridgeEvent.PortStatus.class);

            lab.write(List.of(new TableUpdate.PortUpdate(2, 0, PortState.CONFIG_NO_FORWARD, -1)));
            lab.port("p2").setLinkUp(false);
            lab.nowNs.addAndGet(200_000_000);
            lab.turn();
            events.poll();
            assertThat(events.poll())
                    .isInstanceOfSatisfying(
                            BridgeEvent.PortStatus.class,
                            status -> assertThat(status.port().linkUp()).isFalse());
        }
    }

    @Test
    void shouldTellOfEveryGroupAndMeterThatIsDeletedWithAllOthers() {
        try (SwitchLab lab = SwitchLab.withPorts(1)
                .flows(
                        "group group_id=1,type=all,bucket=output:1",
                        "group group_id=7,type=all,bucket=group:1",
                        "meter meter=3,kbps,bands=type=drop,rate=1000")) {
            EventSubscription events = lab.bridge().subscribe(EventInterest.all(() -> {}));
            GroupMod groups =
                    new GroupMod(GroupMod.Command.DELETE, GroupMod.GroupType.ALL, GroupMod.ALL_GROUPS, List.of());
            GroupMod missing = new GroupMod(GroupMod.Command.DELETE, GroupMod.GroupType.ALL, 99, List.of());
            MeterMod meters = new MeterMod(MeterMod.Command.DELETE, MeterMod.ALL_METERS, Set.of(), List.of());
            lab.write(List.of(
                    new TableUpdate.GroupUpdate(groups),
                    new TableUpdate.GroupUpdate(missing),
                    new TableUpdate.MeterUpdate(meters)));

            List<String> told = new ArrayList<>();
            for (BridgeEvent event = events.poll(); event != null; event = events.poll()) {
                switch (event) {
                    case BridgeEvent.GroupChanged changed ->
                        told.add(changed.change() + " group " + changed.group().groupId());
                    case BridgeEvent.MeterChanged changed ->
                        told.add(changed.change() + " meter " + changed.meter().meterId());
                    default -> told.add(event.toString());
                }
            }
            assertThat(told).containsExactlyInAnyOrder("REMOVED group 1", "REMOVED group 7", "REMOVED meter 3");
        }
    }

    @Test
    void shouldCountWhatRefersToGroupsAndMeters() {
        try (SwitchLab lab = SwitchLab.withPorts(1)
                .flows(
                        "group group_id=1,type=all,bucket=output:1",
                        "group group_id=7,type=all,bucket=group:1",
                        "meter meter=3,kbps,bands=type=drop,rate=1000",
                        "priority=1,actions=group:1,group:1",
                        "priority=2,actions=write_actions(group:7)",
                        "priority=3,actions=meter:3,clone(group:1)")) {
            assertThat(lab.await(lab.bridge().read(BridgeReader::groups)))
                    .extracting(group -> group.groupId() + " " + group.referenceCount())
                    .containsExactlyInAnyOrder("1 3", "7 1");
            assertThat(lab.await(lab.bridge().read(BridgeReader::meters)))
                    .extracting(meter -> meter.meterId() + " " + meter.flowCount())
                    .containsExactly("3 1");
        }
    }

    @Test
    void shouldLookUpAgainMorePacketsOfControllersThanABatchHolds() {
        int count = 200;
        try (SwitchLab lab =
                SwitchLab.withPorts(2).flows("table=0,ip actions=ct(zone=1,table=1)", "table=1,ip actions=output:2")) {
            var packet = new BridgeControl.PacketOut(udp(A, B, 1, 2), 1, List.of(new Action.Output(Ports.TABLE)));
            for (int i = 0; i < count; i++) {
                var _ = lab.bridge().packetOut(packet);
            }
            lab.await(lab.bridge().barrier());
            assertThat(lab.heddle.datapathLoops().drops(DropReason.RECIRC_LIMIT))
                    .isZero();
            assertThat(lab.outputs()).isEqualTo("p2x" + count);
        }
    }

    @Test
    void shouldReadManyConnectionsInSlices() {
        int count = 3 * ConnectionQuery.PER_CYCLE / 2;
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("ip actions=ct(zone=1,commit),output:2")) {
            for (int i = 1; i <= count; i++) {
                lab.send("p1", udp(A, B, i, 53));
                lab.turn();
                lab.outputs();
            }
            assertThat(lab.await(lab.heddle.connections(null, Integer.MAX_VALUE)))
                    .hasSize(count)
                    .doesNotHaveDuplicates();
            assertThat(lab.await(lab.heddle.connections(null, 5))).hasSize(5);
            assertThat(lab.await(lab.heddle.connections(2, 5))).isEmpty();
        }
    }
}
