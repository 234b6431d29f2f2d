package io.heddle.controller.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.heddle.controller.api.Inventory.HostEntry;
import io.heddle.controller.api.Inventory.LeaseEntry;
import io.heddle.controller.app.dhcp.DhcpNetwork;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.flow.packet.EthernetView;
import io.heddle.proto.v1.ControllerGrpc;
import io.heddle.proto.v1.Host;
import io.heddle.proto.v1.Lease;
import io.heddle.proto.v1.ListHostsRequest;
import io.heddle.proto.v1.ListLeasesRequest;
import io.heddle.proto.v1.ListSwitchesRequest;
import io.heddle.proto.v1.SwitchInfo;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * {@code heddle.v1.Controller}.
 *
 * <p>Thread safety: safe; called on gRPC's threads.
 */
public final class ControllerService extends ControllerGrpc.ControllerImplBase {
    private static final Comparator<HostEntry> BY_PLACE = Comparator.<HostEntry>comparingLong(
                    entry -> entry.host().id().datapathId())
            .thenComparingInt(entry -> entry.host().vlan())
            .thenComparingLong(entry -> entry.host().mac());
    private static final Comparator<LeaseEntry> BY_ADDRESS = Comparator.<LeaseEntry, String>comparing(
                    entry -> entry.lease().network())
            .thenComparingLong(entry -> entry.lease().ip() & 0xffffffffL);

    private final Inventory inventory;

    public ControllerService(Inventory inventory) {
        this.inventory = inventory;
    }

    @Override
    public void listSwitches(ListSwitchesRequest request, StreamObserver<SwitchInfo> responses) {
        answer(
                responses,
                () -> inventory.switches().stream()
                        .sorted(Comparator.comparing(SwitchStatus::target))
                        .map(ControllerService::info)
                        .toList());
    }

    @Override
    public void listHosts(ListHostsRequest request, StreamObserver<Host> responses) {
        answer(
                responses,
                () -> inventory.hosts().stream()
                        .sorted(BY_PLACE)
                        .map(ControllerService::host)
                        .filter(host -> fits(request.getDatapathId(), host.getDatapathId())
                                && fits(request.getMac(), host.getMac())
                                && (request.getIp().isEmpty()
                                        || host.getIpsList().contains(request.getIp())))
                        .toList());
    }

    @Override
    public void listLeases(ListLeasesRequest request, StreamObserver<Lease> responses) {
        long now = inventory.nowMillis();
        answer(
                responses,
                () -> inventory.leases().stream()
                        .sorted(BY_ADDRESS)
                        .map(entry -> lease(entry, now))
                        .filter(lease -> (request.getNetwork().isEmpty()
                                        || request.getNetwork().equals(lease.getNetwork()))
                                && fits(request.getMac(), lease.getMac())
                                && fits(request.getIp(), lease.getIp())
                                && (request.getStatesCount() == 0
                                        || request.getStatesList().contains(lease.getState())))
                        .toList());
    }

    private static boolean fits(String wanted, String is) {
        return wanted.isEmpty() || wanted.toLowerCase(Locale.ROOT).equals(is);
    }

    private static <T> void answer(StreamObserver<T> responses, Supplier<List<T>> find) {
        List<T> found;
        try {
            found = find.get();
        } catch (IllegalStateException e) {
            responses.onError(Status.UNAVAILABLE.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        found.forEach(responses::onNext);
        responses.onCompleted();
    }

    private static SwitchInfo info(SwitchStatus status) {
        SwitchView view = status.view();
        SwitchInfo.Builder info = SwitchInfo.newBuilder()
                .setTarget(status.target())
                .setState(
                        switch (status.state()) {
                            case CONNECTING -> SwitchInfo.State.CONNECTING;
                            case SECONDARY -> SwitchInfo.State.SECONDARY;
                            case RECONCILING -> SwitchInfo.State.RECONCILING;
                            case READY -> SwitchInfo.State.READY;
                        })
                .setSince(time(status.sinceMillis()))
                .setIntendedFlows(status.intendedFlows())
                .setLastError(status.lastError());
        if (view != null) {
            info.setBridge(view.bridge())
                    .setDatapathId(view.id().toString())
                    .setPorts(view.ports().size());
        }
        return info.build();
    }

    private static Host host(HostEntry entry) {
        SwitchView view = entry.view();
        int port = entry.host().port();
        return Host.newBuilder()
                .setMac(EthernetView.text(entry.host().mac()))
                .addAllIps(entry.ips().stream().map(DhcpNetwork::text).toList())
                .setDatapathId(entry.host().id().toString())
                .setBridge(view == null ? "" : view.bridge())
                .setPort(port)
                .setPortName(view == null ? "" : view.portName(port))
                .setVlan(entry.host().vlan())
                .setLastSeen(time(entry.host().seenMillis()))
                .setSince(time(entry.host().sinceMillis()))
                .build();
    }

    private static Lease lease(LeaseEntry entry, long now) {
        io.heddle.controller.store.Lease lease = entry.lease();
        Lease.Builder proto = Lease.newBuilder()
                .setIp(DhcpNetwork.text(lease.ip()))
                .setMac(EthernetView.text(lease.mac()))
                .setClientId(octets(lease.clientId()))
                .setHostname(lease.hostname())
                .setNetwork(lease.network())
                .setState(entry.offered() ? Lease.State.OFFERED : state(lease, now))
                .setStarts(time(lease.startsMillis()))
                .setReserved(lease.reserved())
                .setDatapathId("%016x".formatted(lease.datapathId()))
                .setPort(lease.port())
                .setRelayAgentInformation(octets(lease.relayInformation()));
        if (lease.expiresMillis() != io.heddle.controller.store.Lease.ENDLESS) {
            proto.setExpires(time(lease.expiresMillis()));
        }
        return proto.build();
    }

    private static Lease.State state(io.heddle.controller.store.Lease lease, long now) {
        return switch (lease.state()) {
            case BOUND -> lease.isActive(now) ? Lease.State.BOUND : Lease.State.EXPIRED;
            case RELEASED -> Lease.State.RELEASED;
            case DECLINED -> lease.isDeclined(now) ? Lease.State.DECLINED : Lease.State.EXPIRED;
        };
    }

    private static ByteString octets(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }

    private static Timestamp time(long millis) {
        return Timestamp.newBuilder()
                .setSeconds(Math.floorDiv(millis, 1000))
                .setNanos(Math.floorMod(millis, 1000) * 1_000_000)
                .build();
    }
}
