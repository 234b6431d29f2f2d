package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketOwner;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.DeviceClaim;
import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.IngressGuard;
import io.heddle.datapath.os.Link;
import io.heddle.datapath.os.MessageBatch;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.PacketSocket;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A port on a device that the kernel drives (an Ethernet card, a veth end), through a packet socket. Received frames stay in the
 * socket's ring, and leave from there: they are not copied in user space.
 *
 * <p>The device is promiscuous as long as the port is open. Its frames are kept from the host's own stack where the kernel and
 * the process's capabilities allow it ({@link IngressGuard}, {@link #warning()}).
 *
 * <p>A packet that is not released holds its slot of the ring, and the kernel stops when it comes round to it: packets are not kept
 * for longer than a cycle, but copied.
 *
 * <p>Thread safety: as {@link Port} says.
 */
final class PacketSocketPort extends DevicePort implements PacketOwner {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int EMPTY_RECEIVES_BEFORE_ERROR_CHECK = 16;

    private final DeviceClaim claim;
    private final DeviceOrigin origin;
    private final PacketSocket socket;
    private final Packet[] slots;

    // Poll loop
    private final MessageBatch messages = new MessageBatch(PacketBatch.CAPACITY, VirtioNetHeader.LENGTH);
    private final @Nullable Packet[] leaving = new @Nullable Packet[PacketBatch.CAPACITY];
    private int emptyReceives;

    // Control loop
    private volatile int interfaceIndex;
    private volatile @Nullable IngressGuard guard;

    PacketSocketPort(
            int number,
            PortSpec spec,
            PortContext context,
            Link link,
            int ringMebibytes,
            DeviceClaim claim,
            DeviceOrigin origin)
            throws NativeException {
        super(number, spec, context);
        this.claim = claim;
        this.origin = origin;
        socket = PacketSocket.open(spec.name(), link.index(), PacketSocket.Options.EVERY_FRAME.withRing(ringMebibytes));
        interfaceIndex = link.index();
        slots = new Packet[socket.slots()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Packet(this, i);
        }
        guard = guard(link);
        adopt(link);
    }

    private static @Nullable IngressGuard guard(Link link) {
        try {
            return IngressGuard.attach(link.name(), link.index());
        } catch (NativeException e) {
            return null; // an older kernel, or no CAP_BPF: warning() tells
        }
    }

    @Override
    public String io() {
        return "af_packet";
    }

    @Override
    public String warning() {
        return guard != null || interfaceIndex == 0
                ? super.warning()
                : "the host's own network stack also sees what " + name()
                        + " receives: keeping it away needs CAP_BPF and Linux 6.6";
    }

    // ---- control loop

    @Override
    void onLink(Link link) throws NativeException {
        if (!link.gone() && link.index() == interfaceIndex) {
            adopt(link);
        } else if (link.gone() && link.index() == interfaceIndex) {
            interfaceIndex = 0;
            unguard();
            setState(PortState.GONE);
        } else if (!link.gone() && interfaceIndex == 0) {
            socket.bind(link.index());
            interfaceIndex = link.index();
            guard = guard(link);
            adopt(link);
        }
    }

    private void unguard() {
        IngressGuard attached = guard;
        if (attached != null) {
            attached.close();
            guard = null;
        }
    }

    @Override
    void onTick() throws IOException {
        if (interfaceIndex == 0) {
            origin.remake(); // the event about the new device brings the port back
        }
    }

    @Override
    void shut() {
        unguard();
        socket.close();
        try {
            if (interfaceIndex != 0) {
                origin.undo(interfaceIndex);
            }
        } catch (IOException e) {
            setState(PortState.GONE); // the device went away at the same moment: nothing is left to undo
        }
        claim.close();
    }

    // ---- poll loop

    @Override
    public int pollFd() {
        return socket.fd();
    }

    @Override
    public int receive(PacketBatch batch) {
        int received = 0;
        long octets = 0;
        while (!batch.isFull()) {
            int slot = socket.next();
            if (slot < 0) {
                break;
            }
            if (socket.isLosing(slot)) {
                statistics().countReceiveDrop(DropReason.RX_OVERRUN, socket.lostFrames());
            }
            Packet packet = take(slot);
            if (packet != null) {
                octets += packet.length();
                received++;
                batch.add(packet);
            }
        }
        if (received != 0) {
            emptyReceives = 0;
            statistics().countReceived(received, octets);
        } else if (++emptyReceives == EMPTY_RECEIVES_BEFORE_ERROR_CHECK) {
            emptyReceives = 0;
            // A pending error (ENETDOWN) would make the descriptor ready again and again.
            if (socket.takeError() != 0) {
                statistics().countReceiveError();
            }
        }
        return received;
    }

    private @Nullable Packet take(int slot) {
        if (socket.isTruncated(slot)) {
            statistics().countReceiveDrop(DropReason.RX_TRUNCATED, 1);
            socket.release(slot);
            return null;
        }
        Packet packet = slots[slot];
        MemorySegment ring = socket.ring();
        long frame = socket.frameOffset(slot);
        int tag = socket.vlanTag(slot);
        packet.open(ring, socket.roomStart(slot), socket.roomEnd(slot), frame, socket.frameLength(slot));
        boolean wellFormed = VirtioNetHeader.read(ring, frame - VirtioNetHeader.LENGTH, packet);
        if (!wellFormed || packet.length() < 14) {
            statistics().countReceiveDrop(DropReason.MALFORMED, 1);
            packet.release();
            return null;
        }
        if (tag != 0) {
            insertTag(packet, tag);
        }
        packet.setInPort(number());
        return packet;
    }

    /** Puts the tag that the kernel took out behind the addresses, which move to the front. */
    private static void insertTag(Packet packet, int tag) {
        MemorySegment memory = packet.memory();
        long from = packet.offset();
        packet.push(4);
        long to = packet.offset();
        memory.set(U64, to, memory.get(U64, from));
        memory.set(U32, to + 8, memory.get(U32, from + 8));
        memory.set(U16, to + 12, (short) (tag >>> 16));
        memory.set(U16, to + 14, (short) tag);
    }

    @Override
    public void reclaim(Packet packet) {
        socket.release(packet.slot());
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        int admitted = 0;
        boolean gone = state() == PortState.GONE;
        messages.clear();
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = batch.get(i);
            if (gone) {
                drop(packet, DropReason.LINK_DOWN);
            } else if (admit(packet, layer2Length(packet))) {
                VirtioNetHeader.write(packet, messages.headers(), messages.headerOffset());
                messages.add(VirtioNetHeader.LENGTH, packet.memory(), packet.offset(), packet.length());
                leaving[admitted++] = packet;
            }
        }
        batch.clear();
        return send(admitted);
    }

    private int send(int count) {
        int sent = 0;
        long octets = 0;
        for (int next = 0; next < count; ) {
            int result = socket.send(messages, next);
            if (result <= 0) {
                next = refused(next, count, -result);
                continue;
            }
            for (int end = next + result; next < end; next++) {
                Packet packet = take(leaving, next);
                octets += packet.length();
                packet.release();
                sent++;
            }
        }
        if (sent != 0) {
            statistics().countSent(sent, octets);
        }
        return sent;
    }

    /** Drops what cannot be sent because of an error of packet {@code next}, and returns the one to go on with. */
    private int refused(int next, int count, int errno) {
        boolean all = false;
        DropReason reason;
        switch (errno) {
            case Errno.EAGAIN -> { // the socket's send buffer is full: so it is for the others
                reason = DropReason.TX_FULL;
                all = true;
            }
            case Errno.ENOBUFS -> reason = linkUp() ? DropReason.TX_FULL : DropReason.LINK_DOWN;
            case Errno.EMSGSIZE -> reason = DropReason.MTU_EXCEEDED;
            case Errno.ENETDOWN, Errno.ENXIO, Errno.ENODEV -> {
                reason = DropReason.LINK_DOWN;
                all = true;
            }
            default -> {
                reason = DropReason.TX_ERROR;
                statistics().countTransmitError();
            }
        }
        int end = all ? count : next + 1;
        for (int i = next; i < end; i++) {
            drop(take(leaving, i), reason);
        }
        return end;
    }

    private static Packet take(@Nullable Packet[] packets, int index) {
        Packet packet = Objects.requireNonNull(packets[index]);
        packets[index] = null;
        return packet;
    }
}
