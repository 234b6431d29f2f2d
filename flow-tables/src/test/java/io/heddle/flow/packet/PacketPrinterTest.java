package io.heddle.flow.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketPrinterTest {
    private static final long A = 0x020000000001L;
    private static final long B = 0x020000000002L;

    @Test
    void shouldPrintTaggedTcp() {
        byte[] frame = PacketBuilder.ethernet(A, B)
                .tag(0x8100, 0x6064)
                .ipv4(0x0a000001, 0x0a000002)
                .tcp(40000, 80, 1, 0, TcpView.SYN)
                .build();

        assertThat(print(frame))
                .isEqualTo("02:00:00:00:00:01 > 02:00:00:00:00:02, vlan 100 p 3, "
                        + "IPv4 10.0.0.1 > 10.0.0.2 ttl 64, TCP 40000 > 80 [S] seq 1, length 58");
    }

    @Test
    void shouldPrintArpAndNeighbourDiscovery() {
        byte[] arp = PacketBuilder.arp(new ArpHeader(ArpView.REQUEST, A, 0x0a000001, 0, 0x0a000002))
                .build();
        byte[] solicitation = PacketBuilder.ethernet(A, B)
                .ipv6(0xfe80L << 48, 1, 0xff02L << 48, 1)
                .ttl(255)
                .icmp(135, 0, 0)
                .payload(new byte[] {(byte) 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2})
                .build();

        assertThat(print(arp))
                .isEqualTo("02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ARP who-has 10.0.0.2 tell 10.0.0.1, length 42");
        assertThat(print(solicitation))
                .isEqualTo("02:00:00:00:00:01 > 02:00:00:00:00:02, IPv6 fe80::1 > ff02::1 hop limit 255, "
                        + "ICMPv6 neighbour solicitation fd00::1:0:2, length 78");
    }

    @Test
    void shouldPrintIpv6AddressesInTheirCanonicalForm() {
        assertThat(ipv6(0, 0)).isEqualTo("::");
        assertThat(ipv6(0, 1)).isEqualTo("::1");
        assertThat(ipv6(0x20010db800000000L, 0x0001000000000001L)).isEqualTo("2001:db8::1:0:0:1");
        assertThat(ipv6(0x20010db800000001L, 0x0001000100010001L)).isEqualTo("2001:db8:0:1:1:1:1:1");
        assertThat(ipv6(0xfe80000000000000L, 0)).isEqualTo("fe80::");
        assertThat(ipv6(-1L, -1L)).isEqualTo("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        assertThat(ipv6(0x0001000200030004L, 0x0005000600070000L)).isEqualTo("1:2:3:4:5:6:7:0");
    }

    private static String ipv6(long high, long low) {
        StringBuilder text = new StringBuilder();
        PacketPrinter.appendIpv6(text, high, low);
        return text.toString();
    }

    @Test
    void shouldPrintAnyOctetsWithoutThrowing() {
        Random random = new Random(13);
        for (int i = 0; i < 100_000; i++) {
            byte[] frame = RandomFrames.next(random);
            assertThat(print(frame)).endsWith("length " + frame.length).hasSizeLessThan(300);
        }
    }

    private static String print(byte[] frame) {
        return PacketPrinter.print(MemorySegment.ofArray(frame), 0, frame.length);
    }
}
