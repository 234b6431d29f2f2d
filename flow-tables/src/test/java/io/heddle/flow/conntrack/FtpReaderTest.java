package io.heddle.flow.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.conntrack.FtpReader.Form;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FtpReaderTest {
    private final FtpReader reader = new FtpReader();
    private byte[] octets = {};

    private boolean read(String text, boolean isFromClient) {
        octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return reader.read(MemorySegment.ofArray(octets), 0, octets.length, isFromClient, true);
    }

    /** The text with the part that would be written over taken out. */
    private String around() {
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        return text.substring(0, (int) reader.first) + "~" + text.substring((int) reader.end);
    }

    private String written(long high, long low, int port) {
        byte[] to = new byte[FtpReader.MOST_OCTETS];
        return new String(to, 0, reader.write(to, high, low, port), StandardCharsets.ISO_8859_1);
    }

    @Test
    void shouldReadThePortOfAClient() {
        assertThat(read("NOOP\r\nport 10,0,0,1,4,2\r\nRETR x\r\n", true)).isTrue();
        assertThat(reader.form).isEqualTo(Form.COMMAS);
        assertThat(reader.addressLow).isEqualTo(0x0a000001);
        assertThat(reader.port).isEqualTo(1026);
        assertThat(around()).isEqualTo("NOOP\r\nport ~\r\nRETR x\r\n");
        assertThat(written(0, 0xc0a80064L, 65_280)).isEqualTo("192,168,0,100,255,0");
    }

    @Test
    void shouldReadTheAnswerToPassive() {
        assertThat(read("227 Entering Passive Mode (10,0,0,2,200,1).\r\n", false))
                .isTrue();
        assertThat(reader.addressLow).isEqualTo(0x0a000002);
        assertThat(reader.port).isEqualTo(51_201);
        assertThat(around()).isEqualTo("227 Entering Passive Mode (~).\r\n");
        assertThat(read("227 =10,0,0,2,200,1\n", false)).isTrue();
    }

    @Test
    void shouldReadTheAnswerToExtendedPassive() {
        assertThat(read("229 Entering Extended Passive Mode (|||6446|)\r\n", false))
                .isTrue();
        assertThat(reader.form).isEqualTo(Form.PORT_ONLY);
        assertThat(reader.port).isEqualTo(6446);
        assertThat(around()).isEqualTo("229 Entering Extended Passive Mode (|||~|)\r\n");
        assertThat(written(1, 2, 7)).isEqualTo("7");
    }

    @ParameterizedTest
    @CsvSource({
        "|1|132.235.1.2|6275|,               0,                84eb0102,         6275",
        "!2!fc00::1!1025!,                   fc00000000000000, 1,                1025",
        "|2|1080::8:800:200C:417A|5282|,     1080000000000000, 00080800200c417a, 5282",
        "|2|::|9|,                           0,                0,                9",
        "|2|::1|9|,                          0,                1,                9",
        "|2|1:2:3:4:5:6:7:8|9|,              1000200030004,    5000600070008,    9",
        "|2|1:2:3:4:5:6:7::|9|,              1000200030004,    5000600070000,    9"
    })
    void shouldReadExtendedPorts(String argument, String high, String low, int port) {
        assertThat(read("EPRT " + argument + "\r\n", true)).isTrue();
        assertThat(reader.form).isEqualTo(Form.EXTENDED);
        assertThat(reader.addressHigh).isEqualTo(Long.parseUnsignedLong(high, 16));
        assertThat(reader.addressLow).isEqualTo(Long.parseUnsignedLong(low, 16));
        assertThat(reader.port).isEqualTo(port);
        assertThat(around()).isEqualTo("EPRT ~\r\n");
    }

    @Test
    void shouldWriteExtendedPorts() {
        read("EPRT !2!fc00::1!1025!\r\n", true);
        assertThat(written(0xfc00_0000_0000_0001L, 0xabcd_0000_0000_0010L, 65_535))
                .isEqualTo("!2!fc00:0:0:1:abcd:0:0:10!65535!");
        assertThat(written(-1, -1, 65_535)).hasSize(FtpReader.MOST_OCTETS);
        read("EPRT |1|10.0.0.1|1025|\r\n", true);
        assertThat(written(0, 0x0b000001, 1)).isEqualTo("|1|11.0.0.1|1|");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PORT 10,0,0,1,4,2",
                "PORT 10,0,0,256,4,2\r\n",
                "PORT 10,0,0,1,4\r\n",
                "PORT 10,0,0,1,0,0\r\n",
                "XPORT 10,0,0,1,4,2\r\n",
                "STOR PORT 10,0,0,1,4,2\r\n",
                "PORT\r\n",
                "EPRT |3|10.0.0.1|1025|\r\n",
                "EPRT |2|10.0.0.1|1025|\r\n",
                "EPRT |2|1:2:3:4:5:6:7|1025|\r\n",
                "EPRT |2|1:2:3:4:5:6:7:8:9|1025|\r\n",
                "EPRT |1|10.0.0.1|65536|\r\n",
                "EPRT |1|10.0.0.1|1025\r\n",
                "EPRT 0100.0.0.1010250\r\n",
                ""
            })
    void shouldReadNothingElse(String text) {
        assertThat(read(text, true)).isFalse();
    }

    @Test
    void shouldReadCommandsFromClientsAndRepliesFromServersOnly() {
        assertThat(read("227 (10,0,0,2,200,1)\r\n", true)).isFalse();
        assertThat(read("PORT 10,0,0,1,4,2\r\n", false)).isFalse();
    }

    @Test
    void shouldNotReadWhatDoesNotBeginALine() {
        byte[] line = "PORT 10,0,0,1,4,2\r\n".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(reader.read(MemorySegment.ofArray(line), 0, line.length, true, false))
                .isFalse();
    }

    @Test
    void shouldReadAnyOctetsWithoutLeavingThem() {
        Random random = new Random(11);
        String letters = "PORTEprt 0123456789,|.:()abcf\r\n";
        String[] beginnings = {"PORT ", "EPRT |2|", "EPRT |1|", "227 ", "229 (", ""};
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(beginnings[random.nextInt(beginnings.length)]);
            for (int j = random.nextInt(60); j > 0; j--) {
                text.append(letters.charAt(random.nextInt(letters.length())));
            }
            text.append(random.nextBoolean() ? "\r\n" : "");
            if (read(text.toString(), random.nextBoolean())) {
                assertThat(reader.first).isBetween(0L, reader.end);
                assertThat(reader.end).isLessThan(octets.length);
                assertThat(reader.port).isBetween(1, 0xffff);
            }
        }
    }
}
