package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import java.lang.foreign.ValueLayout;

/** Offloads by the book, slowly: checksums by RFC 1071, and no segmentation. */
final class TestOffload implements SoftwareOffload {
    @Override
    public boolean completeChecksum(Packet packet) {
        long sum = 0;
        for (int i = packet.checksumStart(); i < packet.length(); i++) {
            int octet = packet.memory().get(ValueLayout.JAVA_BYTE, packet.offset() + i) & 0xff;
            sum += (i - packet.checksumStart()) % 2 == 0 ? octet << 8 : octet;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        long at = packet.offset() + packet.checksumStart() + packet.checksumOffset();
        int checksum = ~(int) sum & 0xffff;
        packet.memory().set(ValueLayout.JAVA_BYTE, at, (byte) (checksum >>> 8));
        packet.memory().set(ValueLayout.JAVA_BYTE, at + 1, (byte) checksum);
        packet.clearNeedsChecksum();
        return true;
    }

    @Override
    public int segment(Packet packet, PacketPool pool, SegmentSink out) {
        return 0;
    }
}
