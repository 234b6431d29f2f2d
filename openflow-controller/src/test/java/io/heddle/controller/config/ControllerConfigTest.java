package io.heddle.controller.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.controller.app.arp.ArpSettings;
import io.heddle.controller.app.dhcp.AddressRange;
import io.heddle.controller.app.dhcp.DhcpNetwork;
import io.heddle.controller.app.dhcp.Reservation;
import io.heddle.controller.app.dhcp.Route;
import io.heddle.controller.app.learning.LearningLimits;
import io.heddle.proto.document.DocumentException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControllerConfigTest {
    private static final String GOOD = """
            controller:
              switches: ["unix:/run/heddle/switch.sock", "grpc://[::1]:9559"]
              metrics: { listen: "off" }
              state: /tmp/x
            apps:
              arp: { unknown-targets: suppress, flood-per-second: 5 }
              dhcp: { max-leases-per-port: 2 }
            networks:
              - name: lan
                bridges: [br0]
                subnet: 10.0.0.0/24
                pools: ["10.0.0.100-10.0.0.199"]
                gateway: 10.0.0.254
                dns: [10.0.0.1, 8.8.8.8]
                domain: example.net
                routes: [{ to: 192.168.0.0/16, via: 10.0.0.9 }]
                vendor-information: "01:04:AA:BB"
                lease-time: infinite
                reservations: [{ ip: 10.0.0.20, mac: "02:00:00:00:00:07", hostname: printer }]
              - { name: plain, vlan: 7, subnet: 10.1.0.0/16 }
            """;

    private static ControllerConfig parse(String yaml) throws DocumentException {
        return ControllerConfig.parse("c.yaml", yaml);
    }

    @Test
    void shouldReadEveryPart() throws DocumentException {
        ControllerConfig config = parse(GOOD);
        assertThat(config.settings().switches()).containsExactly("unix:/run/heddle/switch.sock", "grpc://[::1]:9559");
        assertThat(config.settings().metricsListen()).isNull();
        assertThat(config.settings().apiListen()).isEqualTo(ControllerSettings.DEFAULT_API_LISTEN);
        assertThat(config.learning()).isEqualTo(LearningLimits.DEFAULT);
        assertThat(config.arp()).isEqualTo(new ArpSettings(ArpSettings.Unknown.SUPPRESS, 5, 65536, 1200));
        assertThat(config.dhcp())
                .isNotNull()
                .satisfies(dhcp -> assertThat(dhcp.maxLeasesPerPort()).isEqualTo(2));
        assertThat(config.places()).hasSize(2);
        assertThat(config.networks()).singleElement().satisfies(network -> {
            assertThat(network.pools()).containsExactly(new AddressRange(0x0a000064, 0x0a0000c7));
            assertThat(network.serverAddress()).as("the gateway has .254").isEqualTo(0x0a0000fd);
            assertThat(network.serverMac()).isEqualTo(0x0248640000fdL);
            assertThat(network.leaseSeconds()).isEqualTo(DhcpNetwork.ENDLESS);
            assertThat(network.parameters().routers()).containsExactly(0x0a0000fe);
            assertThat(network.parameters().routes()).containsExactly(new Route(0xc0a80000, 16, 0x0a000009));
            assertThat(network.parameters().vendorInformation()).isEqualTo("0104aabb");
            assertThat(network.reservations())
                    .containsExactly(new Reservation(0x0a000014, 0x020000000007L, "", "printer"));
        });
    }

    @Test
    void shouldReadTheSampleAndNothingMuch() throws Exception {
        Path sample = Path.of(System.getProperty("heddle.root")).resolve("deploy/config/controller.yaml");
        assertThat(ControllerConfig.load(sample).networks()).isNotEmpty();
        Path docker = Path.of(System.getProperty("heddle.root")).resolve("deploy/docker/controller.yaml");
        assertThat(ControllerConfig.load(docker).networks()).isNotEmpty();
        assertThat(Files.readString(sample)).contains("networks:");
        ControllerConfig least = parse("controller: { switches: [\"unix:/s\"] }");
        assertThat(least.settings().metricsListen()).isEqualTo("127.0.0.1:9465");
        assertThat(least.networks()).isEmpty();
    }

    /** Good, then with one part bad, then good again: nothing remains of the bad one. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            pools: ["10.0.0.100-10.0.0.199"]   | pools: ["10.0.0.199-10.0.0.100"]   | c.yaml:12: networks[0].pools[0]: it ends before it begins: write 10.0.0.100-10.0.0.199
            pools: ["10.0.0.100-10.0.0.199"]   | pools: ["10.0.0.9-10.0.1.1"]       | c.yaml:12: networks[0].pools[0]: 10.0.1.1 is not in 10.0.0.1-10.0.0.254
            pools: ["10.0.0.100-10.0.0.199"]   | pools: ["10.0.0.1-10.0.0.9", "10.0.0.9-10.0.0.10"] | c.yaml:12: networks[0].pools[1]: it overlaps another pool
            pools: ["10.0.0.100-10.0.0.199"]   | pools: ["10.0.0.1-10.0.0.254"]     | c.yaml:12: networks[0].pools: they leave no address for the server: make them smaller, or say which with 'server'
            subnet: 10.0.0.0/24                | subnet: 10.0.0.5/24                | c.yaml:11: networks[0].subnet: write the network's address: 10.0.0.0/24
            subnet: 10.0.0.0/24                | subnet: 10.0.0.0/31                | c.yaml:11: networks[0].subnet: a prefix of 31 bits is not in 1-30
            gateway: 10.0.0.254                | gateway: 10.0.9.254                | c.yaml:13: networks[0].gateway: 10.0.9.254 is not in 10.0.0.1-10.0.0.254
            dns: [10.0.0.1, 8.8.8.8]           | dns: [10.0.0.1, 8.8.8.888]         | c.yaml:14: networks[0].dns[1]: '8.8.8.888' is no IPv4 address
            name: plain, vlan: 7               | name: plain, vlan: 0               | c.yaml:20: networks[1]: network 'lan' has the same VLAN 0 of the same bridge
            name: plain                        | name: lan                          | c.yaml:20: networks[1].name: there is another network 'lan'
            mac: "02:00:00:00:00:07"           | client-id: "00ff", mac: "02:00:00:00:00:07" | c.yaml:19: networks[0].reservations[0]: say either mac or client-id
            bridges: [br0]                     | bridge: br0                        | c.yaml:10: networks[0].bridge: there is no such key; see the schema or docs/configuration.md for those there are
            "grpc://[::1]:9559"                | "grpc://[::1]:99999"               | c.yaml:2: controller.switches[1]: 'grpc://[::1]:99999' is no address of a switch: write unix:/run/heddle/switch.sock or grpc://10.0.0.1:9559
            """)
    void shouldSayWhatIsWrongAndWhere(String right, String wrong, String error) throws DocumentException {
        ControllerConfig before = parse(GOOD);
        assertThat(GOOD).contains(right);
        assertThatThrownBy(() -> parse(GOOD.replace(right, wrong)))
                .isInstanceOf(DocumentException.class)
                .hasMessage(error);
        assertThat(parse(GOOD)).isEqualTo(before);
    }

    @Test
    void shouldNameAllErrorsAtOnce() {
        String twice =
                GOOD.replace("gateway: 10.0.0.254", "gateway: 10.0.9.254").replace("8.8.8.8", "8.8.8.888");
        assertThatThrownBy(() -> parse(twice)).hasMessageContaining("gateway").hasMessageContaining("dns[1]");
    }
}
