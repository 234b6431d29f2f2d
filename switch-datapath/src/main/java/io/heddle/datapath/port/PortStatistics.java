package io.heddle.datapath.port;

import io.heddle.datapath.metrics.DropReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters of one port. The poll loop that owns the port writes them; any thread reads them, each counter on its own.
 *
 * <p>A super-frame counts as one packet. Octets are those of Ethernet frames without FCS.
 */
public final class PortStatistics {
    private static final int RX_PACKETS = 0;
    private static final int RX_OCTETS = 1;
    private static final int TX_PACKETS = 2;
    private static final int TX_OCTETS = 3;
    private static final int RX_ERRORS = 4;
    private static final int TX_ERRORS = 5;
    private static final int RX_DROPS = 6;
    private static final int TX_DROPS = RX_DROPS + DropReason.ALL.size();
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] cells = new long[TX_DROPS + DropReason.ALL.size()];

    private void add(int cell, long amount) {
        // One writer: a plain read and an opaque write lose nothing and never tear.
        CELL.setOpaque(cells, cell, cells[cell] + amount);
    }

    private long read(int cell) {
        return (long) CELL.getOpaque(cells, cell);
    }

    /** Counts received packets. Poll loop only. */
    public void countReceived(long packets, long octets) {
        add(RX_PACKETS, packets);
        add(RX_OCTETS, octets);
    }

    /** Counts sent packets. Poll loop only. */
    public void countSent(long packets, long octets) {
        add(TX_PACKETS, packets);
        add(TX_OCTETS, octets);
    }

    /** Counts packets that were dropped when they were received. Poll loop only. */
    public void countReceiveDrop(DropReason reason, long packets) {
        add(RX_DROPS + reason.index(), packets);
    }

    /** Counts packets that were to be sent and were dropped. Poll loop only. */
    public void countTransmitDrop(DropReason reason, long packets) {
        add(TX_DROPS + reason.index(), packets);
    }

    /** Counts calls of the system that failed while receiving. Poll loop only. */
    public void countReceiveError() {
        add(RX_ERRORS, 1);
    }

    /** Counts calls of the system that failed while sending. Poll loop only. */
    public void countTransmitError() {
        add(TX_ERRORS, 1);
    }

    /** Returns packets received. */
    public long receivedPackets() {
        return read(RX_PACKETS);
    }

    /** Returns octets received. */
    public long receivedOctets() {
        return read(RX_OCTETS);
    }

    /** Returns packets sent. */
    public long sentPackets() {
        return read(TX_PACKETS);
    }

    /** Returns octets sent. */
    public long sentOctets() {
        return read(TX_OCTETS);
    }

    /** Returns failed calls while receiving. */
    public long receiveErrors() {
        return read(RX_ERRORS);
    }

    /** Returns failed calls while sending. */
    public long transmitErrors() {
        return read(TX_ERRORS);
    }

    /** Returns received packets that were dropped for {@code reason}. */
    public long receiveDrops(DropReason reason) {
        return read(RX_DROPS + reason.index());
    }

    /** Returns packets that were to be sent and were dropped for {@code reason}. */
    public long transmitDrops(DropReason reason) {
        return read(TX_DROPS + reason.index());
    }

    /** Returns all received packets that were dropped. */
    public long receiveDrops() {
        long sum = 0;
        for (int i = 0; i < DropReason.ALL.size(); i++) {
            sum += read(RX_DROPS + i);
        }
        return sum;
    }

    /** Returns all packets that were to be sent and were dropped. */
    public long transmitDrops() {
        long sum = 0;
        for (int i = 0; i < DropReason.ALL.size(); i++) {
            sum += read(TX_DROPS + i);
        }
        return sum;
    }

    @Override
    public String toString() {
        return "received %d packets, %d octets, %d errors, %d dropped; sent %d packets, %d octets, %d errors, %d dropped"
                .formatted(
                        receivedPackets(),
                        receivedOctets(),
                        receiveErrors(),
                        receiveDrops(),
                        sentPackets(),
                        sentOctets(),
                        transmitErrors(),
                        transmitDrops());
    }
}
