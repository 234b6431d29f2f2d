package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.Umem;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.XdpRing;
import io.heddle.datapath.os.XdpSocket;
import java.lang.foreign.MemorySegment;

/**
 * One queue of an AF_XDP port: keeps the socket's rings supplied, and knows which frames the kernel has.
 *
 * <p>Thread safety: none; belongs to one poll loop, but for {@link #close}, which is the control loop's when the poll loop has let
 * the queue go.
 */
final class XdpQueue {
    private static final int ETHERNET = 14;
    private static final int REFILL = 64;
    private static final int MOST_WAKE_UPS = 64;

    private final Port port;
    private final XdpSocket socket;
    private final Umem umem;
    private final int number;
    private final boolean mayBePartial;
    private final XdpRing receive;
    private final XdpRing transmit;
    private final XdpRing fill;
    private final XdpRing completion;

    // Poll loop
    /** Frames that the kernel has to receive into, or has received and not told yet. */
    private int lentToReceive;
    /** Frames that the kernel has to send, or has sent and not told yet. */
    private int lentToSend;

    private final long[] counted = new long[XdpSocket.STATISTICS];
    private final long[] counts = new long[XdpSocket.STATISTICS];

    /** @param mayBePartial frames may come without their L4 checksum, and without a word about it */
    XdpQueue(Port port, XdpSocket socket, Umem umem, boolean mayBePartial) {
        this.port = port;
        this.socket = socket;
        this.umem = umem;
        this.mayBePartial = mayBePartial;
        number = umem.newQueue();
        receive = socket.receiveRing();
        transmit = socket.transmitRing();
        fill = socket.fillRing();
        completion = socket.completionRing();
    }

    int fd() {
        return socket.fd();
    }

    /** Takes received frames, gives back sent ones and lends new ones. Returns how many packets were added. */
    int receive(PacketBatch batch) {
        reap();
        if (lentToSend != 0 && transmit.pending() != 0) {
            kick();
        }
        int count = Math.min(receive.available(), batch.room());
        int received = 0;
        long octets = 0;
        for (int i = 0; i < count; i++) {
            long address = receive.address(0);
            int length = receive.length(0);
            receive.consume(1); // before anything that can fail: no descriptor is looked at twice
            lentToReceive--;
            Packet packet = umem.received(number, address, length);
            if (packet.length() < ETHERNET) {
                port.statistics().countReceiveDrop(DropReason.MALFORMED, 1);
                packet.release();
                continue;
            }
            batch.add(packet);
            packet.setInPort(port.number());
            octets += packet.length();
            received++;
            if (mayBePartial) {
                PartialChecksums.complete(packet);
            }
        }
        if (count != 0) {
            port.statistics().countReceived(received, octets);
        } else if (fill.needsWakeup()) {
            socket.wakeReceive(); // a driver that had found the fill ring empty
        }
        refill();
        return received;
    }

    private void refill() {
        int most = umem.toReceive();
        int wanted = Math.min(most - lentToReceive, fill.room());
        if (wanted < Math.min(REFILL, Math.max(1, most / 2))) {
            return;
        }
        umem.collect();
        int lent = 0;
        while (lent < wanted) {
            long address = umem.lend(number);
            if (address < 0) {
                break;
            }
            fill.set(lent++, address);
        }
        if (lent != 0) {
            fill.publish(lent);
            lentToReceive += lent;
        }
        if (fill.needsWakeup()) {
            socket.wakeReceive();
        }
    }

    /**
     * Puts a packet in the transmit ring; {@link #kick} sends it.
     *
     * @return 1, or 0 if it was dropped and counted
     */
    int send(Packet packet) {
        if (transmit.room() == 0) {
            kick();
            reap();
            if (transmit.room() == 0) {
                return drop(packet, DropReason.TX_FULL);
            }
        }
        Packet leaving = packet;
        if (!umem.isSendable(packet)) {
            Packet copy = umem.allocate(XdpSocket.HEADROOM);
            if (copy == null) {
                return drop(packet, DropReason.NO_BUFFER);
            }
            if (packet.length() > copy.tailroom()) {
                copy.release();
                return drop(packet, DropReason.MTU_EXCEEDED);
            }
            copy.append(packet.length());
            MemorySegment.copy(packet.memory(), packet.offset(), copy.memory(), copy.offset(), packet.length());
            packet.release();
            leaving = copy;
        }
        transmit.set(0, umem.send(number, leaving), leaving.length());
        transmit.publish(1);
        lentToSend++;
        port.statistics().countSent(1, leaving.length());
        return 1;
    }

    private int drop(Packet packet, DropReason reason) {
        port.statistics().countTransmitDrop(reason, 1);
        packet.release();
        return 0;
    }

    /**
     * Has the kernel send what is in the transmit ring.
     *
     * @return how many of it the device dropped; they are counted
     */
    int kick() {
        int dropped = 0;
        int pending = transmit.pending();
        for (int i = 0; pending > 0 && i < MOST_WAKE_UPS && transmit.needsWakeup(); i++) {
            int result = socket.wakeTransmit();
            int left = transmit.pending();
            if (result == -Errno.EBUSY && left < pending) {
                port.statistics().countSent(-1, -transmit.lengthTaken());
                port.statistics().countTransmitDrop(port.linkUp() ? DropReason.TX_FULL : DropReason.LINK_DOWN, 1);
                dropped++;
            } else if (result < 0 && result != -Errno.EAGAIN) {
                port.statistics().countTransmitError();
                break;
            } else if (left == pending) {
                break; // the device takes no more now: the next cycle tries again
            }
            pending = left;
        }
        return dropped;
    }

    /** Gives back what the kernel has sent. */
    void reap() {
        if (lentToSend == 0) {
            return;
        }
        int count = completion.available();
        for (int i = 0; i < count; i++) {
            umem.completed(number, completion.address(i));
        }
        if (count != 0) {
            completion.consume(count);
            lentToSend -= count;
        }
    }

    /** Begins to use frames. */
    void join() {
        refill();
    }

    /** Gives the device a moment to send what it has, and ends using frames; they come back when the queue is closed. */
    void leave() {
        for (int i = 0; lentToSend != 0 && i < 1000; i++) {
            if (transmit.pending() != 0) {
                kick();
            }
            reap();
            Thread.onSpinWait();
        }
        countDrops();
    }

    /** Counts what the kernel has dropped since the last time. */
    void countDrops() {
        System.arraycopy(counted, 0, counts, 0, counts.length);
        socket.statistics(counts);
        long dropped = counts[0] - counted[0];
        long invalid = counts[1] - counted[1] + counts[2] - counted[2];
        long ringFull = counts[3] - counted[3];
        long noFrame = counts[4] - counted[4];
        System.arraycopy(counts, 0, counted, 0, counts.length);
        PortStatistics statistics = port.statistics();
        if (ringFull != 0) {
            statistics.countReceiveDrop(DropReason.RX_OVERRUN, ringFull);
        }
        if (noFrame != 0) {
            statistics.countReceiveDrop(DropReason.NO_BUFFER, noFrame);
        }
        if (dropped > noFrame) { // a frame that finds no buffer is counted as dropped as well
            statistics.countReceiveDrop(DropReason.RX_TRUNCATED, dropped - noFrame);
        }
        for (long i = 0; i < invalid; i++) {
            statistics.countTransmitError();
        }
    }

    /** Closes the socket and gives its frames back. */
    void close() {
        socket.close();
        umem.giveBack(number);
    }
}
