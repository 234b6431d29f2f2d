package io.heddle.flow.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class ChecksumsTest {
    @Test
    void shouldGiveTheExampleOfRfc1071() {
        MemorySegment octets = MemorySegment.ofArray(HexFormat.of().parseHex("0001f203f4f5f6f7"));

        assertThat(Checksums.sum(octets, 0, 8)).isEqualTo(0xddf2);
        assertThat(Checksums.invert(Checksums.sum(octets, 0, 8))).isEqualTo(0x220d);
    }

    @Test
    void shouldGiveTheExampleOfRfc1624() {
        // Section 4: HC = 0xDD2F, m = 0x5555, m' = 0x3285 must give 0x0000.
        assertThat(Checksums.update16(0xdd2f, 0x5555, 0x3285)).isZero();
    }

    @Test
    void shouldSumAsWordByWordForAnyLengthAndOffset() {
        Random random = new Random(7);
        byte[] octets = new byte[70_000];
        random.nextBytes(octets);
        MemorySegment memory = MemorySegment.ofArray(octets);
        for (int i = 0; i < 2_000; i++) {
            int offset = random.nextInt(100);
            int length = random.nextInt(i % 10 == 0 ? 65_000 : 200);
            assertThat(Checksums.sum(memory, offset, length)).isEqualTo(plainSum(octets, offset, length));
        }
    }

    private static int plainSum(byte[] octets, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (octets[offset + i] & 0xffL) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    @Test
    void shouldUpdateAsIfComputedAnew() {
        Random random = new Random(8);
        byte[] octets = new byte[64];
        for (int i = 0; i < 20_000; i++) {
            random.nextBytes(octets);
            MemorySegment memory = MemorySegment.ofArray(octets);
            int old = Checksums.invert(Checksums.sum(memory, 0, 64));
            int at = random.nextInt(28) * 2;
            long before = Octets.u64(memory, at);
            Octets.put64(memory, at, random.nextLong());
            int updated = Checksums.updateSum(old, Checksums.sum64(before), Checksums.sum64(Octets.u64(memory, at)));
            assertThat(updated).isEqualTo(Checksums.invert(Checksums.sum(memory, 0, 64)));
        }
    }

    @Test
    void shouldComputeCrc32cAsTheJdkDoes() {
        byte[] octets = ("01234567" + "\0\0\0\0" + "the rest of an SCTP packet").getBytes(StandardCharsets.US_ASCII);
        CRC32C oracle = new CRC32C();
        oracle.update(octets);

        int onTheWire = Checksums.sctp(MemorySegment.ofArray(octets), 0, octets.length);

        assertThat(Integer.reverseBytes(onTheWire)).isEqualTo((int) oracle.getValue());
    }

    @Test
    void shouldGiveTheChecksumOfAKnownIpv4Header() {
        MemorySegment header =
                MemorySegment.ofArray(HexFormat.of().parseHex("4500007300004000" + "4011b861c0a80001c0a800c7"));

        assertThat(Checksums.isIpv4HeaderValid(header, 0)).isTrue();
        Ipv4View.setChecksum(header, 0, 0x1234);
        assertThat(Checksums.isIpv4HeaderValid(header, 0)).isFalse();
        assertThat(Checksums.ipv4Header(header, 0)).isEqualTo(0xb861);
    }
}
