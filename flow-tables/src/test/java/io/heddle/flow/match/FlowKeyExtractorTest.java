package io.heddle.flow.match;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.RandomFrames;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowKeyExtractorTest {
    private static final String TCP = "020000000002020000000001" + "0800" + "4510003c1234400040060000"
            + "0a0000010a000002" + "1f90c350" + "0000000100000002" + "5012ffff00000000";

    @Test
    void shouldExtractTcpOverIpv4() {
        FlowKey key = extract(TCP + "00".repeat(20));

        assertThat(key.getLong(MatchField.ETH_DST)).isEqualTo(0x020000000002L);
        assertThat(key.getLong(MatchField.ETH_SRC)).isEqualTo(0x020000000001L);
        assertThat(key.getLong(MatchField.ETH_TYPE)).isEqualTo(0x0800);
        assertThat(key.getLong(MatchField.NW_SRC)).isEqualTo(0x0a000001);
        assertThat(key.getLong(MatchField.NW_DST)).isEqualTo(0x0a000002);
        assertThat(key.getLong(MatchField.NW_TOS)).isEqualTo(0x10);
        assertThat(key.getLong(MatchField.NW_TTL)).isEqualTo(64);
        assertThat(key.getLong(MatchField.NW_PROTO)).isEqualTo(6);
        assertThat(key.getLong(MatchField.TCP_SRC)).isEqualTo(8080);
        assertThat(key.getLong(MatchField.TCP_DST)).isEqualTo(50000);
        assertThat(key.getLong(MatchField.TCP_FLAGS)).isEqualTo(0x012);
    }

    @Test
    void shouldLeaveFieldsOfAShortenedHeaderZero() {
        FlowKey key = extract(TCP.substring(0, 2 * (14 + 19)));

        assertThat(key.getLong(MatchField.ETH_TYPE)).isEqualTo(0x0800);
        assertThat(key.word(KeyLayout.W_IPV4)).isZero();
        assertThat(key.word(KeyLayout.W_NW)).isZero();
        assertThat(key.word(KeyLayout.W_TP)).isZero();
    }

    @Test
    void shouldKeepInnerTagOfDoublyTaggedFrame() {
        FlowKey key = extract("020000000002020000000001" + "88a8" + "e064" + "8100" + "0fff" + TCP.substring(24));

        assertThat(key.word(KeyLayout.W_VLAN)).isEqualTo(0x88a8f064_81001fffL);
        assertThat(key.getLong(MatchField.ETH_TYPE)).isEqualTo(EtherTypes.VLAN);
        assertThat(key.getLong(MatchField.NW_PROTO)).isZero();
    }

    @Test
    void shouldExtractBackboneServiceTag() {
        FlowKey key = extract("020000000002020000000001" + "88e7" + "08abcdef" + TCP);

        assertThat(key.getLong(MatchField.PBB_ISID)).isEqualTo(0xabcdef);
        assertThat(key.getLong(MatchField.PBB_UCA)).isEqualTo(1);
    }

    @Test
    void shouldReportExtensionHeadersInAndOutOfOrder() {
        String hopThenRoutingThenTcp = ipv6(0, "2b00000000000000" + "0600000000000000" + TCP.substring(68));
        String routingThenHop = ipv6(43, "0000000000000000" + "0600000000000000" + TCP.substring(68));
        String twoDestinations = ipv6(60, "3c00000000000000" + "0600000000000000" + TCP.substring(68));
        String twoRoutings = ipv6(43, "2b00000000000000" + "3b00000000000000");

        assertThat(extract(hopThenRoutingThenTcp).getLong(MatchField.IPV6_EXTHDR))
                .isEqualTo(0x60);
        assertThat(extract(hopThenRoutingThenTcp).getLong(MatchField.TCP_DST)).isEqualTo(50000);
        assertThat(extract(routingThenHop).getLong(MatchField.IPV6_EXTHDR)).isEqualTo(0x60 | 0x100);
        assertThat(extract(twoDestinations).getLong(MatchField.IPV6_EXTHDR)).isEqualTo(0x08);
        assertThat(extract(twoRoutings).getLong(MatchField.IPV6_EXTHDR)).isEqualTo(0x20 | 0x80 | 0x01);
    }

    private static String ipv6(int next, String payload) {
        return "020000000002020000000001" + "86dd" + "60000000" + "%04x%02x40".formatted(payload.length() / 2, next)
                + "fd000000000000000000000000000001" + "fd000000000000000000000000000002" + payload;
    }

    @Test
    void shouldReadNothingOutsideTheFrameAndNeverThrow() {
        Random random = new Random(1);
        FlowKey key = new FlowKey();
        FlowKey again = new FlowKey();
        int tcp = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] frame = RandomFrames.next(random);
            // A slice of exactly the frame: one octet further throws.
            MemorySegment exact = MemorySegment.ofArray(frame);
            long layers = FlowKeyExtractor.extract(exact, 0, frame.length, key);
            assertThat(layers).isEqualTo(PacketLayers.parse(exact, 0, frame.length));
            assertThat(PacketLayers.l4(layers) + PacketLayers.l4Length(layers)).isLessThanOrEqualTo(frame.length);

            byte[] surrounded = new byte[frame.length + 128];
            random.nextBytes(surrounded);
            System.arraycopy(frame, 0, surrounded, 61, frame.length);
            FlowKeyExtractor.extract(MemorySegment.ofArray(surrounded), 61, frame.length, again);
            assertThat(again).isEqualTo(key);
            tcp += key.getLong(MatchField.TCP_FLAGS) != 0 ? 1 : 0;
        }
        assertThat(tcp).as("frames that reached TCP").isGreaterThan(1000);
    }

    @Test
    void shouldAllocateNothing() {
        Random random = new Random(2);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pool = arena.allocate(256L * 2048);
            int[] lengths = new int[256];
            for (int i = 0; i < 256; i++) {
                byte[] frame = RandomFrames.next(random);
                lengths[i] = frame.length;
                MemorySegment.copy(frame, 0, pool, java.lang.foreign.ValueLayout.JAVA_BYTE, i * 2048L, frame.length);
            }
            FlowKey key = new FlowKey();
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocated = -1;
            long sum = 0;
            for (int round = 0; round < 20; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 20_000; i++) {
                    int slot = i & 255;
                    sum += FlowKeyExtractor.extract(pool, slot * 2048L, lengths[slot], key);
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(sum).isNotZero();
            assertThat(allocated / 20_000).as("octets allocated per call").isZero();
        }
    }

    private static FlowKey extract(String hex) {
        byte[] frame = HexFormat.of().parseHex(hex);
        FlowKey key = new FlowKey();
        FlowKeyExtractor.extract(MemorySegment.ofArray(frame), 0, frame.length, key);
        return key;
    }
}
