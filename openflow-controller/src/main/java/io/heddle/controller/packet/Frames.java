package io.heddle.controller.packet;

import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Octets;
import java.lang.foreign.MemorySegment;

/** Makes frames. */
public final class Frames {
    private static final int ETHERNET = 14;
    private static final int TAG = 4;
    private static final int IPV4 = 20;
    private static final int UDP = 8;
    private static final int TTL = 64;

    private Frames() {}

    static int headerLength(int vlan) {
        return vlan == 0 ? ETHERNET : ETHERNET + TAG;
    }

    /** Writes Ethernet header and tag; returns where the payload begins. */
    static int putHeader(MemorySegment memory, long dst, long src, int vlan, int type) {
        Octets.put48(memory, 0, dst);
        Octets.put48(memory, 6, src);
        if (vlan == 0) {
            Octets.put16(memory, 12, type);
            return ETHERNET;
        }
        Octets.put16(memory, 12, EtherTypes.VLAN);
        Octets.put16(memory, 14, vlan);
        Octets.put16(memory, 16, type);
        return ETHERNET + TAG;
    }

    /**
     * A UDP datagram over IPv4 with right checksums.
     *
     * @param vlan tag to add, 0 for none
     */
    public static Frame udp(
            long dst, long src, int vlan, int ipSrc, int ipDst, int udpSrc, int udpDst, byte[] payload) {
        int l3 = headerLength(vlan);
        byte[] octets = new byte[l3 + IPV4 + UDP + payload.length];
        MemorySegment memory = MemorySegment.ofArray(octets);
        putHeader(memory, dst, src, vlan, EtherTypes.IPV4);
        Octets.put16(memory, l3, 0x4500);
        Octets.put16(memory, l3 + 2, IPV4 + UDP + payload.length);
        Octets.put8(memory, l3 + 8, TTL);
        Octets.put8(memory, l3 + 9, IpProtocols.UDP);
        Octets.put32(memory, l3 + 12, ipSrc);
        Octets.put32(memory, l3 + 16, ipDst);
        Octets.put16(memory, l3 + 10, checksum(memory, l3, IPV4, 0));
        int l4 = l3 + IPV4;
        int length = UDP + payload.length;
        Octets.put16(memory, l4, udpSrc);
        Octets.put16(memory, l4 + 2, udpDst);
        Octets.put16(memory, l4 + 4, length);
        System.arraycopy(payload, 0, octets, l4 + UDP, payload.length);
        long pseudo =
                (ipSrc >>> 16) + (ipSrc & 0xffffL) + (ipDst >>> 16) + (ipDst & 0xffffL) + IpProtocols.UDP + length;
        int sum = checksum(memory, l4, length, pseudo);
        // RFC 768: a computed 0 is sent as all ones, 0 means "none".
        Octets.put16(memory, l4 + 6, sum == 0 ? 0xffff : sum);
        return Frame.of(octets);
    }

    /** The Internet checksum (RFC 1071) of octets whose checksum field is 0, on top of a sum. */
    private static int checksum(MemorySegment memory, int offset, int length, long initial) {
        long sum = initial;
        int at = offset;
        for (; at + 1 < offset + length; at += 2) {
            sum += Octets.u16(memory, at);
        }
        if (at < offset + length) {
            sum += (long) Octets.u8(memory, at) << 8;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }
}
