package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.OpenFlowMessage.Queue;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Queues of ports with their rates, in the three forms of the versions.
 *
 * <pre>
 *   1.0, 1.1     | queue_id 4 | len 2 | pad 2 |                     properties of 16: | type 2 | len 2 | pad 4 | rate 2 | pad 6 |
 *   1.2, 1.3     | queue_id 4 | port 4 | len 2 | pad 6 |            properties as above
 *   1.4, 1.5     | port 4 | queue_id 4 | len 2 | pad 6 |            properties of 8:  | type 2 | len 2 | rate 2 | pad 2 |
 * </pre>
 *
 * <p>{@code max_rate} came with OpenFlow 1.2. Properties of other types are passed over. Stateless.
 */
final class QueueCodec {
    private static final int MIN_RATE = 1;
    private static final int MAX_RATE = 2;

    private QueueCodec() {}

    /** Reads a list of queues up to the end, each of a port that the message says. */
    static List<Queue> readConfig(Reader in, OpenFlowVersion version, int port) throws FlowException {
        List<Queue> queues = new ArrayList<>();
        while (in.remaining() > 0) {
            int queueId = in.i32();
            boolean isShort = isShort(version);
            int queuePort = isShort ? port : in.i32();
            queues.add(readRest(in, queueId, queuePort, isShort ? 8 : 16, 16));
        }
        return queues;
    }

    /** Reads one queue of OpenFlow 1.4 and later. */
    static Queue readDescription(Reader in) throws FlowException {
        int port = in.i32();
        return readRest(in, in.i32(), port, 16, 8);
    }

    /**
     * @param header octets of the queue without properties
     * @param property octets of a property
     */
    private static Queue readRest(Reader in, int queueId, int port, int header, int property) throws FlowException {
        int length = in.u16();
        if (length < header) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "queues",
                    "a queue of " + length + " octets is too short: " + header + " or more");
        }
        in.skip(header == 8 ? 2 : 6);
        Reader properties = in.sub(length - header, ErrorCode.BAD_REQUEST_BAD_LEN, "queues");
        int minRate = Queue.NO_RATE;
        int maxRate = Queue.NO_RATE;
        while (properties.remaining() > 0) {
            int type = properties.u16();
            int octets = properties.u16();
            if (octets < property) {
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_LEN,
                        "queues.properties",
                        "a property of " + octets + " octets is too short: " + property + " or more");
            }
            Reader body = properties.sub(octets - 4, ErrorCode.BAD_REQUEST_BAD_LEN, "queues.properties");
            body.skip(property == 16 ? 4 : 0);
            int rate = body.u16();
            minRate = type == MIN_RATE ? rate : minRate;
            maxRate = type == MAX_RATE ? rate : maxRate;
            body.finish();
        }
        return new Queue(queueId, port, minRate, maxRate);
    }

    static void writeConfig(ByteBuf out, OpenFlowVersion version, Queue queue) {
        int start = out.writerIndex();
        out.writeInt(queue.queueId());
        boolean isShort = isShort(version);
        if (isShort) {
            out.writeShort(0).writeZero(2);
        } else {
            out.writeInt(queue.port()).writeShort(0).writeZero(6);
        }
        writeLong(out, MIN_RATE, queue.minRate());
        if (!isShort) {
            writeLong(out, MAX_RATE, queue.maxRate());
        }
        out.setShort(start + (isShort ? 4 : 8), out.writerIndex() - start);
    }

    private static void writeLong(ByteBuf out, int type, int rate) {
        if (rate != Queue.NO_RATE) {
            out.writeShort(type).writeShort(16).writeZero(4).writeShort(rate).writeZero(6);
        }
    }

    /** Writes one queue of OpenFlow 1.4 and later. */
    static void writeDescription(ByteBuf out, Queue queue) {
        int start = out.writerIndex();
        out.writeInt(queue.port()).writeInt(queue.queueId()).writeShort(0).writeZero(6);
        writeShort(out, MIN_RATE, queue.minRate());
        writeShort(out, MAX_RATE, queue.maxRate());
        out.setShort(start + 8, out.writerIndex() - start);
    }

    private static void writeShort(ByteBuf out, int type, int rate) {
        if (rate != Queue.NO_RATE) {
            out.writeShort(type).writeShort(8).writeShort(rate).writeZero(2);
        }
    }

    private static boolean isShort(OpenFlowVersion version) {
        return version == OpenFlowVersion.OPENFLOW_10 || version == OpenFlowVersion.OPENFLOW_11;
    }
}
