package io.heddle.controller.app.learning;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.packet.EthernetView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The learning switch.
 *
 * <pre>
 *   table SOURCE                                   table DESTINATION
 *     in_port,vlan,src known -> go on                vlan,dst known -> its port
 *     else copy to controller, go on                 else flood
 * </pre>
 *
 * <p>The switch forwards every packet itself, also the first one: the controller sees a copy and learns. As no packet takes the way
 * through the controller, none is duplicated or overtaken. A host is learned with two flows at once, the way to it before the one
 * that ends the copies, so that its next packet comes to the controller no more and the answer to it is not flooded.
 *
 * <p>A known sender's flow has an idle timeout: the switch tells when the host has been silent, and both flows go. A host that sends
 * from another port does not match its flow, is copied again and moves.
 *
 * <p>Thread: the controller loop; {@link #hosts} from any.
 */
public final class LearningApp implements ControllerApp {
    private record HostKey(SwitchId id, int vlan, long mac) {}

    private record PortKey(SwitchId id, int port) {}

    /** Moves of a host in the current minute. */
    private static final class Moves {
        private final long startNanos;
        private int count;

        Moves(long startNanos) {
            this.startNanos = startNanos;
        }
    }

    private static final long MINUTE_NANOS = 60_000_000_000L;
    private static final int MAX_REMEMBERED_MOVES = 4096;

    private final LearningLimits limits;
    private final Cache<HostKey, LearnedHost> hosts;
    private final Cache<HostKey, Moves> moves;
    private final Map<PortKey, Integer> hostsPerPort = new HashMap<>();

    /** Hosts that the cache dropped because there are too many; their flows must go. */
    private final Deque<LearnedHost> evicted = new ArrayDeque<>();

    private long nowNanos;
    private final Counter learned;
    private final Counter moved;
    private final Counter refusedPortFull;
    private final Counter refusedFlapping;

    public LearningApp(LearningLimits limits, MeterRegistry meters) {
        this.limits = limits;
        this.hosts = Caffeine.newBuilder()
                .maximumSize(limits.maxHosts())
                .executor(Runnable::run)
                .evictionListener(this::onEviction)
                .build();
        this.moves = Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED_MOVES)
                .expireAfterWrite(Duration.ofMinutes(2))
                .ticker(() -> nowNanos)
                .executor(Runnable::run)
                .build();
        learned = meters.counter("heddle.learning.hosts", "event", "learned");
        moved = meters.counter("heddle.learning.hosts", "event", "moved");
        refusedPortFull = meters.counter("heddle.learning.hosts", "event", "refused_port_full");
        refusedFlapping = meters.counter("heddle.learning.hosts", "event", "refused_flapping");
        meters.gauge("heddle.learned.hosts", hosts.asMap(), Map::size);
    }

    private void onEviction(@Nullable HostKey key, @Nullable LearnedHost host, RemovalCause cause) {
        if (host != null) {
            evicted.add(host);
        }
    }

    @Override
    public String name() {
        return "learning";
    }

    /** All hosts, as they are at this moment; from any thread. */
    public Collection<LearnedHost> hosts() {
        return List.copyOf(hosts.asMap().values());
    }

    @Override
    public List<Command> onEvent(Event event, Now now) {
        nowNanos = now.nanos();
        return switch (event) {
            case Event.SwitchUp up -> onSwitchUp(up, now);
            case Event.PacketIn packet -> onPacketIn(packet, now);
            case Event.FlowExpired expired -> onFlowExpired(expired);
            case Event.PortChanged changed ->
                changed.port().up() ? List.of() : forgetPort(changed.view().id(), changed.port());
            case Event.PortRemoved removed -> forgetPort(removed.view().id(), removed.port());
            case Event.SwitchDown down -> List.of();
            case Event.Tick tick -> List.of();
            case Event.AddressBound bound -> List.of();
            case Event.AddressReleased released -> List.of();
        };
    }

    private List<Command> onSwitchUp(Event.SwitchUp up, Now now) {
        SwitchId id = up.view().id();
        List<Command> commands = new ArrayList<>(LearningFlows.base(id));
        for (FlowIntent flow : up.own()) {
            LearnedHost host = LearningFlows.hostOf(id, flow, now.epochMillis());
            if (host != null && isPlausible(up.view(), host) && hosts.getIfPresent(key(host)) == null) {
                remember(host);
                // Exactly as it is there, so that it keeps its counters; the pair is completed if half of it was lost.
                commands.add(new Command.PutFlow(id, LearningFlows.toHost(host)));
                commands.add(new Command.PutFlow(id, LearningFlows.fromHost(host, limits.ageingSeconds())));
            }
        }
        for (LearnedHost host : hosts()) {
            if (host.id().equals(id) && !isPlausible(up.view(), host)) {
                forget(host, commands);
            }
        }
        return commands;
    }

    private static boolean isPlausible(SwitchView view, LearnedHost host) {
        SwitchPort port = view.ports().get(host.port());
        return port != null && port.up();
    }

    private List<Command> onPacketIn(Event.PacketIn packet, Now now) {
        Frame frame = packet.frame();
        if (!frame.isComplete() || EthernetView.isGroup(frame.src()) || frame.src() == 0) {
            return List.of();
        }
        SwitchId id = packet.view().id();
        HostKey key = new HostKey(id, frame.vlan(), frame.src());
        LearnedHost known = hosts.getIfPresent(key);
        long millis = now.epochMillis();
        if (known == null) {
            return learn(new LearnedHost(id, key.vlan(), key.mac(), packet.inPort(), millis, millis));
        }
        if (known.port() == packet.inPort()) {
            hosts.put(key, new LearnedHost(id, key.vlan(), key.mac(), known.port(), known.sinceMillis(), millis));
            return List.of();
        }
        return move(known, packet.inPort(), now);
    }

    private List<Command> learn(LearnedHost host) {
        if (isFull(host)) {
            refusedPortFull.increment();
            return List.of(new Command.PutFlow(host.id(), LearningFlows.quietPort(host.id(), host.port())));
        }
        remember(host);
        learned.increment();
        List<Command> commands = new ArrayList<>();
        commands.add(new Command.PutFlow(host.id(), LearningFlows.toHost(host)));
        commands.add(new Command.PutFlow(host.id(), LearningFlows.fromHost(host, limits.ageingSeconds())));
        removeEvicted(commands);
        return commands;
    }

    private List<Command> move(LearnedHost from, int port, Now now) {
        HostKey key = key(from);
        Moves count = moves.getIfPresent(key);
        if (count == null || now.nanos() - count.startNanos > MINUTE_NANOS) {
            count = new Moves(now.nanos());
            moves.put(key, count);
        }
        LearnedHost host =
                new LearnedHost(from.id(), from.vlan(), from.mac(), port, now.epochMillis(), now.epochMillis());
        if (++count.count > limits.maxMovesPerMinute()) {
            refusedFlapping.increment();
            return List.of(new Command.PutFlow(host.id(), LearningFlows.quietHost(host)));
        }
        if (isFull(host)) {
            refusedPortFull.increment();
            return List.of(new Command.PutFlow(host.id(), LearningFlows.quietPort(host.id(), port)));
        }
        count(from, -1);
        remember(host);
        moved.increment();
        return List.of(
                new Command.PutFlow(host.id(), LearningFlows.toHost(host)),
                new Command.PutFlow(host.id(), LearningFlows.fromHost(host, limits.ageingSeconds())),
                new Command.RemoveFlow(
                        from.id(), LearningFlows.fromHost(from, 0).identity()));
    }

    private List<Command> onFlowExpired(Event.FlowExpired expired) {
        LearnedHost gone = LearningFlows.hostOf(expired.id(), expired.intent(), 0);
        LearnedHost host = gone == null ? null : hosts.getIfPresent(key(gone));
        if (gone == null || host == null || host.port() != gone.port()) {
            return List.of();
        }
        List<Command> commands = new ArrayList<>();
        forget(host, commands);
        return commands;
    }

    private List<Command> forgetPort(SwitchId id, SwitchPort port) {
        List<Command> commands = new ArrayList<>();
        for (LearnedHost host : hosts()) {
            if (host.id().equals(id) && host.port() == port.number()) {
                forget(host, commands);
            }
        }
        return commands;
    }

    private boolean isFull(LearnedHost host) {
        return hostsPerPort.getOrDefault(new PortKey(host.id(), host.port()), 0) >= limits.maxHostsPerPort();
    }

    private void remember(LearnedHost host) {
        ConcurrentMap<HostKey, LearnedHost> map = hosts.asMap();
        count(host, 1);
        map.put(key(host), host);
    }

    private void forget(LearnedHost host, List<Command> commands) {
        hosts.invalidate(key(host));
        count(host, -1);
        removeFlows(host, commands);
    }

    private void removeEvicted(List<Command> commands) {
        hosts.cleanUp();
        for (LearnedHost host = evicted.poll(); host != null; host = evicted.poll()) {
            count(host, -1);
            removeFlows(host, commands);
        }
    }

    private static void removeFlows(LearnedHost host, List<Command> commands) {
        commands.add(new Command.RemoveFlow(
                host.id(), LearningFlows.fromHost(host, 0).identity()));
        commands.add(
                new Command.RemoveFlow(host.id(), LearningFlows.toHost(host).identity()));
    }

    private void count(LearnedHost host, int change) {
        hostsPerPort.merge(new PortKey(host.id(), host.port()), change, (before, by) -> {
            int after = before + by;
            return after <= 0 ? null : after;
        });
    }

    private static HostKey key(LearnedHost host) {
        return new HostKey(host.id(), host.vlan(), host.mac());
    }
}
