package io.heddle.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.conformance.command.Command;
import io.heddle.conformance.command.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./heddle bench}: its command line and its report. What it measures is not a test's business. */
class BenchTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit before each test
    Path folder;

    private static Result bench(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = "bench/bench.sh";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Command.of(command).run();
    }

    @Test
    void shouldSayWhatThereIsForWhatThereIsNot() throws IOException {
        Result kind = bench("--kinds", "heddle,vpp");
        assertThat(kind.status()).isEqualTo(2);
        assertThat(kind.errors())
                .startsWith("heddle bench: --kinds: no kind vpp; there are bridge direct heddle")
                .contains(" heddle-afxdp ", " heddle ", " ovs-afxdp ", " ovs-tso ");

        Result test = bench("--tests", "udp");
        assertThat(test.status()).isEqualTo(2);
        assertThat(test.errors())
                .isEqualTo(
                        "heddle bench: --tests: no test udp; there are tcp-on tcp-off pps rr megaflows setup start flows scale\n");

        Result rounds = bench("--rounds", "0");
        assertThat(rounds.status()).isEqualTo(2);
        assertThat(rounds.errors()).isEqualTo("heddle bench: --rounds 0: a number from 1\n");

        Result option = bench("--fast");
        assertThat(option.status()).isEqualTo(2);
        assertThat(option.errors()).isEqualTo("heddle bench: unknown option --fast; see heddle bench --help\n");
    }

    @Test
    void shouldReportMediansSpreadsAndRatiosWithinARound() throws IOException {
        Path results = folder.resolve("results.csv");
        Files.writeString(results, """
                1,direct,tcp_on_gbps,10
                2,direct,tcp_on_gbps,20
                3,direct,tcp_on_gbps,10
                1,heddle,tcp_on_gbps,8
                2,heddle,tcp_on_gbps,18
                3,heddle,tcp_on_gbps,7
                1,heddle,foreign_tcp_on_gbps,12
                1,ovs-afxdp,reachable,0
                1,vxlan-kernel,tcp_on_gbps,9
                """);

        Result report = bench("--report", results.toString());

        assertThat(report.errors()).isEmpty();
        assertThat(report.status()).isZero();
        assertThat(report.output())
                .contains("3 interleaved round(s)")
                .contains("| | unit | direct | heddle | ovs-afxdp |")
                .contains("| TCP, one stream, host offloads on | Gbit/s "
                        + "| 10.00 (10.00 to 20.00) | 8.00 (7.00 to 18.00), x 0.80 | - |")
                .contains("| | unit | direct | vxlan-kernel |")
                .contains("| 9.00, x 0.90 |")
                .contains("Did not forward at all here: ovs-afxdp.")
                .contains("Most that neighbours used during a measurement: 12 % of a core (heddle, tcp_on_gbps).");
    }

    @Test
    void shouldReportWhatOneCoreDoesInMemory() throws IOException {
        Path results = folder.resolve("jmh.csv");
        Files.writeString(results, """
                Codec.decode,3200000,3000000,3300000
                ExactMatch.hit,50000000,40000000,51000000
                """);

        Result report = bench("--jmh", "--report", results.toString());

        assertThat(report.errors()).isEmpty();
        assertThat(report.status()).isZero();
        assertThat(report.output())
                .startsWith("## One core, in memory\n")
                .contains(
                        "| key found in the exact-match cache, 1,024 flows | 50,000,000 (40,000,000 to 51,000,000) | - |")
                .contains("| OpenFlow 1.3 flow-mod decoded | 3,200,000 (3,000,000 to 3,300,000) | 3,000,000 |");
    }
}
