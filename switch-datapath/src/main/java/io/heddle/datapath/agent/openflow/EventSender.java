package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.EventInterest;
import io.heddle.datapath.bridge.EventSubscription;
import io.heddle.flow.pipeline.PacketInReason;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a bridge's events to one client, as far as the client wants them and reads them.
 *
 * <p>Clients of a listener get none until they say how much of a packet they want, as with Open vSwitch: most only ask and leave.
 *
 * <p>Threading: the session's event loop.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 6.3.4</a>
 */
final class EventSender {
    private static final Logger LOG = LoggerFactory.getLogger(EventSender.class);

    private static final int PACKETS_THAT_WAIT = 256;
    private static final int CHANGES_THAT_WAIT = 16_384;
    private static final long LOOK_AGAIN_MS = 500;
    private static final long LOG_INTERVAL_NS = 10_000_000_000L;

    private static final Set<BridgeEvent.Kind> KINDS = Set.of(
            BridgeEvent.Kind.PACKET_IN,
            BridgeEvent.Kind.FLOW_REMOVED,
            BridgeEvent.Kind.PORT_STATUS,
            BridgeEvent.Kind.TABLE_STATUS);

    /** {@code OFPTR_VACANCY_*}. */
    private static final int VACANCY_DOWN = 3;

    private static final int VACANCY_UP = 4;

    private final Session session;
    private final BridgeControl bridge;
    private final AgentCounters counters;
    private AsyncConfiguration configuration = AsyncConfiguration.DEFAULT;
    private int missSendLength;
    private int controllerId;
    private boolean isStarted;
    private boolean isLookingAgain;
    private @Nullable EventSubscription subscription;
    private long lostSinceLog;
    private long loggedNs = -LOG_INTERVAL_NS;

    EventSender(Session session, BridgeControl bridge, AgentCounters counters, int missSendLength) {
        this.session = session;
        this.bridge = bridge;
        this.counters = counters;
        this.missSendLength = missSendLength;
    }

    /** The session is up. */
    void start() {
        configuration = AsyncConfiguration.defaultOf(session.version());
        isStarted = true;
        update();
    }

    void close() {
        isStarted = false;
        update();
    }

    private void update() {
        boolean isWanted = isStarted && (missSendLength > 0 || !session.isPassive());
        if (isWanted && subscription == null) {
            subscription = bridge.subscribe(
                    new EventInterest(KINDS, PACKETS_THAT_WAIT, CHANGES_THAT_WAIT, controllerId, this::wakeUp));
            drain();
        } else if (!isWanted && subscription != null) {
            subscription.close();
            subscription = null;
        }
    }

    /** On the control loop's thread. */
    private void wakeUp() {
        try {
            session.eventLoop().execute(this::drain);
        } catch (RejectedExecutionException e) {
            // The process ends: nobody is left to tell.
            LOG.trace("{}: {}: an event came too late", bridge.name(), session.peer(), e);
        }
    }

    int missSendLength() {
        return missSendLength;
    }

    void setMissSendLength(int length) {
        missSendLength = length;
        update();
    }

    /** Packets for another controller id than before. */
    void setControllerId(int id) {
        if (id != controllerId) {
            controllerId = id;
            if (subscription != null) {
                subscription.close();
                subscription = null;
            }
            update();
        }
    }

    AsyncConfiguration configuration() {
        return configuration;
    }

    void configure(AsyncConfiguration wanted) {
        configuration = wanted;
    }

    /** Sends what waits while the client reads it. */
    void drain() {
        EventSubscription current = subscription;
        if (current == null) {
            return;
        }
        while (session.isWritable()) {
            BridgeEvent event = current.poll();
            if (event == null) {
                break;
            }
            send(event);
        }
        countLost();
        if (!session.isWritable() && !isLookingAgain) {
            isLookingAgain = true;
            var _ = session.eventLoop().schedule(this::lookAgain, LOOK_AGAIN_MS, TimeUnit.MILLISECONDS);
        }
    }

    /** Keeps the count of what is lost right while the client does not read. */
    private void lookAgain() {
        isLookingAgain = false;
        drain();
    }

    private void countLost() {
        EventSubscription.Lost lost = subscription == null ? EventSubscription.Lost.NOTHING : subscription.takeLost();
        if (!lost.isNothing()) {
            countLost(lost);
        }
    }

    private void countLost(EventSubscription.Lost lost) {
        long others = lost.flowRemoved() + lost.portStatus() + lost.tableChanges();
        counters.lost(lost.packetIns(), others);
        lostSinceLog += lost.packetIns() + others;
        long nowNs = System.nanoTime();
        if (nowNs - loggedNs >= LOG_INTERVAL_NS) {
            LOG.warn("{}: {} reads too slowly: {} messages were dropped", bridge.name(), session.peer(), lostSinceLog);
            loggedNs = nowNs;
            lostSinceLog = 0;
        }
    }

    private void send(BridgeEvent event) {
        switch (event) {
            case BridgeEvent.PacketIn packet -> {
                boolean isMiss =
                        packet.reason() == PacketInReason.NO_MATCH && packet.cookie() == PacketInReason.NO_COOKIE;
                if (wants(configuration.packetIn(), Replies.reason(packet, session.version()))
                        && (!isMiss || session.wantsMisses())) {
                    boolean isExtended = session.extensions().packetInFormat() == Replies.NXPIF_NXT_PACKET_IN2;
                    OpenFlowMessage message = isExtended
                            ? Replies.extendedPacketIn(packet, session.version(), bridge.datapathId())
                            : Replies.packetIn(packet, session.version());
                    session.forPacketsOf(packet.inPort()).send(0, message);
                    counters.sentPacketIn();
                }
            }
            case BridgeEvent.FlowRemoved removed -> {
                if (wants(configuration.flowRemoved(), Replies.reason(removed, session.version()))) {
                    session.send(0, Replies.flowRemoved(removed, session.version()));
                }
            }
            case BridgeEvent.PortStatus status -> {
                int reason = Replies.reason(status.change());
                if (wants(configuration.portStatus(), reason)) {
                    session.send(0, new OpenFlowMessage.PortStatus(reason, Replies.port(status.port())));
                }
            }
            case BridgeEvent.TableStatus status -> {
                int reason = status.isLow() ? VACANCY_DOWN : VACANCY_UP;
                if (session.version().isAtLeast(OpenFlowVersion.OPENFLOW_14)
                        && wants(configuration.tableStatus(), reason)) {
                    session.send(0, new OpenFlowMessage.TableStatus(reason, Replies.tableDescription(status.table())));
                }
            }
            case BridgeEvent.FlowChanged _, BridgeEvent.GroupChanged _, BridgeEvent.MeterChanged _ -> {
                // Not asked for.
            }
        }
    }

    /** Says whether the client wants to hear of something for that reason, in the role that it has. */
    boolean wants(AsyncConfiguration.Masks masks, int reason) {
        int mask = session.role() == Role.SLAVE ? masks.slave() : masks.master();
        return (mask >>> reason & 1) != 0;
    }
}
