package io.heddle.datapath.bridge.lacp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Two sides with cables between their ports of the same number. */
class LinkAggregationTest {
    private static final long MS = 1_000_000L;

    private static final class Sides {
        final Deque<Runnable> onTheWay = new ArrayDeque<>();
        final Set<Integer> cut = new HashSet<>();
        final LinkAggregation one;
        final LinkAggregation two;
        long nowNs;
        int frames;

        Sides(boolean isOneActive, boolean isTwoActive, boolean isFast, long otherSystem) {
            one = side(isOneActive, isFast, 0x020000000001L, true);
            two = side(isTwoActive, isFast, otherSystem, false);
            for (int port = 1; port <= 2; port++) {
                one.put(port, port, 1, port);
                two.put(port, 10 + port, 1, 10 + port);
            }
        }

        private LinkAggregation side(boolean isActive, boolean isFast, long system, boolean isOne) {
            return new LinkAggregation(
                    new LinkAggregation.Settings(isActive, isFast, 100, system, 7), (port, frame) -> {
                        frames++;
                        if (!cut.contains(port)) {
                            onTheWay.add(() -> (isOne ? two() : one()).received(port, frame, nowNs));
                        }
                    });
        }

        private LinkAggregation one() {
            return one;
        }

        private LinkAggregation two() {
            return two;
        }

        Sides link(int port, boolean isUp) {
            one.linkChanged(port, isUp, nowNs);
            two.linkChanged(port, isUp, nowNs);
            return this;
        }

        Sides run(int milliseconds) {
            for (int i = 0; i < milliseconds / 100; i++) {
                nowNs += 100 * MS;
                one.run(nowNs);
                two.run(nowNs);
                while (!onTheWay.isEmpty()) {
                    onTheWay.poll().run();
                }
            }
            return this;
        }
    }

    @Test
    void shouldAgreeOnBothLinksAndDropOneThatFails() {
        Sides sides = new Sides(true, false, true, 0x020000000002L);
        sides.link(1, true).link(2, true).run(3000);
        assertThat(sides.one.isNegotiated()).isTrue();
        assertThat(sides.one.isUsable(1) && sides.one.isUsable(2) && sides.two.isUsable(1) && sides.two.isUsable(2))
                .isTrue();

        sides.link(1, false);
        assertThat(sides.one.isUsable(1)).as("at once").isFalse();
        assertThat(sides.one.isUsable(2)).isTrue();

        sides.link(1, true).run(3000);
        assertThat(sides.two.isUsable(1)).isTrue();
    }

    @Test
    void shouldMissAPartnerThatIsSilentOverALinkThatIsUp() {
        Sides sides = new Sides(true, true, true, 0x020000000002L);
        sides.link(1, true).link(2, true).run(3000);
        sides.cut.add(2);

        sides.run(8000);

        assertThat(sides.one.isUsable(2)).isFalse();
        assertThat(sides.two.isUsable(1)).isTrue();
        assertThat(sides.one.describe(2)).isEqualTo("defaulted detached");
    }

    @Test
    void shouldNotBeginWhenBothArePassive() {
        Sides sides = new Sides(false, false, true, 0x020000000002L);
        sides.link(1, true).link(2, true).run(5000);
        assertThat(sides.frames).isZero();
        assertThat(sides.one.isNegotiated()).isFalse();
    }

    @Test
    void shouldNotAgreeWithItself() {
        Sides sides = new Sides(true, true, true, 0x020000000001L);
        sides.link(1, true).link(2, true).run(5000);
        assertThat(sides.one.isNegotiated()).isFalse();
    }

    @Test
    void shouldBeQuietWhenSlow() {
        Sides sides = new Sides(true, true, false, 0x020000000002L);
        sides.link(1, true).link(2, true).run(5000);
        assertThat(sides.one.isUsable(1) && sides.two.isUsable(2)).isTrue();
        int before = sides.frames;
        sides.run(60_000);
        assertThat(sides.frames - before).as("two of each of four ports").isBetween(4, 12);
        assertThat(sides.one.isUsable(1)).isTrue();
    }

    @Test
    void shouldIgnoreWhatIsNoMessage() {
        Sides sides = new Sides(true, true, true, 0x020000000002L);
        sides.link(1, true).link(2, true).run(3000);
        Random random = new Random(8);
        for (int i = 0; i < 2000; i++) {
            byte[] frame = new byte[random.nextInt(130)];
            random.nextBytes(frame);
            sides.one.received(1, frame, sides.nowNs);
        }
        sides.run(3000);
        assertThat(sides.one.isUsable(1)).isTrue();
    }
}
