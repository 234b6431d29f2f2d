package io.heddle.controller.app.dhcp;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.Event.AddressBound.Origin;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.Matches;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.Segment;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.core.TokenBucket;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.pipeline.PipelineTable;
import io.heddle.controller.store.Lease;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IpProtocols;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The DHCP server as an app: takes requests out of packets, finds the network, answers.
 *
 * <pre>
 *   DISCOVER ------> offer kept in memory -------------------------> OFFER
 *   REQUEST  ------> binding ----> written to the disk ------------> ACK, and ARP is told
 *   DECLINE, RELEASE ------------> written to the disk
 * </pre>
 *
 * <p>An ACK leaves only when the lease is on the disk ({@link Command.Durably}). What each message means is {@link DhcpServer}'s.
 *
 * <p>Thread: the controller loop.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2131">RFC 2131</a>
 */
public final class DhcpApp implements ControllerApp {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;

    private static final int APP = 4;
    private static final int PRIORITY = 1000;
    private static final int MAX_REMEMBERED_CLIENTS = 65536;
    private static final int MAX_SEEN_ADDRESSES = 65536;

    private record AddressKey(String network, int ip) {}

    private final Map<String, DhcpServer> servers = new LinkedHashMap<>();
    private final DhcpLimits limits;
    private final MeterRegistry meters;
    private final Map<String, Counter> counters = new HashMap<>();
    private final Cache<Long, TokenBucket> clientLimits;

    /** Who uses an address according to ARP traffic, leased or not. */
    private final Cache<AddressKey, Long> seen;

    private boolean announced;
    private long lastSweepMillis;
    private long nowNanos;

    /**
     * The server.
     *
     * @param leases what the store remembers
     */
    public DhcpApp(List<DhcpNetwork> networks, DhcpLimits limits, List<Lease> leases, MeterRegistry meters) {
        this.limits = limits;
        this.meters = meters;
        this.clientLimits = Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED_CLIENTS)
                .executor(Runnable::run)
                .build();
        this.seen = Caffeine.newBuilder()
                .maximumSize(MAX_SEEN_ADDRESSES)
                .expireAfterWrite(Duration.ofMinutes(10))
                .ticker(() -> nowNanos)
                .executor(Runnable::run)
                .build();
        for (DhcpNetwork network : networks) {
            DhcpServer server = new DhcpServer(network, limits, (ip, mac) -> isSeenElsewhere(network.name(), ip, mac));
            servers.put(network.name(), server);
            meters.gauge(
                    "heddle.dhcp.pool.addresses",
                    List.of(Tag.of("network", network.name())),
                    server,
                    each -> each.pool().size());
        }
        for (Lease lease : leases) {
            DhcpServer server = servers.get(lease.network());
            if (server != null && server.pool().network().contains(lease.ip())) {
                server.pool().put(lease);
            }
        }
    }

    @Override
    public String name() {
        return "dhcp";
    }

    /** Every lease that is known, also those that ended. */
    public List<Lease> leases() {
        List<Lease> leases = new ArrayList<>();
        servers.values().forEach(server -> server.pool().leases().forEach(leases::add));
        return leases;
    }

    /** The offers that wait for their request, in the form of leases. */
    public List<Lease> offers(long nowMillis) {
        List<Lease> offers = new ArrayList<>();
        servers.values().forEach(server -> offers.addAll(server.pool().offers(nowMillis, limits)));
        return offers;
    }

    @Override
    public List<Command> onEvent(Event event, Now now) {
        nowNanos = now.nanos();
        return switch (event) {
            case Event.SwitchUp up -> onSwitchUp(up.view(), now);
            case Event.PacketIn packet -> onPacketIn(packet, now);
            case Event.AddressBound bound -> {
                if (bound.origin() == Origin.TRAFFIC) {
                    seen.put(new AddressKey(bound.segment().name(), bound.ip()), bound.mac());
                }
                yield List.of();
            }
            case Event.Tick tick -> sweep(now);
            case Event.SwitchDown down -> List.of();
            case Event.PortChanged changed -> List.of();
            case Event.PortRemoved removed -> List.of();
            case Event.FlowExpired expired -> List.of();
            case Event.AddressReleased released -> List.of();
        };
    }

    private boolean isSeenElsewhere(String network, int ip, long mac) {
        Long user = seen.getIfPresent(new AddressKey(network, ip));
        return user != null && user != mac;
    }

    private List<Command> onSwitchUp(SwitchView view, Now now) {
        List<Command> commands = new ArrayList<>();
        for (DhcpServer server : servers.values()) {
            DhcpNetwork network = server.pool().network();
            if (network.place().includes(view)) {
                commands.add(flow(view, network, MatchField.ETH_DST, EthernetView.BROADCAST, 1));
                commands.add(flow(view, network, MatchField.NW_DST, network.serverAddress() & 0xffffffffL, 2));
            }
        }
        if (!announced) {
            announced = true;
            servers.values().forEach(server -> announce(server, now, commands));
        }
        return commands;
    }

    /** Requests for every server (broadcast), and those for this one: other servers' unicast is not ours to take. */
    private static Command flow(SwitchView view, DhcpNetwork network, MatchField field, long value, int detail) {
        Match match = Matches.inVlan(network.place().vlan())
                .exact(MatchField.ETH_TYPE, EtherTypes.IPV4)
                .exact(MatchField.NW_PROTO, IpProtocols.UDP)
                .exact(MatchField.UDP_DST, SERVER_PORT)
                .exact(field, value)
                .build();
        return new Command.PutFlow(
                view.id(),
                FlowIntent.permanent(
                        PipelineTable.SERVICE.id(),
                        PRIORITY,
                        match,
                        Cookies.of(APP, detail),
                        List.of(new Instruction.ApplyActions(List.of(new Action.Output(Ports.CONTROLLER))))));
    }

    private static void announce(DhcpServer server, Now now, List<Command> commands) {
        DhcpNetwork network = server.pool().network();
        Segment segment = new Segment(network.name());
        commands.add(new Command.Publish(
                new Event.AddressBound(segment, network.serverAddress(), network.serverMac(), Origin.OWN)));
        for (Lease lease : server.pool().leases()) {
            if (lease.isActive(now.epochMillis())) {
                commands.add(
                        new Command.Publish(new Event.AddressBound(segment, lease.ip(), lease.mac(), Origin.LEASE)));
            }
        }
    }

    /** Tells about leases that have ended. */
    private List<Command> sweep(Now now) {
        List<Command> commands = new ArrayList<>();
        for (DhcpServer server : servers.values()) {
            server.pool().advance(now.nanos());
            Segment segment = new Segment(server.pool().network().name());
            for (Lease lease : server.endedBetween(lastSweepMillis, now.epochMillis())) {
                server.pool().onEnded(lease);
                count("expire", "done");
                commands.add(new Command.Publish(new Event.AddressReleased(segment, lease.ip())));
            }
        }
        lastSweepMillis = now.epochMillis();
        return commands;
    }

    private List<Command> onPacketIn(Event.PacketIn packet, Now now) {
        Frame frame = packet.frame();
        if (packet.tableId() != PipelineTable.SERVICE.id() || !frame.isIpv4Udp() || frame.udpDst() != SERVER_PORT) {
            return List.of();
        }
        DhcpMessage message = DhcpMessage.parse(frame.udpPayload());
        MessageType type = message == null ? null : message.type();
        if (message == null || type == null || message.op != DhcpMessage.REQUEST_OP || message.chaddr.length == 0) {
            count("unknown", "malformed");
            return List.of();
        }
        DhcpServer server = serverFor(packet.view(), frame.vlan(), message.giaddr);
        if (server == null) {
            count(name(type), "no_network");
            return List.of();
        }
        if (!clientLimits
                .get(client(message), key -> new TokenBucket(limits.messagesPerSecond(), now.nanos()))
                .tryTake(now.nanos())) {
            count(name(type), "limited");
            return List.of();
        }
        server.pool().advance(now.nanos());
        AddressPool.Location location =
                new AddressPool.Location(packet.view().id().datapathId(), packet.inPort());
        Outcome outcome = server.handle(type, message, location, now.epochMillis());
        count(name(type), outcome.result());
        return commands(outcome, message, server.pool().network(), packet);
    }

    private static long client(DhcpMessage message) {
        long mac = message.mac();
        return mac != 0 ? mac : Long.MIN_VALUE | message.clientKey().hashCode();
    }

    /** The server of the network that the relay is in, or else that the port is in. */
    private @Nullable DhcpServer serverFor(SwitchView view, int vlan, int giaddr) {
        DhcpServer found = null;
        for (DhcpServer server : servers.values()) {
            DhcpNetwork network = server.pool().network();
            if (giaddr != 0
                    ? network.contains(giaddr)
                    : network.place().vlan() == vlan && network.place().includes(view)) {
                found = found == null ? server : found;
            }
        }
        return found;
    }

    private static List<Command> commands(
            Outcome outcome, DhcpMessage request, DhcpNetwork network, Event.PacketIn packet) {
        List<Command> then = new ArrayList<>();
        if (outcome.reply() != null) {
            Frame frame = ReplyFrames.of(outcome.reply(), request, network, packet.frame());
            then.add(new Command.SendPacket(packet.view().id(), 0, List.of(new Action.Output(packet.inPort())), frame));
        }
        outcome.published().forEach(event -> then.add(new Command.Publish(event)));
        return outcome.written().isEmpty() ? then : List.of(new Command.Durably(outcome.written(), then));
    }

    private static String name(MessageType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private void count(String type, String result) {
        counters.computeIfAbsent(
                        type + "/" + result,
                        key -> Counter.builder("heddle.dhcp.transactions")
                                .tag("type", type)
                                .tag("result", result)
                                .register(meters))
                .increment();
    }
}
