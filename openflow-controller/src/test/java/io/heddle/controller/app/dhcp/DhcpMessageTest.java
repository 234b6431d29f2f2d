package io.heddle.controller.app.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DhcpMessageTest {
    private static final HexFormat HEX = HexFormat.of();

    /** As busybox udhcpc 1.35 sends it. */
    private static final String UDHCPC_DISCOVER = "0101060033a1f9c500000000" + "00".repeat(16) + "020000000001"
            + "00".repeat(10 + 64 + 128) + "63825363"
            + "350101" + "3d0701020000000001" + "390202" + "40" + "3707010306" + "0c0f1c2a"
            + "3c0c756468637020312e33352e30"
            + "ff";

    @Test
    void shouldReadWhatUdhcpcSends() {
        DhcpMessage message = DhcpMessage.parse(HEX.parseHex(UDHCPC_DISCOVER));
        assertThat(message).isNotNull();
        assertThat(message.type()).isEqualTo(MessageType.DISCOVER);
        assertThat(message.xid).isEqualTo(0x33a1f9c5);
        assertThat(message.mac()).isEqualTo(0x020000000001L);
        assertThat(message.clientKey()).isEqualTo("id:01020000000001");
        assertThat(message.options.get(DhcpOption.MAX_MESSAGE_SIZE)).isEqualTo(576);
        assertThat(message.options.get(DhcpOption.PARAMETER_REQUESTS)).containsExactly(1, 3, 6, 12, 15, 28, 42);
        assertThat(message.options.get(DhcpOption.VENDOR_CLASS)).isEqualTo("udhcp 1.35.0");
    }

    @Test
    void shouldWriteAnOfferOctetByOctet() {
        DhcpMessage message = new DhcpMessage();
        message.op = DhcpMessage.REPLY_OP;
        message.xid = 0x33a1f9c5;
        message.yiaddr = 0x0a000064;
        message.chaddr = HEX.parseHex("020000000001");
        message.options
                .put(DhcpOption.MESSAGE_TYPE, MessageType.OFFER.code())
                .put(DhcpOption.SERVER_IDENTIFIER, 0x0a0000fe)
                .put(DhcpOption.LEASE_TIME, 3600L)
                .put(DhcpOption.SUBNET_MASK, 0xffffff00)
                .put(DhcpOption.RELAY_INFORMATION, new byte[] {1, 1, 5})
                .put(DhcpOption.ROUTERS, List.of(0x0a000001));
        String expected =
                "0201060033a1f9c5" + "00000000" + "00000000" + "0a000064" + "00000000" + "00000000" + "020000000001"
                        + "00".repeat(10 + 64 + 128) + "63825363" + "350102" + "36040a0000fe" + "330400000e10"
                        + "0104ffffff00" + "03040a000001" + "5203010105" + "ff";
        assertThat(HEX.formatHex(message.toOctets(548))).isEqualTo(expected + "00".repeat(300 - expected.length() / 2));
    }

    @Test
    void shouldReadOptionsInFileAndSname() {
        byte[] octets = new byte[260];
        System.arraycopy(HEX.parseHex("01010600" + "00000001"), 0, octets, 0, 8);
        System.arraycopy(HEX.parseHex("0c02" + "6869" + "ff"), 0, octets, 44, 5);
        System.arraycopy(HEX.parseHex("3204" + "0a000007" + "ff"), 0, octets, 108, 7);
        System.arraycopy(HEX.parseHex("63825363" + "350103" + "340103" + "ff"), 0, octets, 236, 11);
        DhcpMessage message = DhcpMessage.parse(octets);
        assertThat(message).isNotNull();
        assertThat(message.options.get(DhcpOption.HOST_NAME)).isEqualTo("hi");
        assertThat(message.options.get(DhcpOption.REQUESTED_ADDRESS)).isEqualTo(0x0a000007);
        assertThat(message.file).isEmpty();
    }

    @Test
    void shouldOverloadFileAndSnameWhenOptionsDoNotFit() {
        DhcpMessage message = new DhcpMessage();
        message.chaddr = new byte[6];
        message.options
                .put(DhcpOption.MESSAGE_TYPE, 2)
                .putOctets(43, new byte[200])
                .putOctets(60, new byte[100])
                .putOctets(67, new byte[50])
                .put(DhcpOption.RELAY_INFORMATION, new byte[60]);
        byte[] octets = message.toOctets(548);
        assertThat(octets).hasSizeLessThanOrEqualTo(548);
        DhcpMessage read = DhcpMessage.parse(octets);
        assertThat(read).isNotNull();
        assertThat(read.options.get(DhcpOption.OVERLOAD)).isEqualTo(3);
        for (int code : List.of(43, 60, 67, 82)) {
            assertThat(read.options.octets(code)).as("option " + code).isEqualTo(message.options.octets(code));
        }
    }

    @Test
    void shouldSplitAndJoinLongOptions() {
        byte[] value = new byte[600];
        new Random(1).nextBytes(value);
        DhcpMessage message = new DhcpMessage();
        message.chaddr = new byte[6];
        message.options.put(DhcpOption.MESSAGE_TYPE, 2).putOctets(43, value);
        DhcpMessage read = DhcpMessage.parse(message.toOctets(1472));
        assertThat(read).isNotNull();
        assertThat(read.options.octets(43)).isEqualTo(value);
    }

    @Test
    void shouldWriteDomainSearchAndRoutesAsTheRfcsShow() {
        // RFC 3397 section 2: eng.apple.com. and marketing.apple.com.
        assertThat(HEX.formatHex(DomainNames.encode(List.of("eng.apple.com", "marketing.apple.com"))))
                .isEqualTo("03656e67056170706c6503636f6d00" + "096d61726b6574696e67c004");
        // RFC 3442: 0/0, 10/8, 10.0.0/24, 10.27.129.0/24 by router 10.0.0.1.
        List<Route> routes = List.of(
                new Route(0, 0, 0x0a000001),
                new Route(0x0a000000, 8, 0x0a000001),
                new Route(0x0a1b8100, 24, 0x0a000001));
        assertThat(HEX.formatHex(Route.encode(routes)))
                .isEqualTo("00" + "0a000001" + "080a" + "0a000001" + "180a1b81" + "0a000001");
        assertThat(Route.decode(Route.encode(routes))).isEqualTo(routes);
        assertThat(DomainNames.decode(DomainNames.encode(List.of("a.b", "c.a.b", "a.b"))))
                .containsExactly("a.b", "c.a.b", "a.b");
        assertThat(DomainNames.decode(HEX.parseHex("c000"))).as("a circle").isNull();
    }

    @Test
    void shouldCodeEveryOptionOfTheTableOnce() {
        assertThat(DhcpOption.ALL.stream().map(DhcpOption::code))
                .containsExactly(
                        1, 3, 6, 12, 15, 26, 28, 42, 43, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 67, 82,
                        119, 121);
    }

    @Test
    void shouldNeverThrowOnNonsense() {
        Random random = new Random(42);
        byte[] sound = HEX.parseHex(UDHCPC_DISCOVER);
        int parsed = 0;
        for (int round = 0; round < 50_000; round++) {
            byte[] octets = Arrays.copyOf(sound, random.nextInt(sound.length + 40));
            for (int flips = random.nextInt(8); flips > 0 && octets.length > 0; flips--) {
                int at = random.nextInt(octets.length);
                octets[at] = (byte) random.nextInt(256);
            }
            if (octets.length > 240) {
                octets[240 + random.nextInt(octets.length - 240)] = (byte) random.nextInt(256);
            }
            DhcpMessage message = DhcpMessage.parse(octets);
            if (message != null) {
                parsed++;
                DhcpOption.ALL.forEach(message.options::get);
                assertThat(message.clientKey()).isNotEmpty();
                assertThat(message.toOctets(548)).hasSizeBetween(300, 548);
            }
        }
        assertThat(parsed).isPositive();
    }
}
