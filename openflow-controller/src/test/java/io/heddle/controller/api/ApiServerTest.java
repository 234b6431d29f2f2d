package io.heddle.controller.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.heddle.controller.api.Inventory.HostEntry;
import io.heddle.controller.api.Inventory.LeaseEntry;
import io.heddle.controller.app.learning.LearnedHost;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.controller.store.Lease;
import io.heddle.proto.v1.ControllerGrpc;
import io.heddle.proto.v1.Host;
import io.heddle.proto.v1.ListHostsRequest;
import io.heddle.proto.v1.ListLeasesRequest;
import io.heddle.proto.v1.ListSwitchesRequest;
import io.heddle.proto.v1.SwitchInfo;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiServerTest {
    private static final long NOW = 1_700_000_000_500L;
    private static final SwitchId LOW = new SwitchId(1);
    private static final SwitchId HIGH = new SwitchId(-1);

    @TempDir
    Path directory;

    private final List<SwitchStatus> switches = new ArrayList<>();
    private final List<HostEntry> hosts = new ArrayList<>();
    private final List<LeaseEntry> leases = new ArrayList<>();
    private EventLoopGroup group;
    private ApiServer api;
    private ManagedChannel channel;
    private ControllerGrpc.ControllerBlockingStub stub;

    @BeforeEach
    void start() throws IOException {
        Path socket = directory.resolve("run").resolve("c.sock");
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        FixedInventory inventory = new FixedInventory(switches, hosts, leases, NOW);
        api = ApiServer.start(List.of("unix:" + socket, "127.0.0.1:0"), new ControllerService(inventory), group);
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                .eventLoopGroup(group)
                .channelType(EpollDomainSocketChannel.class)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        stub = ControllerGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        api.close();
        var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static SwitchView view(SwitchId id, String bridge, int port) {
        return new SwitchView(id, bridge, "unix:/s", Map.of(port, new SwitchPort(port, bridge + "-" + port, true)));
    }

    private static HostEntry host(SwitchId id, String bridge, int vlan, long mac, int port, List<Integer> ips) {
        return new HostEntry(new LearnedHost(id, vlan, mac, port, NOW, NOW), view(id, bridge, port), ips);
    }

    private static Lease lease(String network, int ip, Lease.State state, long expires) {
        return new Lease(
                network, ip, "hw:1:x", 0x020000000007L, "ff01", "h7", state, NOW - 60_000, expires, true, 1, 7, "0101");
    }

    @Test
    void shouldTellWhatSwitchesDo() {
        switches.add(new SwitchStatus("unix:/b", view(LOW, "br1", 3), SwitchStatus.State.READY, NOW, 12, ""));
        switches.add(new SwitchStatus("unix:/a", null, SwitchStatus.State.CONNECTING, 0, 0, "no such file"));
        List<SwitchInfo> infos = new ArrayList<>();
        stub.listSwitches(ListSwitchesRequest.getDefaultInstance()).forEachRemaining(infos::add);
        assertThat(infos).hasSize(2);
        assertThat(infos.get(0).getLastError()).isEqualTo("no such file");
        assertThat(infos.get(0).getDatapathId()).isEmpty();
        assertThat(infos.get(1).getDatapathId()).isEqualTo("0000000000000001");
        assertThat(infos.get(1).getState()).isEqualTo(SwitchInfo.State.READY);
        assertThat(infos.get(1).getSince())
                .isEqualTo(Timestamp.newBuilder()
                        .setSeconds(1_700_000_000L)
                        .setNanos(500_000_000)
                        .build());
        assertThat(infos.get(1).getIntendedFlows()).isEqualTo(12);
    }

    @Test
    void shouldFindHostsByEachFilter() {
        hosts.add(host(HIGH, "br1", 0, 9, 1, List.of(0x0a000009)));
        hosts.add(host(LOW, "br0", 10, 7, 2, List.of(0x0a000007, 0xc0a80001)));
        hosts.add(host(LOW, "br0", 0, 8, 3, List.of()));
        assertThat(hosts(ListHostsRequest.getDefaultInstance()))
                .extracting(Host::getMac)
                .containsExactly("00:00:00:00:00:08", "00:00:00:00:00:07", "00:00:00:00:00:09");
        assertThat(hosts(ListHostsRequest.newBuilder()
                        .setDatapathId("ffffffffffffffff")
                        .build()))
                .extracting(Host::getBridge)
                .containsExactly("br1");
        assertThat(hosts(ListHostsRequest.newBuilder().setIp("192.168.0.1").build()))
                .flatExtracting(host -> List.copyOf(host.getIpsList()))
                .containsExactly("10.0.0.7", "192.168.0.1");
        assertThat(hosts(ListHostsRequest.newBuilder()
                        .setMac("00:00:00:00:00:08")
                        .build()))
                .extracting(Host::getPortName)
                .containsExactly("br0-3");
    }

    private List<Host> hosts(ListHostsRequest request) {
        List<Host> found = new ArrayList<>();
        stub.listHosts(request).forEachRemaining(found::add);
        return found;
    }

    @Test
    void shouldTellLeasesByTheirStateNow() {
        leases.add(new LeaseEntry(lease("lan", 0x0a000003, Lease.State.BOUND, NOW), false));
        leases.add(new LeaseEntry(lease("lan", 0x0a000002, Lease.State.BOUND, Lease.ENDLESS), false));
        leases.add(new LeaseEntry(lease("lan", 0x0a000004, Lease.State.BOUND, NOW + 1), true));
        leases.add(new LeaseEntry(lease("dmz", 0xc0000205, Lease.State.DECLINED, NOW + 1), false));
        List<io.heddle.proto.v1.Lease> all = leases(ListLeasesRequest.getDefaultInstance());
        assertThat(all)
                .extracting(each -> each.getNetwork() + " " + each.getIp() + " " + each.getState())
                .containsExactly(
                        "dmz 192.0.2.5 DECLINED", "lan 10.0.0.2 BOUND", "lan 10.0.0.3 EXPIRED", "lan 10.0.0.4 OFFERED");
        assertThat(all.get(1).hasExpires()).isFalse();
        assertThat(all.get(1).getMac()).isEqualTo("02:00:00:00:00:07");
        assertThat(all.get(1).getClientId().toByteArray()).containsExactly(0xff, 1);
        assertThat(leases(ListLeasesRequest.newBuilder()
                        .setNetwork("lan")
                        .addStates(io.heddle.proto.v1.Lease.State.EXPIRED)
                        .build()))
                .extracting(io.heddle.proto.v1.Lease::getIp)
                .containsExactly("10.0.0.3");
    }

    private List<io.heddle.proto.v1.Lease> leases(ListLeasesRequest request) {
        List<io.heddle.proto.v1.Lease> found = new ArrayList<>();
        stub.listLeases(request).forEachRemaining(found::add);
        return found;
    }

    @Test
    void shouldSendMoreThanTheNetworkTakesAtOnce() {
        for (int i = 0; i < 20_000; i++) {
            leases.add(new LeaseEntry(lease("lan", 0x0a000000 + i, Lease.State.BOUND, Lease.ENDLESS), false));
        }
        assertThat(leases(ListLeasesRequest.getDefaultInstance())).hasSize(20_000);
    }

    @Test
    void shouldNameAFilterThatCannotBeOne() {
        assertThatThrownBy(() ->
                        hosts(ListHostsRequest.newBuilder().setMac("02:00").build()))
                .hasMessage("INVALID_ARGUMENT: mac: \"02:00\" is wrong, write six octets like 02:00:00:00:00:07");
        assertThatThrownBy(() -> leases(
                        ListLeasesRequest.newBuilder().setIp("10.0.0.256").build()))
                .hasMessage("INVALID_ARGUMENT: ip: \"10.0.0.256\" is wrong, write an IPv4 address like 10.0.0.100");
        assertThatThrownBy(() ->
                        leases(ListLeasesRequest.newBuilder().addStatesValue(99).build()))
                .hasMessage("INVALID_ARGUMENT: states[0]: 99 is no state of a lease: OFFERED (1) to EXPIRED (5)");
    }

    @Test
    void shouldSayThatItIsHealthyOnEveryAddress() {
        HealthCheckRequest request = HealthCheckRequest.newBuilder()
                .setService("heddle.v1.Controller")
                .build();
        assertThat(HealthGrpc.newBlockingStub(channel).check(request).getStatus())
                .isEqualTo(ServingStatus.SERVING);
        String tcp = api.addresses().get(1);
        ManagedChannel other =
                NettyChannelBuilder.forTarget("dns:///" + tcp).usePlaintext().build();
        try {
            assertThat(HealthGrpc.newBlockingStub(other)
                            .withDeadlineAfter(20, TimeUnit.SECONDS)
                            .check(request)
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    void shouldLeaveALivingSocketAloneAndRemoveItsOwn() throws IOException {
        Path socket = directory.resolve("run").resolve("c.sock");
        List<String> listen = List.of("unix:" + socket);
        ControllerService nothing = new ControllerService(new FixedInventory(List.of(), List.of(), List.of(), NOW));
        assertThatThrownBy(() -> ApiServer.start(listen, nothing, group))
                .hasMessage("cannot listen on unix:" + socket
                        + ": another process listens on it; stop it or choose another path");
        assertThat(hosts(ListHostsRequest.getDefaultInstance())).isEmpty();
        api.close();
        assertThat(Files.exists(socket)).isFalse();
    }
}
