package io.heddle.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureReasonTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Received incorrect packet: sctp(csum=3948234902) | the runner expects a wrong CRC32c of SCTP",
                "Received incorrect packet: ipv4(ttl=3)/sctp(csum=1) | another packet: ipv4(ttl=3)/sctp(csum=1)",
                "Received incorrect packet: str(b'\\x00\\x00') | the runner expects other padding",
                "Failed to add flows: OFPErrorMsg[type=0x02, code=0x05] | refused: BAD_ACTION code 5",
                "Receiving timeout: no change in tx_packets on target. | receiving timeout: no change in tx_packets on target.",
                "Receiving timeout: increment in rx_packets in tester. | the tester received the packet and did not report it in time",
                "the runner did not get to it: it ended | the runner did not get to it: it ended"
            })
    void shouldNameTheReason(String detail, String reason) {
        assertThat(FailureReason.of(detail)).isEqualTo(reason);
    }
}
