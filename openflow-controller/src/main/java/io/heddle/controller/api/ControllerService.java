package io.heddle.controller.api;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
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
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code heddle.v1.Controller}. A filter that cannot be one (a MAC address with five octets) is refused with its path; one that fits
 * nothing gives nothing.
 *
 * <p>Thread safety: safe; called on gRPC's threads.
 */
public final class ControllerService extends ControllerGrpc.ControllerImplBase {
    private static final Comparator<HostEntry> BY_PLACE = Comparator.<HostEntry, String>comparing(
                    entry -> entry.host().id().toString())
            .thenComparingInt(entry -> entry.host().vlan())
            .thenComparingLong(entry -> entry.host().mac());
    private static final Comparator<LeaseEntry> BY_ADDRESS = Comparator.<LeaseEntry, String>comparing(
                    entry -> entry.lease().network())
            .thenComparingLong(entry -> entry.lease().ip() & 0xffffffffL);

    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})";
    private static final Predicate<String> IS_IP =
            Pattern.compile(OCTET + "(\\." + OCTET + "){3}").asMatchPredicate();
    private static final Predicate<String> IS_MAC =
            Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}").asMatchPredicate();
    private static final Predicate<String> IS_DATAPATH_ID =
            Pattern.compile("[0-9a-fA-F]{16}").asMatchPredicate();

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
                        .map(ControllerService::info));
    }

    @Override
    public void listHosts(ListHostsRequest request, StreamObserver<Host> responses) {
        answer(responses, () -> {
            check("datapath_id", request.getDatapathId(), IS_DATAPATH_ID, "16 hexadecimal digits");
            checkMac(request.getMac());
            checkIp(request.getIp());
            return inventory.hosts().stream()
                    .sorted(BY_PLACE)
                    .map(ControllerService::host)
                    .filter(host -> fits(request.getDatapathId(), host.getDatapathId())
                            && fits(request.getMac(), host.getMac())
                            && (request.getIp().isEmpty() || host.getIpsList().contains(request.getIp())));
        });
    }

    @Override
    public void listLeases(ListLeasesRequest request, StreamObserver<Lease> responses) {
        answer(responses, () -> {
            checkMac(request.getMac());
            checkIp(request.getIp());
            checkStates(request);
            long now = inventory.nowMillis();
            return inventory.leases().stream()
                    .sorted(BY_ADDRESS)
                    .map(entry -> lease(entry, now))
                    .filter(lease -> (request.getNetwork().isEmpty()
                                    || request.getNetwork().equals(lease.getNetwork()))
                            && fits(request.getMac(), lease.getMac())
                            && fits(request.getIp(), lease.getIp())
                            && (request.getStatesCount() == 0
                                    || request.getStatesList().contains(lease.getState())));
        });
    }

    private static void checkStates(ListLeasesRequest request) {
        for (int i = 0; i < request.getStatesCount(); i++) {
            Lease.State state = request.getStates(i);
            if (state == Lease.State.STATE_UNSPECIFIED || state == Lease.State.UNRECOGNIZED) {
                throw refusal(
                        "states[" + i + "]",
                        "%d is no state of a lease: OFFERED (1) to EXPIRED (5)".formatted(request.getStatesValue(i)));
            }
        }
    }

    private static void checkMac(String mac) {
        check("mac", mac, IS_MAC, "six octets like 02:00:00:00:00:07");
    }

    private static void checkIp(String ip) {
        check("ip", ip, IS_IP, "an IPv4 address like 10.0.0.100");
    }

    private static void check(String path, String text, Predicate<String> isRight, String whatIsRight) {
        if (!text.isEmpty() && !isRight.test(text)) {
            String clean = text.replaceAll("\\p{C}", "?");
            String shown = clean.length() <= 60 ? clean : clean.substring(0, 57) + "...";
            throw refusal(path, "\"%s\" is wrong, write %s".formatted(shown, whatIsRight));
        }
    }

    private static StatusRuntimeException refusal(String path, String message) {
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Code.INVALID_ARGUMENT_VALUE)
                .setMessage(path + ": " + message)
                .addDetails(Any.pack(BadRequest.newBuilder()
                        .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                                .setField(path)
                                .setDescription(message))
                        .build()))
                .build());
    }

    private static boolean fits(String wanted, String is) {
        return wanted.isEmpty() || wanted.toLowerCase(Locale.ROOT).equals(is);
    }

    private static <T> void answer(StreamObserver<T> responses, Supplier<Stream<T>> find) {
        // The server gives this type to every method; its handlers must be set before the method returns.
        Pump<T> pump = new Pump<>((ServerCallStreamObserver<T>) responses);
        try {
            pump.start(find.get().iterator());
        } catch (StatusRuntimeException e) {
            responses.onError(e);
        } catch (IllegalStateException e) {
            responses.onError(Status.UNAVAILABLE.withDescription(e.getMessage()).asRuntimeException());
        }
    }

    /** Spells messages only as fast as the client takes them: a slow one does not fill the memory. */
    private static final class Pump<T> {
        private final ServerCallStreamObserver<T> client;
        private Iterator<T> messages = Collections.emptyIterator();
        private boolean started;
        private boolean ended;

        Pump(ServerCallStreamObserver<T> client) {
            this.client = client;
            client.setOnReadyHandler(this::drain);
            client.setOnCancelHandler(this::cancel);
        }

        synchronized void start(Iterator<T> all) {
            messages = all;
            started = true;
            drain();
        }

        private synchronized void cancel() {
            ended = true;
        }

        private synchronized void drain() {
            while (started && !ended && client.isReady()) {
                if (!messages.hasNext()) {
                    ended = true;
                    client.onCompleted();
                    return;
                }
                client.onNext(messages.next());
            }
        }
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
                .setDatapathId(lease.datapathId() == 0 ? "" : "%016x".formatted(lease.datapathId()))
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
