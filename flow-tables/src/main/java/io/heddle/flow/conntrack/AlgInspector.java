package io.heddle.flow.conntrack;

import io.heddle.flow.action.Alg;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.MemorySegment;

/**
 * Reads control connections: remembers which connections they announce, and has translated connections announce translated ends.
 *
 * <pre>
 *   S says "connect to S:p"      S --direction d--&gt; here.dst     there.src = O --other direction--&gt; there.dst
 *   expected, as it arrives      O:any --&gt; there.dst:q           q = p if that is free
 *   delivered, as it leaves      here.dst:any --&gt; S:p
 * </pre>
 *
 * <p>An end may announce its own address only. What has become longer or shorter moves the sequence numbers that follow, which
 * {@link Extension} remembers, and the acknowledgements of them the other way.
 *
 * <p>Allocates nothing. Thread safety: none; belongs to a tracker.
 */
final class AlgInspector {
    /** {@link #inspect}: there is no room for the translated address. */
    static final int NO_ROOM = -2;

    /** What is announced is waited for so long. */
    static final long EXPECTED_NS = 300_000_000_000L;

    private static final int MOST_PORTS = 128;
    private static final int FIRST_PORT = 1024;
    private static final int FTP_DATA = 20;
    private static final int SACK = 5;

    private final ConnectionTable table;
    private final Extensions extensions;
    private final FtpReader ftp = new FtpReader();
    private final Tuple here = new Tuple();
    private final Tuple there = new Tuple();
    private final Tuple probe = new Tuple();
    private final byte[] written = new byte[FtpReader.MOST_OCTETS];
    private final MemorySegment writtenOctets = MemorySegment.ofArray(written);

    AlgInspector(ConnectionTable table, Extensions extensions) {
        this.table = table;
        this.extensions = extensions;
    }

    /**
     * Reads a packet of a control connection.
     *
     * @param segment for TCP, with acknowledgements as their receiver counts ({@link Extension#normalise})
     * @param isTranslated addresses of the packet have been translated
     * @return the frame's length now, or {@link #NO_ROOM}
     */
    int inspect(
            Extension extension,
            int direction,
            PacketReader packet,
            TcpSegment segment,
            boolean isTranslated,
            long nowNs) {
        Alg alg = extension.alg;
        if (alg == Alg.TFTP && packet.tuple.protocol == IpProtocols.UDP) {
            tftp(extension, direction, packet, nowNs);
        } else if (alg == Alg.FTP && packet.tuple.protocol == IpProtocols.TCP) {
            if (isTranslated && extension.isMoved()) {
                move(extension, direction, packet, segment);
            }
            if (readFtp(extension, direction, packet, segment) && isOwn(extension.slot, direction)) {
                return announce(extension, direction, packet, segment, isTranslated, nowNs);
            }
        }
        return packet.length;
    }

    /** A request is answered from another port of the server (RFC 1350 section 4). */
    private void tftp(Extension extension, int direction, PacketReader packet, long nowNs) {
        if (direction != 0 || packet.l4Length < 10) {
            return;
        }
        int operation = Octets.u16(packet.memory, packet.l4 + 8);
        if (operation == 1 || operation == 2) {
            table.read(extension.slot, 0, here);
            table.read(extension.slot, 1, there);
            expect(extension, IpProtocols.UDP, here.srcPort, there.dstPort, false, nowNs);
        }
    }

    private boolean readFtp(Extension extension, int direction, PacketReader packet, TcpSegment segment) {
        MemorySegment memory = packet.memory;
        int header = TcpView.headerLength(memory, packet.l4);
        int size = packet.l4Length - header;
        if (size <= 0) {
            return false;
        }
        long payload = packet.l4 + header;
        boolean isLineStart = extension.isLineStart(direction, segment.sequence);
        boolean isFound = ftp.read(memory, payload, size, direction == 0, isLineStart);
        if (isLineStart) {
            extension.addLineStart(direction, segment.sequence);
        }
        if (Octets.u8(memory, payload + size - 1) == '\n') {
            extension.addLineStart(direction, segment.sequence + size);
        }
        return isFound;
    }

    /** Nobody may announce an address of somebody else: the switch would open the way to it. */
    private boolean isOwn(int slot, int direction) {
        table.read(slot, direction, here);
        table.read(slot, 1 - direction, there);
        return ftp.form == FtpReader.Form.PORT_ONLY
                || ftp.isIpv6 == here.isIpv6 && ftp.addressHigh == here.srcHigh && ftp.addressLow == here.srcLow;
    }

    private int announce(
            Extension extension,
            int direction,
            PacketReader packet,
            TcpSegment segment,
            boolean isTranslated,
            long nowNs) {
        MemorySegment memory = packet.memory;
        int port = expect(extension, IpProtocols.TCP, ftp.port, ftp.port, isTranslated, nowNs);
        boolean isSameAddress =
                ftp.form == FtpReader.Form.PORT_ONLY || there.dstHigh == here.srcHigh && there.dstLow == here.srcLow;
        if (port < 0 || !isTranslated || port == ftp.port && isSameAddress) {
            return packet.length;
        }
        int octets = ftp.write(written, there.dstHigh, there.dstLow, port);
        int growth = octets - (int) (ftp.end - ftp.first);
        if (growth > packet.room || packet.length + growth > 0xffff) {
            return NO_ROOM;
        }
        long behind = packet.frame + packet.length - ftp.end;
        MemorySegment.copy(memory, ftp.end, memory, ftp.end + growth, behind);
        MemorySegment.copy(writtenOctets, 0, memory, ftp.first, octets);
        extension.grow(direction, segment.sequence, growth);
        lengthen(packet, growth);
        return packet.length;
    }

    /** Makes the lengths of the headers and the checksums right. */
    private static void lengthen(PacketReader packet, int growth) {
        MemorySegment memory = packet.memory;
        packet.length += growth;
        if (packet.tuple.isIpv6) {
            Ipv6View.setPayloadLength(memory, packet.l3, Ipv6View.payloadLength(memory, packet.l3) + growth);
        } else {
            int before = Ipv4View.totalLength(memory, packet.l3);
            Ipv4View.setTotalLength(memory, packet.l3, before + growth);
            Ipv4View.setChecksum(
                    memory,
                    packet.l3,
                    Checksums.updateSum(Ipv4View.checksum(memory, packet.l3), before, before + growth));
        }
        int before = packet.l4Length;
        packet.layers = PacketLayers.parseBehindTags(memory, packet.frame, packet.length);
        packet.l4Length = before + growth;
        if (packet.isPartial) {
            int partial = TcpView.checksum(memory, packet.l4);
            TcpView.setChecksum(memory, packet.l4, Checksums.updatePartial(partial, before, before + growth));
        } else {
            Checksums.writeL4(memory, packet.frame, packet.layers);
        }
    }

    /**
     * Expects a connection from the other end.
     *
     * @param own port that it is delivered to
     * @param outside port that it is to arrive at
     * @param mayMove another one may be taken, if that is not free
     * @return the port that it is to arrive at, -1 if there was none
     */
    private int expect(Extension extension, int protocol, int own, int outside, boolean mayMove, long nowNs) {
        extensions.forget(extension);
        Tuple expected = extension.expected;
        expected.copyFrom(there);
        expected.protocol = protocol;
        expected.srcPort = 0;
        extension.delivered.setInverse(here);
        extension.delivered.protocol = protocol;
        extension.delivered.srcPort = 0;
        extension.delivered.dstPort = own;
        int ports = 0x10000 - FIRST_PORT;
        for (int i = 0; i < (mayMove ? MOST_PORTS : 1); i++) {
            expected.dstPort = i == 0 ? outside : FIRST_PORT + (Math.max(outside - FIRST_PORT, 0) + i) % ports;
            if (!mayMove || isFree(extension, nowNs)) {
                extensions.expect(extension, nowNs + EXPECTED_NS);
                return expected.dstPort;
            }
        }
        return -1;
    }

    private boolean isFree(Extension extension, long nowNs) {
        probe.copyFrom(extension.expected);
        probe.srcPort = FTP_DATA;
        return !extensions.isTaken(extension.expected, extension, nowNs) && table.find(probe) == ConnectionTable.NONE;
    }

    /** Moves sequence number and acknowledgements of a segment. */
    private static void move(Extension extension, int direction, PacketReader packet, TcpSegment segment) {
        MemorySegment memory = packet.memory;
        long tcp = packet.l4;
        put(memory, tcp, tcp + 4, segment.sequence + extension.offset(direction, segment.sequence), packet.isPartial);
        if (!segment.has(TcpView.ACK)) {
            return;
        }
        put(memory, tcp, tcp + 8, segment.acknowledgement, packet.isPartial);
        int header = TcpView.headerLength(memory, tcp);
        int at = TcpView.MIN_LENGTH;
        while (at + 1 < header) {
            int kind = Octets.u8(memory, tcp + at);
            int size = kind == 1 ? 1 : Octets.u8(memory, tcp + at + 1);
            if (kind == 0 || size < 1 || kind != 1 && size < 2 || at + size > header) {
                return;
            }
            for (int edge = 2; kind == SACK && edge + 4 <= size; edge += 4) {
                int number = Octets.s32(memory, tcp + at + edge);
                int moved = number - extension.offsetOfAcknowledgement(1 - direction, number);
                put(memory, tcp, tcp + at + edge, moved, packet.isPartial);
            }
            at += size;
        }
    }

    /** Writes 32 bits of a TCP header, at an even distance from its beginning or not. */
    private static void put(MemorySegment memory, long tcp, long at, int value, boolean isPartial) {
        int old = Octets.s32(memory, at);
        if (old == value) {
            return;
        }
        Octets.put32(memory, at, value);
        if (isPartial) {
            return;
        }
        int oldSum = Checksums.sum32(old);
        int newSum = Checksums.sum32(value);
        boolean isOdd = (at - tcp & 1) != 0;
        int checksum = TcpView.checksum(memory, tcp);
        TcpView.setChecksum(
                memory,
                tcp,
                isOdd
                        ? Checksums.updateSum(checksum, swap(oldSum), swap(newSum))
                        : Checksums.updateSum(checksum, oldSum, newSum));
    }

    private static int swap(int sum) {
        int folded = Checksums.fold(Integer.toUnsignedLong(sum));
        return folded << 8 & 0xff00 | folded >>> 8;
    }
}
