package io.heddle.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.match.HeaderRewriter;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class NshTest {
    private static final String ETHERNET = "020000000002 020000000001 894f ";
    private static final String FIXED = "2fc6 0103 123456ff 11223344 55667788 99aabbcc ddeeff00 ";
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static FlowKey key(byte[] frame) {
        FlowKey key = new FlowKey();
        FlowKeyExtractor.extract(MemorySegment.ofArray(frame), 0, frame.length, key);
        return key;
    }

    @Test
    void shouldReadAHeaderWithContext() {
        assertThat(FORMATTER.key(key(octets(ETHERNET + FIXED + "00"))))
                .contains("dl_type=0x894f,nsh_flags=2,nsh_ttl=63,nsh_mdtype=1,nsh_np=3,nsh_spi=0x123456,nsh_si=255,"
                        + "nsh_c1=0x11223344,nsh_c2=0x55667788,nsh_c3=0x99aabbcc,nsh_c4=0xddeeff00");
    }

    @Test
    void shouldReadNoContextOfTlvsAndNothingOfAWrongHeader() {
        FlowKey variable = key(octets(ETHERNET + "0fc3 0201 00000507 aabb0004"));
        assertThat(variable.getLong(MatchField.NSH_SPI)).isEqualTo(5);
        assertThat(variable.getLong(MatchField.NSH_SI)).isEqualTo(7);
        assertThat(variable.getLong(MatchField.NSH_MDTYPE)).isEqualTo(2);
        assertThat(variable.getLong(MatchField.NSH_C1)).isZero();
        for (String wrong : new String[] {"4fc6 0103 123456ff", "0fc5 0103 123456ff", "0fc6 0303 123456ff"}) {
            assertThat(key(octets(ETHERNET + wrong + FIXED)).word(KeyLayout.W_NSH))
                    .as(wrong)
                    .isZero();
        }
        assertThat(key(octets(ETHERNET + FIXED.substring(0, 45))).word(KeyLayout.W_NSH))
                .isZero();
    }

    @Test
    void shouldWriteWhatDoesNotSayWhatFollows() throws FlowException {
        byte[] frame = octets(ETHERNET + FIXED);
        Match rewrite = PARSER.match(
                "dl_type=0x894f,nsh_flags=1,nsh_ttl=5,nsh_spi=0xabcdef,nsh_si=1,nsh_c2=0x1,nsh_c4=0x20/0xf0");
        new HeaderRewriter().rewrite(rewrite, MemorySegment.ofArray(frame), 0, frame.length, -1);
        assertThat(HexFormat.of().formatHex(frame))
                .isEqualTo((ETHERNET + "1146 0103 abcdef01 11223344 00000001 99aabbcc ddeeff20").replace(" ", ""));
    }

    @Test
    void shouldReadAndPrintMatchesAsOvsOfctlDoes() throws FlowException {
        String text = "dl_type=0x894f,nsh_flags=1,nsh_ttl=63,nsh_mdtype=1,nsh_np=3,nsh_spi=0x123456,nsh_si=255,"
                + "nsh_c1=0x11223344,nsh_c4=0x20/0xf0";
        assertThat(FORMATTER.match(PARSER.match(text))).isEqualTo(text);
        assertThat(PARSER.match("dl_type=0x894f,nsp=5,nsi=6,nshc1=7"))
                .isEqualTo(PARSER.match("dl_type=0x894f,nsh_spi=5,nsh_si=6,nsh_c1=7"));
        assertThatThrownBy(() -> PARSER.match("nsh_spi=5"))
                .hasMessageContaining("nsh_spi can be matched only together with dl_type=0x894f");
    }
}
