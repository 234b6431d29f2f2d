package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Inserts and removes VLAN tags, MPLS label stack entries and PBB service tags.
 *
 * <pre>
 *   push VLAN   dst src          type ...   ->  dst src TPID tci type ...
 *   push MPLS   dst src [vlan]   type ...   ->  dst src [vlan] MPLS entry ...
 *   push PBB    dst src [vlan]   type ...   ->  dst src 88e7 itag  dst src [vlan] type ...
 * </pre>
 *
 * <p>Only the octets before the change are moved. A frame that a pop makes shorter than 60 octets is not padded here: the egress port
 * does that. Popping what is not there changes nothing.
 *
 * <p>Every push says false when the frame has no room for it; the frame is then unchanged.
 *
 * <p>Thread safety: stateless.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 5.12</a>
 */
public final class PacketEditor {
    private static final int ADDRESSES = 12;
    private static final int BACKBONE_HEADER = EthernetView.LENGTH + PbbView.LENGTH;

    private PacketEditor() {}

    /** Inserts an outermost VLAN tag; bit 12 of {@code tci} is sent as 0. */
    public static boolean pushVlan(HeaderRoom frame, int etherType, int tci) {
        if (frame.length() < EthernetView.LENGTH || frame.headroom() < VlanView.LENGTH) {
            return false;
        }
        frame.push(VlanView.LENGTH);
        MemorySegment memory = frame.memory();
        long start = frame.offset();
        MemorySegment.copy(memory, start + VlanView.LENGTH, memory, start, ADDRESSES);
        VlanView.setTpid(memory, start + ADDRESSES, etherType);
        VlanView.setTci(memory, start + ADDRESSES, tci & ~VlanView.PRESENT);
        return true;
    }

    /** Removes the outermost VLAN tag. */
    public static void popVlan(HeaderRoom frame) {
        MemorySegment memory = frame.memory();
        long start = frame.offset();
        if (frame.length() < EthernetView.LENGTH + VlanView.LENGTH
                || !EtherTypes.isVlan(EthernetView.type(memory, start))) {
            return;
        }
        MemorySegment.copy(memory, start, memory, start + VlanView.LENGTH, ADDRESSES);
        frame.pull(VlanView.LENGTH);
    }

    /** Inserts an outermost label stack entry, after the outermost VLAN tag where there is one, and sets the Ethernet type. */
    public static boolean pushMpls(HeaderRoom frame, int etherType, int entry) {
        int stack = PacketLayers.l3(PacketLayers.parse(frame.memory(), frame.offset(), frame.length()));
        if (stack == 0 || frame.headroom() < MplsView.LENGTH) {
            return false;
        }
        frame.push(MplsView.LENGTH);
        MemorySegment memory = frame.memory();
        long start = frame.offset();
        MemorySegment.copy(memory, start + MplsView.LENGTH, memory, start, stack);
        Octets.put16(memory, start + stack - 2, etherType);
        MplsView.setEntry(memory, start + stack, entry);
        return true;
    }

    /** Removes the outermost label stack entry and sets the Ethernet type. */
    public static void popMpls(HeaderRoom frame, int etherType) {
        MemorySegment memory = frame.memory();
        long start = frame.offset();
        long layers = PacketLayers.parse(memory, start, frame.length());
        int stack = PacketLayers.l3(layers);
        if (!EtherTypes.isMpls(PacketLayers.type(layers)) || frame.length() < stack + MplsView.LENGTH) {
            return;
        }
        Octets.put16(memory, start + stack - 2, etherType);
        MemorySegment.copy(memory, start, memory, start + MplsView.LENGTH, stack);
        frame.pull(MplsView.LENGTH);
    }

    /**
     * Copies the TTL of the outermost label to the label or IP header below it, or the other way round (OpenFlow 1.3.5 section 5.12). A
     * frame without labels, or with nothing known below the last one, is left as it is.
     *
     * @param isInward from the label to what is below it
     */
    public static void copyTtl(HeaderRoom frame, boolean isInward) {
        MemorySegment memory = frame.memory();
        long layers = PacketLayers.parse(memory, frame.offset(), frame.length());
        long label = frame.offset() + PacketLayers.l3(layers);
        long inner = label + MplsView.LENGTH;
        long available = frame.offset() + frame.length() - inner;
        if (!EtherTypes.isMpls(PacketLayers.type(layers)) || available < MplsView.LENGTH) {
            return;
        }
        boolean isLast = (Octets.u8(memory, label + 2) & 1) != 0;
        int version = Octets.u8(memory, inner) >>> 4;
        boolean isIpv4 = isLast && version == 4 && available >= 20;
        boolean isIpv6 = isLast && version == 6 && available >= 40;
        if (isLast && !isIpv4 && !isIpv6) {
            return;
        }
        long innerTtl = inner + (isIpv4 ? 8 : isIpv6 ? 7 : 3);
        if (!isInward) {
            Octets.put8(memory, label + 3, Octets.u8(memory, innerTtl));
            return;
        }
        int before = Octets.u16(memory, inner + 8);
        Octets.put8(memory, innerTtl, Octets.u8(memory, label + 3));
        if (isIpv4) {
            int checksum = Ipv4View.checksum(memory, inner);
            Octets.put16(memory, inner + 10, Checksums.update16(checksum, before, Octets.u16(memory, inner + 8)));
        }
    }

    /**
     * Puts a backbone Ethernet header with the same addresses and a service tag before the frame, which becomes its payload whole.
     *
     * @param serviceTag the four octets after the TPID
     */
    public static boolean pushPbb(HeaderRoom frame, int etherType, int serviceTag) {
        if (frame.length() < EthernetView.LENGTH || frame.headroom() < BACKBONE_HEADER) {
            return false;
        }
        frame.push(BACKBONE_HEADER);
        MemorySegment memory = frame.memory();
        long start = frame.offset();
        MemorySegment.copy(memory, start + BACKBONE_HEADER, memory, start, ADDRESSES);
        EthernetView.setType(memory, start, etherType);
        PbbView.setTag(memory, start + EthernetView.LENGTH, serviceTag);
        return true;
    }

    /** Removes the backbone Ethernet header, its VLAN tag and the service tag: the customer's frame is left. */
    public static void popPbb(HeaderRoom frame) {
        long layers = PacketLayers.parse(frame.memory(), frame.offset(), frame.length());
        int tag = PacketLayers.l3(layers);
        if (PacketLayers.type(layers) == EtherTypes.PBB
                && frame.length() >= tag + PbbView.LENGTH + EthernetView.LENGTH) {
            frame.pull(tag + PbbView.LENGTH);
        }
    }
}
