package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.QosConfiguration;
import io.heddle.proto.document.DocumentException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QosFileTest {
    private static final String FILE = """
            bridges:
              - name: br0
                ports:
                  - name: t1
                    type: tap
                    ingress-policing-rate: 1000
                    ingress-policing-kpkts-burst: 3
                    qos:
                      max-rate: 100000000000
                      queues:
                        0: { }
                        7: { min-rate: 1, max-rate: 2, burst: 3, priority: 4, dscp: 5 }
                  - { name: t2, type: tap, qos: { type: linux-htb } }
                  - { name: t3, type: tap }
            """;

    @TempDir
    private Path folder;

    private static List<QosConfiguration> read(String text) throws DocumentException {
        return ConfigurationFile.parse("switch.yaml", text).configuration().bridges().getFirst().ports().stream()
                .map(PortConfiguration::qos)
                .toList();
    }

    @Test
    void shouldReadEveryKey() throws DocumentException {
        assertThat(read(FILE))
                .containsExactly(
                        new QosConfiguration(
                                "linux-htb",
                                100_000_000_000L,
                                Map.of(
                                        0, new QosConfiguration.Queue(0, 0, 0, 0, null),
                                        7, new QosConfiguration.Queue(1, 2, 3, 4, 5)),
                                new QosConfiguration.Policing(1000, 0, 0, 3)),
                        new QosConfiguration("linux-htb", 0, Map.of(), QosConfiguration.Policing.NONE),
                        QosConfiguration.NONE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dscp: 5         | dscp: 64        | switch.yaml:10: bridges[0].ports[0].qos.queues[7].dscp: must have a maximum value of 63
            dscp: 5         | rate: 5         | switch.yaml:10: bridges[0].ports[0].qos.queues[7].rate: there is no such key
            type: linux-htb | type: linux-sfq | switch.yaml:13: bridges[0].ports[1].qos.type: must be
            """)
    void shouldRefuseWhatCannotBe(String right, String wrong, String message) {
        assertThatThrownBy(() -> read(FILE.replace(right, wrong)))
                .isInstanceOf(DocumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void shouldBeSaved() throws Exception {
        var configuration = ConfigurationFile.parse("switch.yaml", FILE).configuration();
        try (FileStateStore store = FileStateStore.open(folder)) {
            store.setFile(configuration);
            store.saveConfiguration(configuration);
            assertThat(store.load()).isEqualTo(new FileStateStore.Saved(configuration, configuration));
        }
    }
}
