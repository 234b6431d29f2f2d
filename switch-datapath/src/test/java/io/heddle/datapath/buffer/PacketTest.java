package io.heddle.datapath.buffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PacketTest {
    private final PacketPool pool = new PacketPool(4);

    @AfterEach
    void shouldHaveGotEverythingBack() {
        assertThat(pool.available()).isEqualTo(pool.capacity());
        assertThat(pool.sharesInUse()).isZero();
        pool.close();
    }

    private Packet packet(int length) {
        Packet packet = some(pool.allocate());
        packet.append(length);
        for (int i = 0; i < length; i++) {
            packet.memory().set(ValueLayout.JAVA_BYTE, packet.offset() + i, (byte) i);
        }
        return packet;
    }

    private static Packet some(@Nullable Packet packet) {
        return Objects.requireNonNull(packet);
    }

    @Test
    void shouldSayWhenItIsEmpty() {
        List<Packet> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(packet(60));
        }
        assertThat(pool.allocate()).isNull();
        all.forEach(Packet::release);
    }

    @Test
    void shouldKeepOffloadsRightWhenHeadersComeAndGo() {
        Packet packet = packet(100);
        packet.setNeedsChecksum(34, 16);
        packet.setGso(Packet.GSO_TCPV4, false, 1448);
        packet.push(50);
        assertThat(packet.checksumStart()).isEqualTo(84);
        packet.pull(54);
        assertThat(packet.checksumStart()).isEqualTo(30);
        assertThat(packet.checksumOffset()).isEqualTo(16);
        assertThat(packet.length()).isEqualTo(96);
        packet.pull(31); // the checksum's header is gone
        assertThat(packet.needsChecksum()).isFalse();
        assertThat(packet.isGso()).isFalse();
        assertThat(packet.headroom()).isEqualTo(PacketPool.HEADROOM + 35);
        packet.release();
    }

    @Test
    void shouldShareMemoryUntilTheLastHolderLetsGo() {
        Packet packet = packet(64);
        Packet share = some(pool.share(packet));
        Packet another = some(pool.share(share));
        assertThat(packet.isShared()).isTrue();
        share.pull(14);
        assertThat(packet.length()).isEqualTo(64);
        packet.release();
        another.release();
        assertThat(pool.available()).isEqualTo(3);
        assertThat(share.isShared()).isFalse();
        assertThat(share.memory().get(ValueLayout.JAVA_BYTE, share.offset())).isEqualTo((byte) 14);
        share.release();
    }

    @Test
    void shouldCopyOctetsAndMetadata() {
        Packet packet = packet(64);
        packet.tunnel().setId(5000);
        packet.setInPort(7);
        Packet copy = some(pool.copy(packet));
        assertThat(copy.asByteBuffer()).isEqualTo(packet.asByteBuffer());
        assertThat(copy.asByteBuffer().isDirect()).isTrue();
        assertThat(copy.tunnel().id()).isEqualTo(5000);
        assertThat(copy.inPort()).isEqualTo(7);
        assertThat(copy.isShared()).isFalse();
        packet.release();
        copy.release();
    }

    @Test
    void shouldBeginEachLifeWithoutAPast() {
        Packet packet = packet(64);
        packet.setNeedsChecksum(34, 16);
        packet.tunnel().setAddresses(1, 2);
        packet.setMark(3);
        packet.release();
        Packet next = some(pool.allocate());
        assertThat(next.needsChecksum()).isFalse();
        assertThat(next.tunnel().isPresent()).isFalse();
        assertThat(next.mark()).isZero();
        assertThat(next.length()).isZero();
        next.release();
    }

    @Test
    void shouldRefuseASecondRelease() {
        Packet packet = packet(64);
        packet.release();
        assertThatThrownBy(packet::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("twice");
    }

    @Test
    void shouldNotLeaveItsRoom() {
        Packet packet = packet(64);
        assertThatThrownBy(() -> packet.push(PacketPool.HEADROOM + 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> packet.pull(65)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> packet.append(packet.tailroom() + 1)).isInstanceOf(IndexOutOfBoundsException.class);
        packet.release();
    }

    @Test
    void shouldReadBackTheVirtioHeaderThatItWrites() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = arena.allocate(VirtioNetHeader.LENGTH);
            Packet packet = packet(200);
            packet.setNeedsChecksum(34, 16);
            packet.setGso(Packet.GSO_TCPV6, true, 1440);
            packet.memory().set(ValueLayout.JAVA_BYTE, packet.offset() + 34 + 12, (byte) 0x80);
            VirtioNetHeader.write(packet, header, 0);
            assertThat(header.toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(1, 0x84, 34 + 32, 0, 1440 & 0xff - 256, 1440 >> 8, 34, 0, 16, 0);
            Packet other = packet(200);
            assertThat(VirtioNetHeader.read(header, 0, other)).isTrue();
            assertThat(other.gsoType()).isEqualTo(Packet.GSO_TCPV6);
            assertThat(other.gsoEcn()).isTrue();
            assertThat(other.gsoSize()).isEqualTo(1440);
            assertThat(other.checksumStart()).isEqualTo(34);
            other.truncate(51);
            assertThat(VirtioNetHeader.read(header, 0, other)).isFalse();
            assertThat(other.isGso()).isFalse();
            packet.release();
            other.release();
        }
    }
}
