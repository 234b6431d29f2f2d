package io.heddle.controller.app.arp;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.Event.AddressBound.Origin;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.Matches;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.Segment;
import io.heddle.controller.core.SegmentMap;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.core.TokenBucket;
import io.heddle.controller.packet.ArpMessage;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.pipeline.PipelineTable;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The ARP proxy.
 *
 * <p>Broadcast requests come here and nowhere else. One for a known address is answered in the owner's name; one for an unknown
 * address is flooded at a limited rate, or suppressed. Replies are copied here on their way, and teach.
 *
 * <p>Never answered: a duplicate-address probe (RFC 5227 section 2.1.1). To its owner any answer would say that somebody else has
 * the address; anyone else must get the answer from the owner itself, who alone knows that it still uses it. So probes are flooded,
 * except those for the controller's own addresses, which it defends. Announcements update what is known and are flooded, as other
 * hosts have caches too. What traffic claims never outweighs a DHCP lease of another host.
 *
 * <p>Thread: the controller loop.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc826">RFC 826</a>, <a href="https://www.rfc-editor.org/rfc/rfc5227">RFC 5227</a>
 */
public final class ArpApp implements ControllerApp {
    private record AddressKey(Segment segment, int ip) {}

    private record Owner(long mac, Origin origin) {}

    private record PortKey(SwitchId id, int port) {}

    private static final int APP = 3;
    private static final int REQUEST_PRIORITY = 900;
    private static final int REPLY_PRIORITY = 890;
    private static final int OWN_PRIORITY = 910;

    private final ArpSettings settings;
    private final SegmentMap segments;
    private final Cache<AddressKey, Owner> owners;
    private final Map<AddressKey, Owner> own = new HashMap<>();
    private final Map<SwitchId, SwitchView> switches = new HashMap<>();
    private final Map<PortKey, TokenBucket> floodLimits = new HashMap<>();
    private final MeterRegistry meters;
    private long nowNanos;

    public ArpApp(ArpSettings settings, SegmentMap segments, MeterRegistry meters) {
        this.settings = settings;
        this.segments = segments;
        this.meters = meters;
        long ageing = TimeUnit.SECONDS.toNanos(settings.ageingSeconds());
        this.owners = Caffeine.newBuilder()
                .maximumSize(settings.maxEntries())
                // A lease says itself when it ends; what traffic taught ages.
                .expireAfter(Expiry.<AddressKey, Owner>writing(
                        (key, owner) -> Duration.ofNanos(owner.origin() == Origin.TRAFFIC ? ageing : Long.MAX_VALUE)))
                .ticker(() -> nowNanos)
                .executor(Runnable::run)
                .build();
        meters.gauge("heddle.arp.entries", owners.asMap(), Map::size);
    }

    @Override
    public String name() {
        return "arp";
    }

    /** The addresses of a host, as known; from any thread. */
    public List<Integer> addressesOf(Segment segment, long mac) {
        List<Integer> addresses = new ArrayList<>();
        owners.asMap().forEach((key, owner) -> {
            if (owner.mac() == mac && key.segment().equals(segment)) {
                addresses.add(key.ip());
            }
        });
        addresses.sort(Integer::compareUnsigned);
        return addresses;
    }

    @Override
    public List<Command> onEvent(Event event, Now now) {
        nowNanos = now.nanos();
        return switch (event) {
            case Event.SwitchUp up -> {
                switches.put(up.view().id(), up.view());
                yield flows(up.view());
            }
            case Event.PacketIn packet -> onPacketIn(packet);
            case Event.AddressBound bound -> onAddressBound(bound);
            case Event.AddressReleased released -> {
                release(released);
                yield List.of();
            }
            case Event.SwitchDown down -> {
                switches.remove(down.id());
                yield List.of();
            }
            case Event.PortRemoved removed -> {
                floodLimits.remove(
                        new PortKey(removed.view().id(), removed.port().number()));
                yield List.of();
            }
            case Event.PortChanged changed -> List.of();
            case Event.FlowExpired expired -> List.of();
            case Event.Tick tick -> List.of();
        };
    }

    private List<Command> flows(SwitchView view) {
        List<Command> commands = new ArrayList<>();
        Match requests = Match.builder()
                .exact(MatchField.ETH_TYPE, EtherTypes.ARP)
                .exact(MatchField.ETH_DST, EthernetView.BROADCAST)
                .exact(MatchField.ARP_OP, ArpMessage.REQUEST)
                .build();
        Match replies = Match.builder()
                .exact(MatchField.ETH_TYPE, EtherTypes.ARP)
                .exact(MatchField.ARP_OP, ArpMessage.REPLY)
                .build();
        Instruction punt = new Instruction.ApplyActions(List.of(new Action.Output(Ports.CONTROLLER)));
        Instruction onward = new Instruction.GotoTable(PipelineTable.SOURCE.id());
        commands.add(put(view.id(), REQUEST_PRIORITY, requests, 1, List.of(punt)));
        commands.add(put(view.id(), REPLY_PRIORITY, replies, 2, List.of(punt, onward)));
        own.forEach((key, owner) -> commands.addAll(ownFlows(view, key)));
        return commands;
    }

    /** Unicast requests for an address of the controller's own: there is no host to answer them. */
    private List<Command> ownFlows(SwitchView view, AddressKey key) {
        List<Command> commands = new ArrayList<>();
        Instruction punt = new Instruction.ApplyActions(List.of(new Action.Output(Ports.CONTROLLER)));
        for (int vlan : segments.vlansOf(view, key.segment())) {
            Match match = Matches.inVlan(vlan)
                    .exact(MatchField.ETH_TYPE, EtherTypes.ARP)
                    .exact(MatchField.ARP_OP, ArpMessage.REQUEST)
                    .exact(MatchField.ARP_TPA, key.ip() & 0xffffffffL)
                    .build();
            commands.add(put(view.id(), OWN_PRIORITY, match, 3, List.of(punt)));
        }
        return commands;
    }

    private static Command put(SwitchId id, int priority, Match match, int detail, List<Instruction> instructions) {
        return new Command.PutFlow(
                id,
                FlowIntent.permanent(
                        PipelineTable.SERVICE.id(), priority, match, Cookies.of(APP, detail), instructions));
    }

    private List<Command> onAddressBound(Event.AddressBound bound) {
        AddressKey key = new AddressKey(bound.segment(), bound.ip());
        Owner owner = new Owner(bound.mac(), bound.origin());
        if (bound.origin() == Origin.OWN) {
            own.put(key, owner);
            List<Command> commands = new ArrayList<>();
            switches.values().forEach(view -> commands.addAll(ownFlows(view, key)));
            return commands;
        }
        if (bound.origin() == Origin.LEASE) {
            owners.put(key, owner);
        }
        return List.of();
    }

    private void release(Event.AddressReleased released) {
        AddressKey key = new AddressKey(released.segment(), released.ip());
        Owner owner = owners.getIfPresent(key);
        if (owner != null && owner.origin() == Origin.LEASE) {
            owners.invalidate(key);
        }
    }

    private List<Command> onPacketIn(Event.PacketIn packet) {
        ArpMessage arp = ArpMessage.of(packet.frame());
        if (arp == null || packet.tableId() != PipelineTable.SERVICE.id()) {
            return List.of();
        }
        Segment segment = segments.segment(packet.view(), packet.frame().vlan());
        List<Command> commands = new ArrayList<>(learn(segment, arp, packet.frame()));
        if (arp.operation() == ArpMessage.REQUEST) {
            commands.addAll(onRequest(segment, arp, packet));
        }
        return commands;
    }

    private List<Command> learn(Segment segment, ArpMessage arp, Frame frame) {
        boolean claims = arp.spa() != 0 && !EthernetView.isGroup(arp.sha()) && arp.sha() == frame.src();
        if (!claims) {
            return List.of();
        }
        AddressKey key = new AddressKey(segment, arp.spa());
        Owner known = ownerOf(key);
        if (known != null && known.origin() != Origin.TRAFFIC) {
            if (known.mac() != arp.sha()) {
                count("conflict");
            }
            return List.of();
        }
        owners.put(key, new Owner(arp.sha(), Origin.TRAFFIC));
        // Also when it is known: others let what they know of an address age, too.
        return List.of(new Command.Publish(new Event.AddressBound(segment, arp.spa(), arp.sha(), Origin.TRAFFIC)));
    }

    private List<Command> onRequest(Segment segment, ArpMessage arp, Event.PacketIn packet) {
        Owner owner = ownerOf(new AddressKey(segment, arp.tpa()));
        if (owner != null && owner.origin() == Origin.OWN) {
            return answer(arp, owner, packet);
        }
        if (arp.isProbe()) {
            return flood(packet, "probe");
        }
        if (arp.isGratuitous()) {
            return flood(packet, "announcement");
        }
        if (owner == null) {
            if (settings.unknownTargets() == ArpSettings.Unknown.SUPPRESS) {
                count("suppressed");
                return List.of();
            }
            return flood(packet, "flooded");
        }
        if (owner.mac() == arp.sha()) {
            // Asks for its own address with another sender address: nobody else has to answer, least of all in its
            // name.
            count("ignored");
            return List.of();
        }
        return answer(arp, owner, packet);
    }

    private List<Command> answer(ArpMessage arp, Owner owner, Event.PacketIn packet) {
        count("answered");
        ArpMessage reply = new ArpMessage(ArpMessage.REPLY, owner.mac(), arp.tpa(), arp.sha(), arp.spa());
        Frame frame = reply.toFrame(arp.sha(), owner.mac(), packet.frame().vlan());
        return List.of(
                new Command.SendPacket(packet.view().id(), 0, List.of(new Action.Output(packet.inPort())), frame));
    }

    private List<Command> flood(Event.PacketIn packet, String outcome) {
        PortKey key = new PortKey(packet.view().id(), packet.inPort());
        TokenBucket limit =
                floodLimits.computeIfAbsent(key, port -> new TokenBucket(settings.floodPerSecond(), nowNanos));
        if (!limit.tryTake(nowNanos)) {
            count("limited");
            return List.of();
        }
        count(outcome);
        return List.of(new Command.SendPacket(
                packet.view().id(), packet.inPort(), List.of(new Action.Output(Ports.FLOOD)), packet.frame()));
    }

    private @Nullable Owner ownerOf(AddressKey key) {
        Owner mine = own.get(key);
        return mine != null ? mine : owners.getIfPresent(key);
    }

    private void count(String outcome) {
        Counter.builder("heddle.arp.requests")
                .tag("result", outcome)
                .register(meters)
                .increment();
    }
}
