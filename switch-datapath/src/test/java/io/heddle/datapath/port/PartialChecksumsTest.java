package io.heddle.datapath.port;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartialChecksumsTest {
    private static final String ETHERNET = "02000000000b02000000000a";
    private static final String ADDRESSES = "0a0000010a000002";
    private static final String TCP = "0800" + "4500002c000040004006" + "26c9" + ADDRESSES + "30390050" + "00000001"
            + "00000002" + "50100200" + "0000" + "0000" + "68656464";
    private static final String UDP =
            "0800" + "45000020000040004011" + "26ca" + ADDRESSES + "30390035" + "000c" + "0000" + "68656464";
    private static final String SCTP =
            "0800" + "45000024000040004084" + "2653" + ADDRESSES + "30390050" + "00000001" + "00000000" + "0b000004";

    private final PacketPool pool = new PacketPool(1);
    private final Packet packet = requireNonNull(pool.allocate());

    @AfterEach
    void close() {
        packet.release();
        pool.close();
    }

    private void given(String hex) {
        byte[] octets = HexFormat.of().parseHex(hex);
        packet.append(octets.length);
        MemorySegment.copy(octets, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), octets.length);
    }

    private long layers() {
        return PacketLayers.parseBehindTags(packet.memory(), packet.offset(), packet.length());
    }

    private void setChecksum(int field, int value) {
        Octets.put16(packet.memory(), packet.offset() + PacketLayers.l4(layers()) + field, value);
    }

    private int checksum(int field) {
        return Octets.u16(packet.memory(), packet.offset() + PacketLayers.l4(layers()) + field);
    }

    private boolean isValid() {
        return Checksums.isL4Valid(packet.memory(), packet.offset(), layers());
    }

    @Test
    void shouldCompleteWhatHoldsThePseudoHeadersSum() {
        given(ETHERNET + TCP);
        setChecksum(16, Checksums.pseudo(packet.memory(), packet.offset(), layers()));
        assertThat(isValid()).isFalse();
        PartialChecksums.complete(packet);
        assertThat(isValid()).isTrue();
    }

    @Test
    void shouldFindItBehindTags() {
        given(ETHERNET + "88a80064" + "81000065" + UDP);
        setChecksum(6, Checksums.pseudo(packet.memory(), packet.offset(), layers()));
        PartialChecksums.complete(packet);
        assertThat(isValid()).isTrue();
        assertThat(checksum(6)).isNotZero();
    }

    @Test
    void shouldCompleteTheCrcOfSctp() {
        given(ETHERNET + SCTP);
        PartialChecksums.complete(packet);
        assertThat(isValid()).isTrue();
    }

    @Test
    void shouldLeaveEverythingElseAsItIs() {
        given(ETHERNET + UDP); // no checksum
        PartialChecksums.complete(packet);
        assertThat(checksum(6)).isZero();
        setChecksum(6, 0x1234); // a wrong one
        PartialChecksums.complete(packet);
        assertThat(checksum(6)).isEqualTo(0x1234);
    }

    @Test
    void shouldLeaveACompleteChecksumThatHappensToBeThePseudoHeadersSum() {
        given(ETHERNET + UDP);
        int pseudo = Checksums.pseudo(packet.memory(), packet.offset(), layers());
        setChecksum(6, pseudo);
        // Choose the payload's last word so that the whole sum is right.
        long l4 = packet.offset() + PacketLayers.l4(layers());
        Octets.put16(packet.memory(), l4 + 10, 0);
        int sum = Checksums.fold((long) Checksums.sum(packet.memory(), l4, 12) + pseudo);
        Octets.put16(packet.memory(), l4 + 10, ~sum & 0xffff);
        assertThat(isValid()).isTrue();
        PartialChecksums.complete(packet);
        assertThat(checksum(6)).isEqualTo(pseudo);
    }
}
