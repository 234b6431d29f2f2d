package io.heddle.flow.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ConnectionTableTest {
    private static void tuple(Tuple tuple, int number) {
        tuple.srcLow = number;
        tuple.dstLow = -number - 1L;
        tuple.srcPort = number & 0xffff;
        tuple.dstPort = 7;
        tuple.protocol = 17;
        tuple.zone = number % 3;
    }

    @Test
    void shouldFindWhatAMapWouldFind() {
        ConnectionTable table = new ConnectionTable(3);
        Map<Integer, Integer> model = new HashMap<>();
        Random random = new Random(1);
        Tuple original = new Tuple();
        Tuple reply = new Tuple();
        for (int step = 0; step < 200_000; step++) {
            int number = random.nextInt(40_000);
            tuple(original, number);
            reply.setInverse(original);
            Integer slot = model.get(number);
            int reference = table.find(random.nextBoolean() ? original : reply);
            assertThat(reference < 0 ? null : Integer.valueOf(reference >>> 1)).isEqualTo(slot);
            if (slot == null) {
                model.put(number, table.add(original, reply));
            } else if (random.nextInt(3) == 0) {
                table.remove(slot);
                model.remove(number);
            }
        }
        assertThat(table.size()).isEqualTo(model.size());
        assertThat(table.memoryOctets() / table.highWater()).isLessThan(240);
    }
}
