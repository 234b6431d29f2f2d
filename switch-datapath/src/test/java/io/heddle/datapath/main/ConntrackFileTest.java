package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.Configurations;
import io.heddle.datapath.bridge.ConntrackConfiguration;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.flow.conntrack.Timeouts;
import io.heddle.flow.conntrack.TrackerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is set of the connection tracker, in the configuration file and in the state folder. */
class ConntrackFileTest {
    private static final String GOOD = """
            conntrack:
              limit: 5000
              zone-limit: 100
              timeouts: { tcp_established: 86400, udp_first: 10 }
              zones:
                - { zone: 1, limit: 7, timeouts: { udp_first: 3 } }
                - { zone: 2, limit: 0 }
            """;

    @TempDir
    private Path folder;

    private static SwitchConfiguration read(String yaml) throws Exception {
        return ConfigurationFile.parse("switch.yaml", yaml).configuration();
    }

    @Test
    void shouldReadEveryKey() throws Exception {
        ConntrackConfiguration conntrack = read(GOOD).conntrack();

        assertThat(conntrack)
                .isEqualTo(new ConntrackConfiguration(
                        5000,
                        100,
                        Map.of("tcp_established", 86_400, "udp_first", 10),
                        List.of(
                                new ConntrackConfiguration.Zone(1, 7, Map.of("udp_first", 3)),
                                new ConntrackConfiguration.Zone(2, 0, Map.of()))));
        TrackerSettings settings = conntrack.settings();
        assertThat(settings.limit()).isEqualTo(5000);
        assertThat(settings.limitOf(1)).isEqualTo(7);
        assertThat(settings.limitOf(2)).isZero();
        assertThat(settings.limitOf(3)).isEqualTo(100);
        Timeouts ofZone = Objects.requireNonNull(
                Objects.requireNonNull(settings.zones().get(1)).timeouts());
        assertThat(ofZone.ns(Timeouts.Kind.UDP_FIRST)).isEqualTo(3_000_000_000L);
        assertThat(ofZone.ns(Timeouts.Kind.TCP_ESTABLISHED)).isEqualTo(86_400_000_000_000L);
        assertThat(read("bridges: []").conntrack()).isEqualTo(ConntrackConfiguration.DEFAULT);
    }

    @Test
    void shouldKeepItOverARestartAndReadWhatHasNone() throws Exception {
        SwitchConfiguration configuration = read(GOOD);
        try (FileStateStore store = FileStateStore.open(folder)) {
            store.saveConfiguration(configuration);
            assertThat(store.load().current()).isEqualTo(configuration);

            Files.writeString(
                    folder.resolve("configuration.json"), "{\"file\":{\"bridges\":[]},\"current\":{\"bridges\":[]}}");
            assertThat(store.load().current()).isEqualTo(SwitchConfiguration.EMPTY);
        }
    }

    @Test
    void shouldTakeWhatHasChangedInTheFile() throws Exception {
        SwitchConfiguration file = read(GOOD);
        SwitchConfiguration current = read(GOOD.replace("5000", "6000"));

        assertThat(Configurations.merge(file, file, current)).isEqualTo(current);
        assertThat(Configurations.merge(file, read("bridges: []"), current)).isEqualTo(SwitchConfiguration.EMPTY);
    }

    @Test
    void shouldSayWhatIsWrong() {
        refuse(GOOD.replace("udp_first: 10", "udp_last: 10"), "switch.yaml:4");
        refuse(GOOD.replace("zone: 2", "zone: 1"), "zone 1 is there twice");
        refuse(GOOD.replace("zone: 2", "zone: 65536"), "switch.yaml:7");
        refuse(GOOD.replace("limit: 5000", "limit: 0"), "switch.yaml:2");
        refuse(GOOD.replace("86400", "0"), "switch.yaml:4");
    }

    private static void refuse(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml)).hasMessageContaining(message);
    }
}
