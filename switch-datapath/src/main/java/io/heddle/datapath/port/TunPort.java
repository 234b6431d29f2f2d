package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.DeviceClaim;
import io.heddle.flow.packet.ArpView;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.NeighbourDiscoveryView;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A port on a layer 3 device (TUN): the switch sees an Ethernet station with the port's address, the device sees IP packets.
 *
 * <pre>
 *   device           port                                        bridge
 *   IP packet  --->  neighbour known?  -- yes --> Ethernet header added, to the neighbour's address
 *                                      -- no  --> ARP request or neighbour solicitation; the packet waits for the answer
 *   IP packet  <---  Ethernet header removed  <-- frames for the port's address, broadcast and multicast
 *                    neighbours learned       <-- senders of these
 *                    answers                  <-- ARP requests and solicitations for addresses of the device's side
 * </pre>
 *
 * <p>Addresses of the device's side are those that are configured on the device, wherever it is, and those that it has sent packets
 * from: a host behind it that has never sent anything is not answered for, as the address could be anybody's. Everything is taken
 * for on-link: a packet to another network is sent to whoever answers for its destination, as a router with proxy ARP does.
 *
 * <p>One packet waits for each of up to 16 neighbours; requests are repeated every second, three in all. A neighbour is asked for again
 * 30 s after it was last heard of. Time here is the control loop's seconds.
 *
 * <p>Thread safety: as {@link Port} says.
 */
final class TunPort extends TunDevicePort {
    private static final int ETHERNET = EthernetView.LENGTH;
    private static final int OUTBOX = 64;
    private static final int WAITING = 16;
    private static final int REQUESTS = 3;
    private static final int FRESH_SECONDS = 30;

    // Poll loop
    private final AddressTable neighbours = new AddressTable(1024);
    private final AddressTable ownAddresses = new AddressTable(1024);
    private final @Nullable Packet[] outbox = new @Nullable Packet[OUTBOX];
    private int outboxHead;
    private int outboxSize;
    private final Waiting[] waiting = new Waiting[WAITING];
    private int waitingCount;
    private int requestedAt;

    /** Addresses of the device, in pairs of halves; written by the control loop, read by the poll loop. */
    private volatile long[] configured = {};

    /** Written by the control loop, read by the poll loop. */
    private volatile int seconds = 1;

    /** A packet, without Ethernet header, that waits for the address of its neighbour. */
    private static final class Waiting {
        private @Nullable Packet packet;
        private long high;
        private long low;
        private int requests;
    }

    TunPort(int number, PortSpec.Tun spec, PortContext context, DeviceClaim claim, Opener opener) throws IOException {
        super(number, spec, context, claim, opener);
        for (int i = 0; i < WAITING; i++) {
            waiting[i] = new Waiting();
        }
        setMac(spec.mac() != 0 ? spec.mac() : macOf(spec.name()));
        try {
            onTick();
        } catch (IOException e) {
            shut();
            throw e;
        }
    }

    /** Returns a locally administered address that is the same after each start. */
    private static long macOf(String name) {
        long hash = 0xcbf2_9ce4_8422_2325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100_0000_01b3L;
        }
        return hash & 0x00ff_ffff_ffffL | 0x0200_0000_0000L;
    }

    // ---- control loop

    @Override
    void onTick() throws IOException {
        int now = seconds;
        seconds = now + 1; // written here only
        super.onTick();
        if (state() != PortState.GONE) {
            configured = addresses();
        }
    }

    // ---- poll loop: from the device to the switch

    @Override
    public void drain() {
        for (; outboxSize > 0; outboxSize--) {
            takeFromOutbox().release();
        }
        while (waitingCount > 0) {
            stopWaiting(waitingCount - 1).release();
        }
    }

    @Override
    public int receive(PacketBatch batch) {
        if (waitingCount != 0 && seconds != requestedAt) {
            repeatRequests();
        }
        int own = 0;
        long octets = 0;
        for (; outboxSize > 0 && !batch.isFull(); outboxSize--) {
            Packet packet = takeFromOutbox();
            octets += packet.length();
            batch.add(packet);
            own++;
        }
        if (own != 0) {
            statistics().countReceived(own, octets);
        }
        return own + super.receive(batch);
    }

    private Packet takeFromOutbox() {
        Packet packet = Objects.requireNonNull(outbox[outboxHead]);
        outbox[outboxHead] = null;
        outboxHead = (outboxHead + 1) % OUTBOX;
        return packet;
    }

    /** Gives the switch a frame with the next call of {@link #receive}. */
    private void post(Packet frame) {
        if (outboxSize == OUTBOX) {
            statistics().countReceiveDrop(DropReason.NO_BUFFER, 1);
            frame.release();
            return;
        }
        frame.setInPort(number());
        outbox[(outboxHead + outboxSize++) % OUTBOX] = frame;
    }

    @Override
    boolean arrive(Packet packet) {
        MemorySegment memory = packet.memory();
        long at = packet.offset();
        if (isIpv4(memory, at, packet.length())) {
            int source = Ipv4View.src(memory, at);
            if (source != 0) {
                ownAddresses.put(0, AddressTable.ipv4(source), 1, seconds);
            }
            int destination = Ipv4View.dst(memory, at);
            if (destination == -1) {
                return frame(packet, EthernetView.BROADCAST, EtherTypes.IPV4);
            }
            if (destination >>> 28 == 0xe) { // RFC 1112 section 6.4
                return frame(packet, 0x0100_5e00_0000L | destination & 0x7f_ffff, EtherTypes.IPV4);
            }
            return route(packet, 0, AddressTable.ipv4(destination), EtherTypes.IPV4);
        }
        if (isIpv6(memory, at, packet.length())) {
            long high = Ipv6View.srcHigh(memory, at);
            long low = Ipv6View.srcLow(memory, at);
            if ((high | low) != 0) {
                ownAddresses.put(high, low, 1, seconds);
            }
            high = Ipv6View.dstHigh(memory, at);
            low = Ipv6View.dstLow(memory, at);
            if (high >>> 56 == 0xff) { // RFC 2464 section 7
                return frame(packet, 0x3333_0000_0000L | low & 0xffff_ffffL, EtherTypes.IPV6);
            }
            return route(packet, high, low, EtherTypes.IPV6);
        }
        statistics().countReceiveDrop(DropReason.MALFORMED, 1);
        packet.release();
        return false;
    }

    private static boolean isIpv4(MemorySegment memory, long at, int available) {
        return Ipv4View.check(memory, at, available) && Ipv4View.version(memory, at) == 4;
    }

    private static boolean isIpv6(MemorySegment memory, long at, int available) {
        return Ipv6View.check(memory, at, available) && Ipv6View.version(memory, at) == 6;
    }

    private boolean frame(Packet packet, long destination, int type) {
        packet.push(ETHERNET);
        EthernetView.setDst(packet.memory(), packet.offset(), destination);
        EthernetView.setSrc(packet.memory(), packet.offset(), macAddress());
        EthernetView.setType(packet.memory(), packet.offset(), type);
        return true;
    }

    private boolean route(Packet packet, long high, long low, int type) {
        long mac = neighbours.get(high, low);
        if (mac == 0) {
            await(packet, high, low);
            return false;
        }
        if (neighbours.age(high, low, seconds) > FRESH_SECONDS) {
            neighbours.put(high, low, mac, seconds - FRESH_SECONDS); // ask again in a second, not with each packet
            request(packet, high, low);
        }
        return frame(packet, mac, type);
    }

    /** Keeps a packet until its neighbour is known. */
    private void await(Packet packet, long high, long low) {
        int index = waitingFor(high, low);
        if (index < 0 && waitingCount == WAITING) {
            statistics().countReceiveDrop(DropReason.NO_NEIGHBOUR, 1);
            packet.release();
            return;
        }
        if (index < 0) {
            Waiting entry = waiting[waitingCount++];
            entry.packet = packet;
            entry.high = high;
            entry.low = low;
            entry.requests = 1;
            requestedAt = seconds;
            request(packet, high, low);
            return;
        }
        Packet earlier = Objects.requireNonNull(waiting[index].packet);
        waiting[index].packet = packet;
        statistics().countReceiveDrop(DropReason.NO_NEIGHBOUR, 1);
        earlier.release();
    }

    private int waitingFor(long high, long low) {
        for (int i = 0; i < waitingCount; i++) {
            if (waiting[i].high == high && waiting[i].low == low) {
                return i;
            }
        }
        return -1;
    }

    private Packet stopWaiting(int index) {
        Waiting entry = waiting[index];
        Packet packet = Objects.requireNonNull(entry.packet);
        entry.packet = null;
        waiting[index] = waiting[--waitingCount];
        waiting[waitingCount] = entry;
        return packet;
    }

    private void repeatRequests() {
        requestedAt = seconds;
        for (int i = waitingCount - 1; i >= 0; i--) {
            Waiting entry = waiting[i];
            if (entry.requests == REQUESTS) {
                statistics().countReceiveDrop(DropReason.NO_NEIGHBOUR, 1);
                stopWaiting(i).release();
            } else {
                entry.requests++;
                request(Objects.requireNonNull(entry.packet), entry.high, entry.low);
            }
        }
    }

    /** Asks who has an address, in the name of the packet's source. */
    private void request(Packet packet, long high, long low) {
        Packet frame = context.pool().allocate();
        if (frame == null) {
            return; // repeated in a second
        }
        MemorySegment memory = packet.memory();
        long at = packet.offset();
        if (Ipv4View.version(memory, at) == 4) {
            NeighbourMessages.arpRequest(frame, macAddress(), Ipv4View.src(memory, at), (int) low);
        } else {
            NeighbourMessages.solicitation(
                    frame, macAddress(), Ipv6View.srcHigh(memory, at), Ipv6View.srcLow(memory, at), high, low);
        }
        post(frame);
    }

    // ---- poll loop: from the switch to the device

    @Override
    boolean leave(Packet packet, long nowNs) {
        MemorySegment memory = packet.memory();
        long at = packet.offset();
        int length = packet.length() - ETHERNET;
        if (length < 0) {
            drop(packet, DropReason.MALFORMED);
            return false;
        }
        long destination = EthernetView.dst(memory, at);
        if (destination != macAddress() && !EthernetView.isGroup(destination)) {
            drop(packet, DropReason.NOT_FOR_PORT);
            return false;
        }
        int type = EthernetView.type(memory, at);
        long mac = EthernetView.src(memory, at);
        long l3 = at + ETHERNET;
        if (type == EtherTypes.ARP && ArpView.check(memory, l3, length)) {
            onArp(memory, l3);
            taken(packet);
            return false;
        }
        if (type == EtherTypes.IPV4 && isIpv4(memory, l3, length)) {
            learn(0, AddressTable.ipv4(Ipv4View.src(memory, l3)), mac);
        } else if (type == EtherTypes.IPV6 && isIpv6(memory, l3, length)) {
            learn(Ipv6View.srcHigh(memory, l3), Ipv6View.srcLow(memory, l3), mac);
            long icmp = l3 + Ipv6View.LENGTH;
            int available = length - Ipv6View.LENGTH;
            if (Ipv6View.nextHeader(memory, l3) == IpProtocols.ICMPV6
                    && Ipv6View.hopLimit(memory, l3) == 255 // RFC 4861 section 7.1
                    && NeighbourDiscoveryView.check(memory, icmp, available)) {
                onNeighbourDiscovery(memory, l3, icmp, available, mac);
                taken(packet);
                return false;
            }
        } else {
            drop(packet, DropReason.NOT_LAYER_3);
            return false;
        }
        if (!admit(packet, ETHERNET)) {
            return false;
        }
        packet.pull(ETHERNET);
        return true;
    }

    /** Counts a message to the port itself as sent. */
    private void taken(Packet packet) {
        statistics().countSent(1, packet.length());
        packet.release();
    }

    private void learn(long high, long low, long mac) {
        boolean unspecified = high == 0 && (low == 0 || low == AddressTable.ipv4(0));
        if (unspecified || mac == 0 || EthernetView.isGroup(mac)) {
            return;
        }
        neighbours.put(high, low, mac, seconds);
        int index = waitingCount == 0 ? -1 : waitingFor(high, low);
        if (index >= 0) {
            Packet packet = stopWaiting(index);
            boolean ipv4 = Ipv4View.version(packet.memory(), packet.offset()) == 4;
            frame(packet, mac, ipv4 ? EtherTypes.IPV4 : EtherTypes.IPV6);
            post(packet);
        }
    }

    private void onArp(MemorySegment memory, long arp) {
        int sender = ArpView.spa(memory, arp);
        long senderMac = ArpView.sha(memory, arp);
        int target = ArpView.tpa(memory, arp);
        learn(0, AddressTable.ipv4(sender), senderMac);
        boolean asks = ArpView.operation(memory, arp) == ArpView.REQUEST && sender != target;
        if (asks && isOwn(0, AddressTable.ipv4(target))) {
            Packet frame = context.pool().allocate();
            if (frame != null) {
                NeighbourMessages.arpReply(frame, macAddress(), target, senderMac, sender);
                post(frame);
            }
        }
    }

    private void onNeighbourDiscovery(MemorySegment memory, long l3, long icmp, int available, long mac) {
        long high = NeighbourDiscoveryView.targetHigh(memory, icmp);
        long low = NeighbourDiscoveryView.targetLow(memory, icmp);
        boolean solicits = memory.get(ValueLayout.JAVA_BYTE, icmp) == (byte) NeighbourDiscoveryView.SOLICIT;
        if (!solicits) {
            int option = NeighbourDiscoveryView.option(memory, icmp, available, NeighbourDiscoveryView.TARGET_ADDRESS);
            learn(high, low, option < 0 ? mac : EthernetView.dst(memory, icmp + option + 2));
            return;
        }
        long askingHigh = Ipv6View.srcHigh(memory, l3);
        long askingLow = Ipv6View.srcLow(memory, l3);
        if (!isOwn(high, low)) {
            return;
        }
        boolean probe =
                (askingHigh | askingLow) == 0; // duplicate address detection: answered to all nodes (RFC 4861 7.2.4)
        Packet frame = context.pool().allocate();
        if (frame != null) {
            NeighbourMessages.advertisement(
                    frame,
                    macAddress(),
                    high,
                    low,
                    probe ? 0x3333_0000_0001L : mac,
                    probe ? 0xff02_0000_0000_0000L : askingHigh,
                    probe ? 1 : askingLow);
            post(frame);
        }
    }

    private boolean isOwn(long high, long low) {
        if (ownAddresses.get(high, low) != 0) {
            return true;
        }
        long[] all = configured;
        for (int i = 0; i < all.length; i += 2) {
            if (all[i] == high && all[i + 1] == low) {
                return true;
            }
        }
        return false;
    }
}
