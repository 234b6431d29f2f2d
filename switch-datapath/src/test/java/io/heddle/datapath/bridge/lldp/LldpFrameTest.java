package io.heddle.datapath.bridge.lldp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames of discovery, sent and heard. */
class LldpFrameTest {
    @Test
    void shouldReadWhatItWrites() {
        byte[] frame = LldpFrame.of(0x020000000007L, 0x0200000000aaL, "p1", "br0", "Heddle", 120);

        assertThat(LldpFrame.parse(frame))
                .isEqualTo(new Neighbour("02:00:00:00:00:aa", "p1", "p1", "br0", "Heddle", 120));
        assertThat(frame).startsWith(0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, 0x02, 0, 0, 0, 0, 7, 0x88, 0xcc);
    }

    @Test
    void shouldKeepControlCharactersFromTerminals() {
        byte[] frame = LldpFrame.of(1, 2, "p\u001b[2J", "x\n", "", 1);

        Neighbour neighbour = LldpFrame.parse(frame);

        assertThat(neighbour).isNotNull();
        assertThat(neighbour.port()).isEqualTo("p?[2J");
        assertThat(neighbour.systemName()).isEqualTo("x?");
    }

    @Test
    void shouldSurviveAnything() {
        Random random = new Random(3);
        byte[] whole = LldpFrame.of(1, 2, "port", "name", "description", 1);
        for (int i = 0; i < 5000; i++) {
            byte[] frame = whole.clone();
            for (int changes = random.nextInt(6); changes >= 0; changes--) {
                frame[14 + random.nextInt(frame.length - 14)] = (byte) random.nextInt();
            }
            Neighbour neighbour = LldpFrame.parse(Arrays.copyOf(frame, random.nextInt(frame.length + 1)));
            if (neighbour != null) {
                assertThat(neighbour.ttlSeconds()).isBetween(0, 65_535);
            }
        }
    }
}
