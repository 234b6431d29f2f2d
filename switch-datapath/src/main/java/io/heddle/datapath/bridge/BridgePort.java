package io.heddle.datapath.bridge;

import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortStatistics;
import io.heddle.datapath.queue.EgressQueues;
import io.heddle.datapath.queue.QueueStatistics;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortLayer2;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A port of a bridge: its numbers, its setting, its device. Threading: the control loop. */
final class BridgePort {
    private PortConfiguration configuration;
    private final int number;
    private final int datapathNumber;
    private final @Nullable Port device;
    private final long createdNs;

    /** Of a patch port, which no device counts for. */
    private final PortInfo.@Nullable Crossings crossings;

    private int config;
    private PortState.Layer2 layer2 = PortState.Layer2.NONE;
    private boolean wasUp;
    private @Nullable EgressQueues queues;

    /**
     * @param number OpenFlow number
     * @param device null for a patch port
     */
    BridgePort(PortConfiguration configuration, int number, int datapathNumber, @Nullable Port device, long createdNs) {
        this.configuration = configuration;
        this.number = number;
        this.datapathNumber = datapathNumber;
        this.device = device;
        this.createdNs = createdNs;
        this.crossings =
                device == null ? new PortInfo.Crossings(new HitCounter(createdNs), new HitCounter(createdNs)) : null;
        this.wasUp = isLinkUp();
    }

    PortConfiguration configuration() {
        return configuration;
    }

    /** Takes over settings that need no other device. */
    void setConfiguration(PortConfiguration other) {
        configuration = other;
    }

    /** Makes the device's rates those of the configuration. */
    void shape(PortAttachments attachments, long nowNs) {
        Port limited = device;
        if (limited != null) {
            queues = configuration.qos().egress(queues, nowNs);
            attachments.shape(limited, queues, configuration.qos().policer(nowNs));
        }
    }

    List<QueueState> queues(long nowNs) {
        List<QueueState> states = new ArrayList<>();
        QosConfiguration qos = configuration.qos();
        if (queues != null) {
            for (EgressQueues.State each : queues.states()) {
                int id = each.shape().id();
                QosConfiguration.Queue asked = qos.queues().get(id);
                QueueStatistics of = each.statistics();
                if (asked != null) {
                    states.add(new QueueState(
                            number,
                            name(),
                            id,
                            asked,
                            qos.maxRate(),
                            of.sentPackets(),
                            of.sentOctets(),
                            of.drops(),
                            (int) of.waiting(),
                            nowNs - of.createdNs()));
                }
            }
        }
        return states;
    }

    String name() {
        return configuration.name();
    }

    int number() {
        return number;
    }

    int datapathNumber() {
        return datapathNumber;
    }

    @Nullable
    Port device() {
        return device;
    }

    int config() {
        return config;
    }

    void setConfig(int bits) {
        config = bits;
    }

    /** What the protocols of layer 2 have made of it. */
    PortState.Layer2 layer2() {
        return layer2;
    }

    void setLayer2(PortState.Layer2 state) {
        layer2 = state;
    }

    /** Up, and not administratively down. */
    boolean isUp() {
        return isLinkUp() && (config & PortState.CONFIG_DOWN) == 0;
    }

    boolean isLinkUp() {
        return device == null || device.linkUp();
    }

    /** Says whether the link's state is another than at the last call. */
    boolean hasLinkChanged() {
        boolean isUp = isLinkUp();
        boolean isChanged = isUp != wasUp;
        wasUp = isUp;
        return isChanged;
    }

    /** As the pipeline sees it. */
    PortInfo info(int bridge, int peer, PortLayer2 layer2) {
        return new PortInfo(
                datapathNumber,
                bridge,
                number,
                name(),
                isLinkUp() && (config & PortState.CONFIG_DOWN) == 0,
                new PortInfo.PortConfig(
                        (config & PortState.CONFIG_NO_RECEIVE) != 0,
                        (config & PortState.CONFIG_NO_FORWARD) != 0,
                        (config & PortState.CONFIG_NO_FLOOD) != 0,
                        (config & PortState.CONFIG_NO_PACKET_IN) != 0),
                peer,
                configuration.isTunnel(),
                configuration.vlans(),
                crossings,
                layer2);
    }

    PortState state(long nowNs) {
        return new PortState(
                number,
                name(),
                configuration.type(),
                configuration.vlans(),
                device == null ? 0 : device.macAddress(),
                device == null ? 0 : device.mtu(),
                config,
                isLinkUp(),
                0,
                counters(),
                nowNs - createdNs,
                layer2,
                device == null ? "" : device.io());
    }

    private PortState.Counters counters() {
        if (crossings != null) {
            HitCounter sent = crossings.sent();
            HitCounter received = crossings.received();
            return new PortState.Counters(
                    received.packets(), sent.packets(), received.octets(), sent.octets(), 0, 0, 0, 0);
        }
        if (device == null) {
            return PortState.Counters.NONE;
        }
        PortStatistics of = device.statistics();
        return new PortState.Counters(
                of.receivedPackets(),
                of.sentPackets(),
                of.receivedOctets(),
                of.sentOctets(),
                of.receiveDrops(),
                of.transmitDrops(),
                of.receiveErrors(),
                of.transmitErrors());
    }
}
