package io.heddle.datapath.upcall;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.DatapathAction;
import org.junit.jupiter.api.Test;

class PuntQueueTest {
    private static Punt punt(int reason) {
        return new Punt(new DatapathAction.Punt(1, reason, 128, 0, 0, 0, Match.ANY), new byte[14], 14);
    }

    private static int fill(PuntQueue queue, int port, int reason) {
        int taken = 0;
        while (queue.hasRoom(port, reason)) {
            queue.offer(port, punt(reason));
            taken++;
        }
        return taken;
    }

    @Test
    void shouldLeaveRoomForOtherPortsAndReasonsDuringAFlood() {
        PuntQueue queue = new PuntQueue(64);

        assertThat(fill(queue, 1, 0)).as("an eighth").isEqualTo(8);
        assertThat(fill(queue, 1, 1)).as("another reason").isEqualTo(8);
        assertThat(fill(queue, 2, 0)).as("another port").isEqualTo(8);
    }

    @Test
    void shouldTakeMoreWhenSomeWereDelivered() {
        PuntQueue queue = new PuntQueue(8);
        Punt first = punt(0);
        assertThat(queue.hasRoom(1, 0)).isTrue();
        queue.offer(1, first);
        assertThat(queue.hasRoom(1, 0)).isFalse();

        assertThat(queue.poll()).isSameAs(first);
        assertThat(queue.poll()).isNull();
        assertThat(queue.hasRoom(1, 0)).isTrue();
    }

    @Test
    void shouldNeverHoldMoreThanItsCapacity() {
        PuntQueue queue = new PuntQueue(16);
        int taken = 0;
        for (int port = 1; port < 200; port++) {
            taken += fill(queue, port, 0);
        }
        assertThat(taken).isEqualTo(16);
    }
}
