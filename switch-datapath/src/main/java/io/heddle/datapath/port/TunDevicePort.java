package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.DeviceClaim;
import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.Link;
import io.heddle.datapath.os.TunDevice;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What ports of TAP and TUN devices have in common: the device, which the switch makes; super-frames and partial checksums pass in both
 * directions. The device may be moved to a network namespace at any time; the port keeps working. A device that was deleted under the
 * port is made again.
 *
 * <p>Thread safety: as {@link Port} says. A device passes from the control loop to the poll loop by {@code replacement}, and never
 * back: the poll loop closes what is broken.
 */
abstract class TunDevicePort extends DevicePort {
    private static final int HEADER = VirtioNetHeader.LENGTH;

    private final DeviceClaim claim;
    private final Opener opener;
    private final MemorySegment header = Arena.ofAuto().allocate(HEADER, 8);

    // Poll loop
    private @Nullable TunDevice device;

    /** A new device for the poll loop; null if there is none to take. */
    private volatile @Nullable TunDevice replacement;

    // Control loop: where the device's link is looked at. The poll loop may close it at any moment; what the control
    // loop then reads
    // through a descriptor that is closed, or is another file by now, is an error and means nothing.
    private TunDevice watched;
    private boolean elsewhere;

    /** Makes the device and sets it up. */
    @FunctionalInterface
    interface Opener {
        /** Makes it. */
        TunDevice open() throws IOException;
    }

    TunDevicePort(int number, PortSpec spec, PortContext context, DeviceClaim claim, Opener opener) throws IOException {
        super(number, spec, context);
        this.claim = claim;
        this.opener = opener;
        TunDevice opened = opener.open();
        device = opened;
        watched = opened;
        try {
            adopt(opened.link());
        } catch (IOException e) {
            opened.close();
            throw e;
        }
    }

    // ---- control loop

    @Override
    void onLink(Link link) throws IOException {
        if (!link.gone()) {
            elsewhere = false;
            adopt(link);
        } else if (state() != PortState.GONE) {
            // Moved or deleted: if it was deleted, the poll loop's next read says so.
            elsewhere = true;
            onTick();
        }
    }

    @Override
    void onTick() throws IOException {
        if (state() == PortState.GONE) {
            if (replacement == null) {
                TunDevice opened = opener.open();
                watched = opened;
                elsewhere = false;
                Link link = opened.link();
                replacement = opened;
                adopt(link);
            }
        } else if (elsewhere) {
            adopt(watched.link());
        }
    }

    /** Returns the addresses that are configured on the device, in pairs of halves, IPv4 as ::ffff:a.b.c.d. */
    final long[] addresses() throws IOException {
        List<byte[]> all = watched.addresses();
        long[] halves = new long[2 * all.size()];
        for (int i = 0; i < all.size(); i++) {
            ByteBuffer octets = ByteBuffer.wrap(all.get(i));
            if (octets.remaining() == 16) {
                halves[2 * i] = octets.getLong();
                halves[2 * i + 1] = octets.getLong();
            } else {
                halves[2 * i + 1] = AddressTable.ipv4(octets.getInt());
            }
        }
        return halves;
    }

    @Override
    void shut() {
        TunDevice offered = replacement;
        if (offered != null) {
            offered.close();
        }
        if (device != null) {
            device.close();
        }
        claim.close();
    }

    // ---- poll loop

    /**
     * Makes a frame of what was read.
     *
     * @return true if {@code packet} is a frame for the switch; false if it was kept, or was counted as dropped and released
     */
    abstract boolean arrive(Packet packet);

    /**
     * Makes what the device takes of a frame.
     *
     * @return true if {@code packet} is to be written; false if it was counted as dropped, or taken in, and released
     */
    abstract boolean leave(Packet packet, long nowNs);

    /** Returns the device, null if it is gone. */
    private @Nullable TunDevice device() {
        TunDevice current = device;
        if (current == null) {
            current = replacement;
            if (current != null) {
                device = current;
                replacement = null;
            }
        }
        return current;
    }

    private void lose(TunDevice lost) {
        lost.close(); // or its descriptor would be ready for ever
        device = null;
        setState(PortState.GONE);
    }

    @Override
    public int pollFd() {
        TunDevice current = device();
        return current == null ? -1 : current.fd();
    }

    @Override
    public int receive(PacketBatch batch) {
        TunDevice current = device();
        if (current == null) {
            return 0;
        }
        int received = 0;
        long octets = 0;
        while (!batch.isFull()) {
            Packet packet = context.pool().allocate();
            if (packet == null) {
                break; // what has arrived waits in the device's queue
            }
            int result = current.read(packet.memory(), packet.offset() - HEADER, packet.tailroom() + HEADER);
            if (result < HEADER) {
                packet.release();
                if (result == -Errno.EBADFD) {
                    lose(current);
                } else if (result != -Errno.EAGAIN) {
                    statistics().countReceiveError();
                }
                break;
            }
            packet.append(result - HEADER);
            if (!VirtioNetHeader.read(packet.memory(), packet.offset() - HEADER, packet)) {
                statistics().countReceiveDrop(DropReason.MALFORMED, 1);
                packet.release();
                continue;
            }
            if (!arrive(packet)) {
                continue;
            }
            packet.setInPort(number());
            octets += packet.length();
            received++;
            batch.add(packet);
        }
        if (received != 0) {
            statistics().countReceived(received, octets);
        }
        return received;
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        int sent = 0;
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = batch.get(i);
            TunDevice current = device();
            if (current == null) {
                drop(packet, DropReason.LINK_DOWN);
            } else if (leave(packet, nowNs) && write(current, packet)) {
                sent++;
            }
        }
        batch.clear();
        return sent;
    }

    /** Writes a packet and releases it; counts it, or why not. */
    private boolean write(TunDevice current, Packet packet) {
        VirtioNetHeader.write(packet, header, 0);
        int result = current.write(header, packet.memory(), packet.offset(), packet.length());
        if (result < 0) {
            refused(current, packet, -result);
            return false;
        }
        statistics().countSent(1, packet.length());
        packet.release();
        return true;
    }

    private void refused(TunDevice current, Packet packet, int errno) {
        switch (errno) {
            case Errno.EIO -> drop(packet, DropReason.LINK_DOWN);
            case Errno.EBADFD -> {
                lose(current);
                drop(packet, DropReason.LINK_DOWN);
            }
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM -> drop(packet, DropReason.TX_FULL);
            default -> {
                statistics().countTransmitError();
                drop(packet, DropReason.TX_ERROR);
            }
        }
    }
}
