package io.heddle.datapath.agent.grpc;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.datapath.bridge.EventSubscription;
import io.heddle.datapath.bridge.PortState;
import io.heddle.proto.v1.ChannelResponse;
import io.heddle.proto.v1.FlowRemoved;
import io.heddle.proto.v1.Lost;
import io.heddle.proto.v1.Mastership;
import io.heddle.proto.v1.PortStatus;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One bridge that a channel has opened. Threading: the channel's serial executor. */
final class OpenBridge {
    final BridgeControl bridge;
    final String role;
    final ControllerRegistration registration;

    /** Takes part in the election; else it is an equal. */
    boolean candidate;

    boolean primary;
    private boolean mastershipChanged;
    private Optional<BigInteger> primaryId = Optional.empty();
    private @Nullable EventSubscription events;
    private final ArrayDeque<PortState> initialPorts = new ArrayDeque<>();
    private long lostPacketIns;
    private long lostFlowRemoved;
    private long lostPortStatus;

    OpenBridge(BridgeControl bridge, String role, ControllerRegistration registration) {
        this.bridge = bridge;
        this.role = role;
        this.registration = registration;
    }

    void follow(EventSubscription subscription, Iterable<PortState> ports) {
        events = subscription;
        ports.forEach(initialPorts::add);
    }

    void mastership(Optional<BigInteger> id, boolean isSelf) {
        primaryId = id;
        primary = isSelf;
        mastershipChanged = true;
        registration.connected(candidate ? (isSelf ? "primary" : "secondary") : "equal");
    }

    private boolean hearsPackets() {
        return primary || !candidate;
    }

    /**
     * The next message to send, null when there is none.
     *
     * @param credit whether a packet may be sent
     * @param sequence of the next packet
     */
    @Nullable
    ChannelResponse next(boolean credit, long sequence) {
        if (mastershipChanged) {
            mastershipChanged = false;
            return mastership();
        }
        if (events == null) {
            return null;
        }
        PortState port = initialPorts.poll();
        if (port != null) {
            return portStatus(PortStatus.Reason.ADDED, port);
        }
        ChannelResponse lost = lost(events.takeLost(), credit);
        if (lost != null) {
            return lost;
        }
        while (true) {
            BridgeEvent event = credit || !hearsPackets() ? events.poll() : events.pollChange();
            switch (event) {
                case null -> {
                    return null;
                }
                case BridgeEvent.PacketIn packet -> {
                    if (hearsPackets()) {
                        return ChannelResponse.newBuilder()
                                .setPacketIn(StateMapping.packetIn(bridge.name(), packet, sequence))
                                .build();
                    }
                }
                case BridgeEvent.FlowRemoved removed -> {
                    if (hearsPackets()) {
                        return flowRemoved(removed);
                    }
                }
                case BridgeEvent.PortStatus status -> {
                    return portStatus(reason(status.change()), status.port());
                }
                case BridgeEvent.FlowChanged _,
                        BridgeEvent.GroupChanged _,
                        BridgeEvent.MeterChanged _,
                        BridgeEvent.TableStatus _ -> {
                    // Subscribe's matter.
                }
            }
        }
    }

    /** Packets that were lost are told of when there is credit again, not each time one more is lost. */
    private @Nullable ChannelResponse lost(EventSubscription.Lost more, boolean credit) {
        lostPortStatus += more.portStatus();
        if (hearsPackets()) {
            lostPacketIns += more.packetIns();
            lostFlowRemoved += more.flowRemoved();
        }
        if (lostPortStatus + lostFlowRemoved == 0 && (lostPacketIns == 0 || !credit)) {
            return null;
        }
        Lost lost = Lost.newBuilder()
                .setPacketIns(lostPacketIns)
                .setFlowRemoved(lostFlowRemoved)
                .setPortStatus(lostPortStatus)
                .build();
        lostPacketIns = 0;
        lostFlowRemoved = 0;
        lostPortStatus = 0;
        return ChannelResponse.newBuilder().setLost(lost).build();
    }

    private ChannelResponse mastership() {
        Mastership.Builder message = Mastership.newBuilder()
                .setBridge(bridge.name())
                .setRole(role)
                .setPrimary(primary)
                .setDatapathId(StateMapping.datapathId(bridge.datapathId()));
        primaryId.ifPresent(id -> message.setPrimaryElectionId(ElectionIds.toProto(id)));
        return ChannelResponse.newBuilder().setMastership(message).build();
    }

    private ChannelResponse portStatus(PortStatus.Reason reason, PortState port) {
        return ChannelResponse.newBuilder()
                .setPortStatus(PortStatus.newBuilder()
                        .setBridge(bridge.name())
                        .setReason(reason)
                        .setPort(StateMapping.port(port)))
                .build();
    }

    private static PortStatus.Reason reason(BridgeEvent.Change change) {
        return switch (change) {
            case ADDED -> PortStatus.Reason.ADDED;
            case MODIFIED -> PortStatus.Reason.MODIFIED;
            case REMOVED -> PortStatus.Reason.REMOVED;
        };
    }

    private ChannelResponse flowRemoved(BridgeEvent.FlowRemoved removed) {
        return ChannelResponse.newBuilder()
                .setFlowRemoved(FlowRemoved.newBuilder()
                        .setBridge(bridge.name())
                        .setReason(StateMapping.reason(removed.reason()))
                        .setFlow(new StateMapping(null).flow(removed.flow())))
                .build();
    }

    /** Leaves everything. {@code client} is who entered the election. */
    void close(Object client) {
        if (candidate) {
            bridge.election(role).leave(client);
        }
        if (events != null) {
            events.close();
        }
        registration.close();
    }
}
