package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a TCP or UDP super-frame into the frames that go on the wire, with complete checksums.
 *
 * <pre>
 *   | headers | payload: gsoSize | gsoSize | ... | rest |
 *        |            |
 *        v            v
 *   | headers | gsoSize |   | headers | gsoSize |  ...  | headers | rest |
 * </pre>
 *
 * <p>In every frame: lengths and header checksums of all IP headers; IPv4 id counted up by one from frame to frame; TCP sequence
 * number; FIN and PSH in the last frame only, CWR in the first only (RFC 3168 section 6.1.2); UDP lengths; L4 checksum.
 *
 * <p>The headers before L4 may be VLAN tags, MPLS entries, a PBB service tag, and UDP tunnels (VXLAN, Geneve) around another
 * Ethernet frame, whose outer lengths follow too. A UDP checksum of an outer header is computed anew if it is not 0.
 *
 * <p>Allocates nothing; the caller gives memory for each frame. Thread safety: none; one instance for each thread.
 */
public final class Segmentation {
    private static final int MAX_HEADERS = 12;
    private static final int KIND_IPV4 = 0;
    private static final int KIND_IPV6 = 1;
    private static final int KIND_OUTER_UDP = 2;
    private static final int GENEVE_PORT = 6081;
    private static final int LINUX_VXLAN_PORT = 8472;

    /** Gives memory for the frames, in order. */
    public interface Target {
        /**
         * Returns a frame of exactly {@code length} octets to be filled; null when there is none, which ends the segmentation.
         */
        @Nullable
        HeaderRoom allocate(int length);

        /** Takes the frame that was allocated last, filled. */
        void accept(HeaderRoom frame);
    }

    /** Headers whose length depends on the payload's: kind and offset from the frame's start. */
    private final int[] kinds = new int[MAX_HEADERS];

    private final int[] offsets = new int[MAX_HEADERS];
    private int headers;

    /** Protocol of the innermost IP header. */
    private int protocol;

    /**
     * Cuts a super-frame, which is only read.
     *
     * @param memory that holds the frame
     * @param frame offset of the frame's first octet
     * @param length of the frame in octets
     * @param l4 of the TCP or UDP header from the frame's start, in octets: where the partial checksum starts
     * @param gsoSize octets of L4 payload in each frame but the last, greater than 0
     * @param target gives the memory
     * @return how many frames there were; 0 when the headers contradict each other; when the target had no more memory, the negative
     *     number of frames that it accepted, minus 1
     */
    public int segment(MemorySegment memory, long frame, int length, int l4, int gsoSize, Target target) {
        if (gsoSize <= 0 || !locateHeaders(memory, frame, length, l4)) {
            return 0;
        }
        int l4Header = UdpView.LENGTH;
        if (protocol == IpProtocols.TCP) {
            if (!TcpView.check(memory, frame + l4, length - l4)) {
                return 0;
            }
            l4Header = TcpView.headerLength(memory, frame + l4);
        } else if (protocol != IpProtocols.UDP || length - l4 < UdpView.LENGTH) {
            return 0;
        }
        int headerLength = l4 + l4Header;
        int payload = length - headerLength;
        int count = 0;
        int done = 0;
        do {
            int size = Math.min(gsoSize, payload - done);
            HeaderRoom segment = target.allocate(headerLength + size);
            if (segment == null) {
                return -count - 1;
            }
            MemorySegment to = segment.memory();
            long at = segment.offset();
            MemorySegment.copy(memory, frame, to, at, headerLength);
            MemorySegment.copy(memory, frame + headerLength + done, to, at + headerLength, size);
            boolean isLast = done + size == payload;
            finish(to, at, headerLength + size, l4, done, count, isLast);
            target.accept(segment);
            done += size;
            count++;
        } while (done < payload);
        return count;
    }

    private void finish(MemorySegment memory, long frame, int length, int l4, int done, int index, boolean isLast) {
        long at = frame + l4;
        int l4Length = length - l4;
        int field;
        if (protocol == IpProtocols.TCP) {
            TcpView.setSequence(memory, at, TcpView.sequence(memory, at) + done);
            int flags = TcpView.flags(memory, at);
            if (!isLast) {
                flags &= ~(TcpView.FIN | TcpView.PSH);
            }
            if (index > 0) {
                flags &= ~TcpView.CWR;
            }
            TcpView.setFlags(memory, at, flags);
            field = TcpView.CHECKSUM_OFFSET;
        } else {
            UdpView.setLength(memory, at, l4Length);
            field = UdpView.CHECKSUM_OFFSET;
        }
        for (int i = headers - 1; i >= 0; i--) {
            fixLength(memory, frame, length, i, index);
        }
        int innermost = headers - 1;
        writeChecksum(memory, frame, innermost, l4, l4Length, field);
        for (int i = innermost; i >= 1; i--) {
            if (kinds[i] == KIND_OUTER_UDP && UdpView.checksum(memory, frame + offsets[i]) != 0) {
                writeChecksum(memory, frame, i - 1, offsets[i], length - offsets[i], UdpView.CHECKSUM_OFFSET);
            }
        }
    }

    private void fixLength(MemorySegment memory, long frame, int length, int header, int index) {
        long at = frame + offsets[header];
        int size = length - offsets[header];
        switch (kinds[header]) {
            case KIND_IPV4 -> {
                Ipv4View.setTotalLength(memory, at, size);
                Ipv4View.setId(memory, at, Ipv4View.id(memory, at) + index);
                Ipv4View.setChecksum(memory, at, Checksums.ipv4Header(memory, at));
            }
            case KIND_IPV6 -> Ipv6View.setPayloadLength(memory, at, size - Ipv6View.LENGTH);
            default -> UdpView.setLength(memory, at, size);
        }
    }

    /** Writes the complete checksum of the L4 header at {@code l4}, which follows IP header number {@code ipHeader}. */
    private void writeChecksum(MemorySegment memory, long frame, int ipHeader, int l4, int l4Length, int field) {
        long l3 = frame + offsets[ipHeader];
        int l4Protocol = field == TcpView.CHECKSUM_OFFSET ? IpProtocols.TCP : IpProtocols.UDP;
        int pseudo = kinds[ipHeader] == KIND_IPV4
                ? Checksums.ipv4Pseudo(memory, l3, l4Protocol, l4Length)
                : Checksums.ipv6Pseudo(memory, l3, l4Protocol, l4Length);
        long at = frame + l4;
        Octets.put16(memory, at + field, 0);
        int checksum = Checksums.invert((long) Checksums.sum(memory, at, l4Length) + pseudo);
        Octets.put16(memory, at + field, checksum == 0 ? 0xffff : checksum);
    }

    /** Walks from the frame's start to {@code l4} and notes the headers whose lengths will change. */
    private boolean locateHeaders(MemorySegment memory, long frame, int length, int l4) {
        headers = 0;
        if (l4 < 0 || l4 > length) {
            return false;
        }
        int at = 0;
        // Each turn is one Ethernet frame, the next being the payload of a tunnel.
        while (at >= 0 && at < l4) {
            at = ipOf(memory, frame, at, l4);
            if (at < 0) {
                return false;
            }
            int next = transportOf(memory, frame, at, l4);
            if (next == l4) {
                return true;
            }
            at = next < 0 ? -1 : tunnelPayloadOf(memory, frame, next, l4);
        }
        return false;
    }

    /** Returns the offset of the IP header in the Ethernet frame at {@code at}, -1 for none before {@code l4}. */
    private static int ipOf(MemorySegment memory, long frame, int start, int l4) {
        int at = start + EthernetView.LENGTH;
        if (at > l4) {
            return -1;
        }
        int type = Octets.u16(memory, frame + at - 2);
        while (at + 4 <= l4) {
            if (EtherTypes.isVlan(type)) {
                at += VlanView.LENGTH;
                type = Octets.u16(memory, frame + at - 2);
            } else if (EtherTypes.isMpls(type)) {
                boolean isBottom = MplsView.isBottom(MplsView.entry(memory, frame + at));
                at += MplsView.LENGTH;
                if (isBottom && at < l4) {
                    // The payload of a label stack says itself what it is (RFC 4928 section 3).
                    type = Octets.u8(memory, frame + at) >>> 4 == 4 ? EtherTypes.IPV4 : EtherTypes.IPV6;
                }
            } else if (type == EtherTypes.PBB && at + PbbView.LENGTH + EthernetView.LENGTH <= l4) {
                at += PbbView.LENGTH + EthernetView.LENGTH;
                type = Octets.u16(memory, frame + at - 2);
            } else {
                break;
            }
        }
        int needed = type == EtherTypes.IPV4
                ? Ipv4View.MIN_LENGTH
                : type == EtherTypes.IPV6 ? Ipv6View.LENGTH : Integer.MAX_VALUE;
        return l4 - at < needed ? -1 : at;
    }

    /** Notes the IP header at {@code at} and returns the offset of its payload, -1 when it does not end before {@code l4}. */
    private int transportOf(MemorySegment memory, long frame, int at, int l4) {
        if (headers > MAX_HEADERS - 2) {
            return -1;
        }
        offsets[headers] = at;
        if (Octets.u8(memory, frame + at) >>> 4 == 4) {
            kinds[headers++] = KIND_IPV4;
            protocol = Ipv4View.protocol(memory, frame + at);
            int size = Ipv4View.headerLength(memory, frame + at);
            return size < Ipv4View.MIN_LENGTH || size > l4 - at ? -1 : at + size;
        }
        if (l4 - at < Ipv6View.LENGTH) {
            return -1;
        }
        kinds[headers++] = KIND_IPV6;
        protocol = Ipv6View.nextHeader(memory, frame + at);
        int next = at + Ipv6View.LENGTH;
        while (Ipv6View.isExtension(protocol) && protocol != IpProtocols.FRAGMENT) {
            if (l4 - next < 8) {
                return -1;
            }
            int size = Ipv6View.extensionLength(memory, frame + next, protocol);
            protocol = Octets.u8(memory, frame + next);
            next += size;
        }
        return next > l4 ? -1 : next;
    }

    /** Notes the tunnel's UDP header at {@code at} and returns the offset of the Ethernet frame in it, -1 when it is no tunnel. */
    private int tunnelPayloadOf(MemorySegment memory, long frame, int at, int l4) {
        if (protocol != IpProtocols.UDP || l4 - at < UdpView.LENGTH + VxlanView.LENGTH) {
            return -1;
        }
        offsets[headers] = at;
        kinds[headers++] = KIND_OUTER_UDP;
        int tunnel = at + UdpView.LENGTH;
        return switch (UdpView.dst(memory, frame + at)) {
            case VxlanView.UDP_PORT, LINUX_VXLAN_PORT -> tunnel + VxlanView.LENGTH;
            case GENEVE_PORT -> tunnel + 8 + (Octets.u8(memory, frame + tunnel) & 0x3f) * 4;
            default -> -1;
        };
    }
}
