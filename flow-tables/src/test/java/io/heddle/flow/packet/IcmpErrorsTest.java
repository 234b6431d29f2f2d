package io.heddle.flow.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IcmpErrorsTest {
    private static final long A = 0x020000000001L;
    private static final long B = 0x020000000002L;
    private static final int HOST_A = 0x0a000001;
    private static final int HOST_B = 0x0a000002;

    private final byte[] answer = new byte[IcmpErrors.MAX_LENGTH + 1];
    private final MemorySegment to = MemorySegment.ofArray(answer);

    @Test
    void shouldTellTheMtuToTheSenderOfAPacketThatMayNotBeFragmented() {
        byte[] frame = big(HOST_A, HOST_B, Ipv4View.DONT_FRAGMENT);

        int length = tooBig(frame, 1400);

        assertThat(length).isEqualTo(18 + 576);
        assertThat(PacketPrinter.print(to, 0, length))
                .isEqualTo("02:00:00:00:00:02 > 02:00:00:00:00:01, vlan 9, IPv4 10.0.0.2 > 10.0.0.1 ttl 64, "
                        + "ICMP type 3 code 4, length 594");
        assertThat(IcmpView.rest(to, 38)).isEqualTo(1400);
        assertThat(Arrays.copyOfRange(answer, 46, length)).isEqualTo(Arrays.copyOfRange(frame, 18, 18 + length - 46));
        assertThat(Checksums.isIpv4HeaderValid(to, 18)).isTrue();
        assertThat(Checksums.isL4Valid(to, 0, PacketLayers.parse(to, 0, length)))
                .isTrue();
    }

    @Test
    void shouldNotAnswerWhereItIsForbidden() {
        assertThat(tooBig(big(HOST_A, HOST_B, 0), 1400)).as("may be fragmented").isZero();
        assertThat(tooBig(big(HOST_A, 0xe0000001, 0x4000), 1400))
                .as("to a group")
                .isZero();
        assertThat(tooBig(big(0, HOST_B, 0x4000), 1400)).as("from nobody").isZero();
        assertThat(tooBig(big(0x7f000001, HOST_B, 0x4000), 1400))
                .as("from loopback")
                .isZero();
        assertThat(tooBig(big(HOST_A, HOST_B, 0x4005), 1400))
                .as("later fragment")
                .isZero();
        byte[] error = PacketBuilder.ethernet(A, B)
                .ipv4(HOST_A, HOST_B)
                .icmp(3, 4, 0)
                .payload(new byte[1500])
                .build();
        assertThat(tooBig(error, 1400)).as("to an error").isZero();
        byte[] echo = PacketBuilder.ethernet(A, B)
                .ipv4(HOST_A, HOST_B)
                .icmp(8, 0, 0)
                .payload(new byte[1500])
                .build();
        assertThat(tooBig(echo, 1400)).as("to an echo request").isPositive();
        byte[] broadcast = PacketBuilder.ethernet(A, EthernetView.BROADCAST)
                .ipv4(HOST_A, HOST_B)
                .udp(1, 2)
                .build();
        assertThat(IcmpErrors.timeExceeded(MemorySegment.ofArray(broadcast), 0, broadcast.length, to, 0))
                .as("to a link layer broadcast")
                .isZero();
    }

    @Test
    void shouldSendPacketTooBigWithAtMostTheLeastMtuOfIpv6() {
        byte[] frame = PacketBuilder.ethernet(A, B)
                .ipv6(0xfd00L << 48, 1, 0xfd00L << 48, 2)
                .udp(1, 2)
                .payload(new byte[1450])
                .build();

        int length = tooBig(frame, 1400);

        assertThat(length).isEqualTo(14 + 1280);
        assertThat(PacketPrinter.print(to, 0, length))
                .isEqualTo("02:00:00:00:00:02 > 02:00:00:00:00:01, IPv6 fd00::2 > fd00::1 hop limit 64, "
                        + "ICMPv6 type 2 code 0, length 1294");
        assertThat(IcmpView.rest(to, 54)).isEqualTo(1400);
        assertThat(Checksums.isL4Valid(to, 0, PacketLayers.parse(to, 0, length)))
                .isTrue();
    }

    @Test
    void shouldQuoteAWholeShortPacketWhenItsTimeIsExceeded() {
        byte[] frame = PacketBuilder.ethernet(A, B)
                .ipv4(HOST_A, HOST_B)
                .ttl(1)
                .udp(1, 2)
                .padded()
                .build();

        int length = IcmpErrors.timeExceeded(MemorySegment.ofArray(frame), 0, frame.length, to, 0);

        assertThat(length).isEqualTo(14 + 28 + 28);
        assertThat(IcmpView.type(to, 34)).isEqualTo(11);
        assertThat(Checksums.isL4Valid(to, 0, PacketLayers.parse(to, 0, length)))
                .isTrue();
    }

    @Test
    void shouldNeverThrowNorWriteTooMuch() {
        Random random = new Random(14);
        for (int i = 0; i < 100_000; i++) {
            byte[] frame = RandomFrames.next(random);
            answer[IcmpErrors.MAX_LENGTH] = 0x5a;
            assertThat(tooBig(frame, random.nextInt(9000))).isBetween(0, IcmpErrors.MAX_LENGTH);
            assertThat(IcmpErrors.timeExceeded(MemorySegment.ofArray(frame), 0, frame.length, to, 0))
                    .isBetween(0, IcmpErrors.MAX_LENGTH);
            assertThat(answer[IcmpErrors.MAX_LENGTH]).isEqualTo((byte) 0x5a);
        }
    }

    private int tooBig(byte[] frame, int mtu) {
        return IcmpErrors.tooBig(MemorySegment.ofArray(frame), 0, frame.length, mtu, to, 0);
    }

    private static byte[] big(int from, int dst, int flagsAndOffset) {
        return PacketBuilder.ethernet(A, B)
                .vlan(9)
                .ipv4(from, dst)
                .fragment(1, flagsAndOffset)
                .udp(1, 2)
                .payload(new byte[1472])
                .build();
    }
}
