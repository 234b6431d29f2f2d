package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.SuperFrame;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.Link;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What ports of network devices have in common: their link's state as rtnetlink tells it, counters, and the check of what may leave.
 *
 * <p>Thread safety: as {@link Port} says; {@link #onLink}, {@link #onTick} and {@link #shut} are the control loop's. The link's state
 * passes between the two by volatile fields.
 */
abstract class DevicePort implements Port {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ETHERNET = 14;
    private static final int TAG = 4;

    private final int number;
    private final PortSpec spec;
    private final PortStatistics statistics = new PortStatistics();
    final PortContext context;

    private volatile PortState state = PortState.DOWN;
    private volatile int mtu = 1500;
    private volatile long mac;
    private volatile boolean closed;
    private volatile String trouble = "";

    DevicePort(int number, PortSpec spec, PortContext context) {
        this.number = number;
        this.spec = spec;
        this.context = context;
    }

    // ---- control loop

    /** The device changed, or there is one of its name again. */
    abstract void onLink(Link link) throws IOException;

    /** A second went by: for what no event tells. */
    abstract void onTick() throws IOException;

    /** Gives everything up; called once. */
    abstract void shut();

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            shut();
        }
    }

    /** Says whether {@link #close} was called. */
    final boolean isClosed() {
        return closed;
    }

    /** Takes the properties of the device. */
    final void adopt(Link link) {
        mtu = link.mtu();
        if (link.mac() != 0) { // a layer 3 port has an address of its own
            mac = link.mac();
        }
        state = link.isRunning() ? PortState.UP : PortState.DOWN;
    }

    /** Sets why the device cannot be brought back, empty if all is well. */
    final void setTrouble(String sentence) {
        trouble = sentence;
    }

    @Override
    public String warning() {
        return trouble;
    }

    /** Sets the link's state. */
    final void setState(PortState newState) {
        state = newState;
    }

    /** Sets the Ethernet address that the port is known by. */
    final void setMac(long address) {
        mac = address;
    }

    // ---- poll loop

    /**
     * Says whether a packet may be sent: if not, it has been counted, told and released. A TCP super-frame whose segments would be
     * too long is to be cut into shorter ones.
     *
     * @param layer2 octets of layer 2 headers, see {@link #layer2Length}
     */
    final boolean admit(Packet packet, int layer2) {
        if (!fits(packet, layer2, mtu)) {
            drop(packet, DropReason.MTU_EXCEEDED);
            return false;
        }
        return true;
    }

    /**
     * Says whether a packet's frames fit an MTU, after having made the segments of a TCP super-frame shorter if they did not.
     *
     * @param layer2 octets of layer 2 headers, see {@link #layer2Length}
     * @param longest layer 3 packet in octets
     */
    static boolean fits(Packet packet, int layer2, int longest) {
        if (!packet.isGso()) {
            return packet.length() - layer2 <= longest;
        }
        int headers = SuperFrame.headerLength(packet);
        int segment = SuperFrame.wireLength(packet);
        if (segment - layer2 <= longest) {
            return true;
        }
        int room = longest + layer2 - headers;
        boolean tcp = packet.gsoType() == Packet.GSO_TCPV4 || packet.gsoType() == Packet.GSO_TCPV6;
        if (tcp && room > 0) {
            packet.setGso(packet.gsoType(), packet.gsoEcn(), room);
            return true;
        }
        return false;
    }

    /** Counts and releases a packet that cannot be sent. */
    final void drop(Packet packet, DropReason reason) {
        statistics.countTransmitDrop(reason, 1);
        if (reason == DropReason.MTU_EXCEEDED) {
            context.oversize().onOversize(this, packet, mtu);
        }
        packet.release();
    }

    /** Returns the octets of a frame's Ethernet header and VLAN tags; a frame that is shorter has that many all the same. */
    static int layer2Length(Packet packet) {
        MemorySegment memory = packet.memory();
        int length = ETHERNET;
        while (length <= ETHERNET + TAG && length <= packet.length()) {
            int type = memory.get(U16, packet.offset() + length - 2) & 0xffff;
            if (type != 0x8100 && type != 0x88a8) {
                break;
            }
            length += TAG;
        }
        return length;
    }

    // ---- Port

    @Override
    public final int number() {
        return number;
    }

    @Override
    public final String name() {
        return spec.name();
    }

    @Override
    public final PortSpec spec() {
        return spec;
    }

    @Override
    public final PortStatistics statistics() {
        return statistics;
    }

    @Override
    public final long macAddress() {
        return mac;
    }

    @Override
    public final int mtu() {
        return mtu;
    }

    @Override
    public final PortState state() {
        return state;
    }

    @Override
    public int capabilities() {
        return CAN_SEGMENT | CAN_CHECKSUM;
    }

    @Override
    public final String toString() {
        return "port " + number + " (" + spec.type() + " " + spec.name() + ", " + state + ")";
    }
}
