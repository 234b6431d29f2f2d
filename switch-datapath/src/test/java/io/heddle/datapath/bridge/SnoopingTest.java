package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** IGMP and MLD snooping from frame to frame, through the caches. Ports 1 and 2: hosts, 3: a router, 4: nobody. */
class SnoopingTest {
    private static final long SECOND = 1_000_000_000L;

    private static SwitchLab lab(String... config) {
        SwitchLab lab = SwitchLab.withPorts(4).flows("actions=NORMAL");
        Map<String, String> other = new HashMap<>();
        for (String each : config) {
            other.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
        }
        lab.configure(new ConfigurationChange.PutBridge(lab.bridge()
                .configuration()
                .withLayer2(new Layer2Configuration(false, false, true, other, List.of(), List.of()))));
        return lab;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static byte[] ipv4(String group, int protocol, String payload) {
        return ipv4("0a000001", group, protocol, payload);
    }

    private static byte[] ipv4(String source, String group, int protocol, String payload) {
        int length = 20 + payload.replace(" ", "").length() / 2;
        return hex("01005e" + "%06x".formatted(Long.parseLong(group, 16) & 0x7fffff) + "020000000001" + "0800"
                + "4500%04x 0000 0000 01%02x 0000".formatted(length, protocol) + source + group + payload
                + "00".repeat(20));
    }

    private static byte[] data(String group) {
        return ipv4(group, 17, "1000 2000 0010 0000" + "00".repeat(8));
    }

    private static byte[] join2(String group) {
        return ipv4(group, 2, "1600 0000" + group);
    }

    private static byte[] leave2(String group) {
        return ipv4("e0000002", 2, "1700 0000" + group);
    }

    private static byte[] report3(int type, String group) {
        return ipv4("e0000016", 2, "2200 0000 0000 0001 %02x000000".formatted(type) + group);
    }

    private static byte[] query(String source) {
        return ipv4(source, "e0000001", 2, "1164 0000 00000000");
    }

    private static String mdb(SwitchLab lab) {
        StringBuilder text = new StringBuilder();
        lab.await(lab.bridge().read(BridgeReader::multicast))
                .forEach(entry -> text.append(entry.portName())
                        .append(' ')
                        .append(entry.group().isEmpty() ? "querier" : entry.group())
                        .append(' '));
        return text.toString().trim();
    }

    private static String sent(SwitchLab lab, String port, byte[] frame) {
        lab.send(port, frame).turn();
        lab.turn();
        return lab.outputs();
    }

    @Test
    void shouldSendOnlyToWhomHasAsked() {
        try (SwitchLab lab = lab()) {
            assertThat(sent(lab, "p4", data("ef010203"))).as("unregistered").isEqualTo("p1x1 p2x1 p3x1");
            assertThat(sent(lab, "p3", query("0a0000fe")))
                    .as("queries go everywhere")
                    .isEqualTo("p1x1 p2x1 p4x1");
            assertThat(sent(lab, "p1", join2("ef010203")))
                    .as("reports go to routers")
                    .isEqualTo("p3x1");
            assertThat(mdb(lab)).isEqualTo("p1 239.1.2.3 p3 querier");
            assertThat(sent(lab, "p4", data("ef010203"))).isEqualTo("p1x1 p3x1");
            sent(lab, "p2", report3(4, "ef010203"));
            assertThat(sent(lab, "p4", data("ef010203"))).as("version 3, too").isEqualTo("p1x1 p2x1 p3x1");
            sent(lab, "p1", leave2("ef010203"));
            sent(lab, "p2", report3(3, "ef010203"));
            assertThat(mdb(lab)).isEqualTo("p3 querier");
            assertThat(sent(lab, "p4", data("ef010203"))).isEqualTo("p1x1 p2x1 p3x1");
        }
    }

    @Test
    void shouldKeepUnregisteredToRouters() {
        try (SwitchLab lab = lab("mcast-snooping-disable-flood-unregistered=true")) {
            sent(lab, "p3", query("0a0000fe"));
            assertThat(sent(lab, "p4", data("ef010203"))).isEqualTo("p3x1");
            assertThat(sent(lab, "p4", data("e0000005"))).as("224.0.0.0/24").isEqualTo("p1x1 p2x1 p3x1");
        }
    }

    @Test
    void shouldForgetTheSilent() {
        try (SwitchLab lab = lab("mcast-snooping-aging-time=10")) {
            sent(lab, "p3", query("0a0000fe"));
            sent(lab, "p1", join2("ef010203"));
            lab.nowNs.addAndGet(9 * SECOND);
            lab.turn();
            sent(lab, "p1", join2("ef010203"));
            lab.nowNs.addAndGet(9 * SECOND);
            lab.turn();
            assertThat(mdb(lab)).as("has reported again").isEqualTo("p1 239.1.2.3 p3 querier");
            lab.nowNs.addAndGet(12 * SECOND);
            lab.turn();
            assertThat(mdb(lab)).isEqualTo("p3 querier");
            lab.nowNs.addAndGet(180 * SECOND);
            lab.turn();
            assertThat(mdb(lab)).isEmpty();
        }
    }

    @Test
    void shouldGiveOthersTheirTimeWhenNotLeavingFast() {
        try (SwitchLab lab = lab("mcast-snooping-fast-leave=false")) {
            sent(lab, "p1", join2("ef010203"));
            sent(lab, "p1", leave2("ef010203"));
            assertThat(mdb(lab)).isEqualTo("p1 239.1.2.3");
            lab.nowNs.addAndGet(4 * SECOND);
            lab.turn();
            assertThat(mdb(lab)).isEmpty();
        }
    }

    @Test
    void shouldSnoopIpv6() {
        String group = "ff0e0000000000000000000000000042";
        String from = "fe800000000000000000000000000001";
        String before = "020000000001 86dd 6000 0000 %04x 0001" + from;
        // A hop-by-hop header with the router alert, then the report of version 2 (RFC 3810 section 5.2).
        byte[] report = hex("3333 00000016" + before.formatted(36) + "ff020000000000000000000000000016"
                + "3a00 0502 0000 0100" + "8f00 0000 0000 0001 0400 0000" + group);
        byte[] data = hex("3333 00000042" + "020000000001 86dd 6000 0000 0010 1140" + from + group
                + "1000 2000 0010 0000" + "00".repeat(8));
        try (SwitchLab lab = lab()) {
            assertThat(sent(lab, "p4", data)).isEqualTo("p1x1 p2x1 p3x1");
            sent(lab, "p2", report);
            assertThat(mdb(lab)).isEqualTo("p2 ff0e::42");
            assertThat(sent(lab, "p4", data)).isEqualTo("p2x1");
        }
    }

    @Test
    void shouldCountNoPacketOfItTwice() {
        try (SwitchLab lab = lab()) {
            for (int i = 0; i < 5; i++) {
                sent(lab, "p1", join2("ef010203"));
            }
            assertThat(lab.onlyFlow().packets()).isEqualTo(5);
        }
    }
}
