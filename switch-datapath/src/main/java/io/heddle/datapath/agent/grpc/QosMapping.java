package io.heddle.datapath.agent.grpc;

import io.heddle.datapath.bridge.QosConfiguration;
import io.heddle.datapath.bridge.QueueState;
import io.heddle.proto.v1.PortConfiguration;
import io.heddle.proto.v1.QueueConfiguration;
import java.util.HashMap;
import java.util.Map;

/** Rates of ports, to and from messages. What they mean is checked where they are applied. Stateless. */
final class QosMapping {
    private QosMapping() {}

    static void toProto(QosConfiguration qos, PortConfiguration.Builder port) {
        if (qos.hasQueues()) {
            io.heddle.proto.v1.QosConfiguration.Builder proto =
                    port.getQosBuilder().setType(qos.type()).setMaxRate(qos.maxRate());
            qos.queues().forEach((id, queue) -> proto.putQueues(id, queue(queue)));
        }
        port.setIngressPolicingRate(qos.policing().rate())
                .setIngressPolicingBurst(qos.policing().burst())
                .setIngressPolicingKpktsRate(qos.policing().kpktsRate())
                .setIngressPolicingKpktsBurst(qos.policing().kpktsBurst());
    }

    private static QueueConfiguration queue(QosConfiguration.Queue queue) {
        QueueConfiguration.Builder proto = QueueConfiguration.newBuilder()
                .setMinRate(queue.minRate())
                .setMaxRate(queue.maxRate())
                .setBurst(queue.burst())
                .setPriority((int) queue.priority());
        Integer dscp = queue.dscp();
        if (dscp != null) {
            proto.setDscp(dscp);
        }
        return proto.build();
    }

    static QosConfiguration toModel(PortConfiguration port) {
        Map<Integer, QosConfiguration.Queue> queues = new HashMap<>();
        port.getQos().getQueuesMap().forEach((id, queue) -> queues.put(id, queue(queue)));
        String type = port.getQos().getType();
        return new QosConfiguration(
                port.hasQos() && type.isEmpty() ? QosConfiguration.HTB : type,
                port.getQos().getMaxRate(),
                queues,
                new QosConfiguration.Policing(
                        port.getIngressPolicingRate(),
                        port.getIngressPolicingBurst(),
                        port.getIngressPolicingKpktsRate(),
                        port.getIngressPolicingKpktsBurst()));
    }

    private static QosConfiguration.Queue queue(QueueConfiguration queue) {
        return new QosConfiguration.Queue(
                queue.getMinRate(),
                queue.getMaxRate(),
                queue.getBurst(),
                Integer.toUnsignedLong(queue.getPriority()),
                queue.hasDscp() ? (Integer) queue.getDscp() : null);
    }

    static io.heddle.proto.v1.QueueState state(QueueState state) {
        return io.heddle.proto.v1.QueueState.newBuilder()
                .setPort(state.port())
                .setPortName(state.portName())
                .setQueueId(state.queueId())
                .setConfiguration(queue(state.configuration()))
                .setPortMaxRate(state.portMaxRate())
                .setTxPackets(state.txPackets())
                .setTxBytes(state.txOctets())
                .setTxErrors(state.txErrors())
                .setWaiting(state.waiting())
                .setDurationNs(state.durationNs())
                .build();
    }
}
