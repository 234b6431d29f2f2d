package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.QueueState;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowMessage;
import java.util.List;

/** Queues of ports as OpenFlow says them. Stateless. */
final class Queues {
    /** {@code OFPQ_ALL}. */
    static final int ALL = 0xffffffff;

    private Queues() {}

    /**
     * Returns the queues that are meant.
     *
     * @param port {@link Ports#ANY} for all
     * @param queueId {@link #ALL} for all
     * @throws FlowException when there is no such port, or no port that is meant has such a queue
     */
    static List<QueueState> of(BridgeReader reader, int port, int queueId) throws FlowException {
        if (port != Ports.ANY && reader.ports().stream().noneMatch(each -> each.number() == port)) {
            throw new FlowException(
                    ErrorCode.QUEUE_OP_FAILED_BAD_PORT,
                    "port",
                    "the bridge has no port " + Integer.toUnsignedString(port));
        }
        List<QueueState> queues = reader.queues().stream()
                .filter(queue -> port == Ports.ANY || queue.port() == port)
                .filter(queue -> queueId == ALL || queue.queueId() == queueId)
                .toList();
        if (queueId != ALL && queues.isEmpty()) {
            throw new FlowException(
                    ErrorCode.QUEUE_OP_FAILED_BAD_QUEUE,
                    "queue_id",
                    "there is no queue " + Integer.toUnsignedString(queueId));
        }
        return queues;
    }

    static MultipartBody.QueueEntry statistics(QueueState queue) {
        return new MultipartBody.QueueEntry(
                queue.port(),
                queue.queueId(),
                queue.txOctets(),
                queue.txPackets(),
                queue.txErrors(),
                Replies.duration(queue.durationNs()));
    }

    static OpenFlowMessage.Queue description(QueueState queue) {
        return new OpenFlowMessage.Queue(
                queue.queueId(),
                queue.port(),
                share(queue.configuration().minRate(), queue.portMaxRate()),
                share(queue.configuration().maxRate(), queue.portMaxRate()));
    }

    /** In tenths of a percent; nothing is said where there is no rate to compare with. */
    private static int share(long rate, long portRate) {
        return rate == 0 || portRate == 0
                ? OpenFlowMessage.Queue.NO_RATE
                : (int) Math.min(1000, Math.round(rate * 1000.0 / portRate));
    }
}
