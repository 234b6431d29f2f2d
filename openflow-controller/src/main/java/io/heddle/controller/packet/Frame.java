package io.heddle.controller.packet;

import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * An Ethernet frame on the heap, its headers found once. Immutable; nonsense stays readable.
 *
 * @see PacketLayers
 */
public final class Frame {
    private final byte[] octets;
    private final MemorySegment memory;
    private final long layers;

    private Frame(byte[] octets) {
        this.octets = octets;
        this.memory = MemorySegment.ofArray(octets);
        this.layers = PacketLayers.parse(memory, 0, octets.length);
    }

    /** Takes over an array: the caller must not change it any more. */
    public static Frame of(byte[] octets) {
        return new Frame(octets);
    }

    /** A copy of the octets. */
    public byte[] octets() {
        return octets.clone();
    }

    public int length() {
        return octets.length;
    }

    /** The octets, read-only. */
    public MemorySegment memory() {
        return memory.asReadOnly();
    }

    /** Says whether there is a whole Ethernet header. */
    public boolean isComplete() {
        return layers != 0;
    }

    public long dst() {
        return EthernetView.dst(memory, 0);
    }

    public long src() {
        return EthernetView.src(memory, 0);
    }

    /** VLAN of the outermost tag, 0 when there is none or it is a priority tag only. */
    public int vlan() {
        int type = Octets.u16(memory, 12);
        return EtherTypes.isVlan(type) && octets.length >= 18 ? Octets.u16(memory, 14) & 0xfff : 0;
    }

    /** Type of what is in the frame, after the outermost tag. */
    public int type() {
        return PacketLayers.type(layers);
    }

    /** Offset of what is in the frame. */
    public int payload() {
        return PacketLayers.l3(layers);
    }

    /** Says whether this is a UDP datagram over IPv4, not a fragment, with a whole header. */
    public boolean isIpv4Udp() {
        return PacketLayers.isIpv4(layers)
                && PacketLayers.hasL4Header(layers)
                && PacketLayers.protocol(layers) == IpProtocols.UDP
                && PacketLayers.fragment(layers) == 0;
    }

    /** Source address; only if {@link #isIpv4Udp}. */
    public int ipSrc() {
        return Octets.s32(memory, payload() + 12);
    }

    /** Destination address; only if {@link #isIpv4Udp}. */
    public int ipDst() {
        return Octets.s32(memory, payload() + 16);
    }

    /** Source port; only if {@link #isIpv4Udp}. */
    public int udpSrc() {
        return Octets.u16(memory, PacketLayers.l4(layers));
    }

    /** Destination port; only if {@link #isIpv4Udp}. */
    public int udpDst() {
        return Octets.u16(memory, PacketLayers.l4(layers) + 2);
    }

    /** Payload of a UDP datagram, as much as there is; only if {@link #isIpv4Udp}. */
    public byte[] udpPayload() {
        int l4 = PacketLayers.l4(layers);
        int length = Math.min(Octets.u16(memory, l4 + 4), PacketLayers.l4Length(layers));
        return Arrays.copyOfRange(
                octets, Math.min(l4 + 8, octets.length), Math.min(l4 + Math.max(8, length), octets.length));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame that && Arrays.equals(octets, that.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }

    /** Hexadecimal. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(octets);
    }
}
