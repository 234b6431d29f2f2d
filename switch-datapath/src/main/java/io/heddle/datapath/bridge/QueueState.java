package io.heddle.datapath.bridge;

/**
 * A queue of a port at one moment.
 *
 * @param port OpenFlow number
 * @param queueId 32 bits without a sign
 * @param configuration as it was asked for
 * @param portMaxRate of all queues of the port together, bits per second; 0 for no limit
 * @param txPackets handed to the port
 * @param txOctets handed to the port
 * @param txErrors packets dropped because the queue was full
 * @param waiting packets that wait now
 * @param durationNs since it was added
 */
public record QueueState(
        int port,
        String portName,
        int queueId,
        QosConfiguration.Queue configuration,
        long portMaxRate,
        long txPackets,
        long txOctets,
        long txErrors,
        int waiting,
        long durationNs) {}
