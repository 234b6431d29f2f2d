package io.heddle.flow.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.match.Bits;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A packet of a connection allocates nothing; a million connections take what the documentation says. */
final class ConnectionAllocationTest {
    private static final int ROUNDS = 20;
    private static final int MOST_ROUNDS = 300;
    private static final int PACKETS = 20_000;
    private static final int CONNECTIONS = 500;
    private static final int MILLION = 1_000_000;
    private static final int A = 0x0a000001;
    private static final int B = 0x0a000002;
    private static final int N = 0x0b000001;

    private static final NatSpec SOURCE = new NatSpec(
            NatSpec.Direction.SOURCE, false, Bits.of(N), Bits.of(N + 7), 0, 0, NatSpec.Selection.DEFAULT, false);
    private static final TrackRequest COMMIT =
            new TrackRequest(1, true, false, 5, 0xff, Bits.of(7), Bits.ones(128), null, SOURCE);
    private static final TrackRequest FTP = new TrackRequest(1, true, false, 0, 0, Bits.ZERO, Bits.ZERO, Alg.FTP, null);
    private static final TrackRequest TRANSLATE =
            new TrackRequest(1, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, NatSpec.EXISTING);

    private final ConnectionTracker tracker = new ConnectionTracker(9);
    private final long[] words = new long[ConnectionTracker.PACKET_WORDS];
    private final MemorySegment scratch = Arena.ofAuto().allocate(2048);

    private void track(TrackRequest request, MemorySegment frame, long nowNs) {
        int length = (int) frame.byteSize();
        MemorySegment.copy(frame, 0, scratch, 0, length);
        tracker.track(request, scratch, 0, length, 2048 - length, false, false, false, words, nowNs);
    }

    private static MemorySegment memory(byte[] octets) {
        MemorySegment memory = Arena.ofAuto().allocate(octets.length);
        return memory.copyFrom(MemorySegment.ofArray(octets));
    }

    private static MemorySegment udp(int from, int to, int fromPort, int toPort) {
        return memory(PacketBuilder.ethernet(1, 2)
                .ipv4(from, to)
                .udp(fromPort, toPort)
                .payload(new byte[18])
                .build());
    }

    private static MemorySegment ftp(int sequence) {
        return memory(PacketBuilder.ethernet(1, 2)
                .ipv4(A, B)
                .tcp(900, 21, sequence, 501, TcpView.ACK)
                .payload("NOOP\r\nPORT 10,0,0,1,4,2\r\n".getBytes(StandardCharsets.ISO_8859_1))
                .build());
    }

    @Test
    void shouldAllocateNothingPerPacket() {
        MemorySegment[] there = new MemorySegment[CONNECTIONS];
        MemorySegment[] back = new MemorySegment[CONNECTIONS];
        for (int i = 0; i < CONNECTIONS; i++) {
            there[i] = udp(A, B, 1000 + i, 53);
            track(COMMIT, there[i], 1);
            int outside = scratch.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 26);
            back[i] = udp(B, outside, 53, 1000 + i);
        }
        MemorySegment control = ftp(101);
        track(FTP, control, 1);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long bytes = 0;
        // What is interpreted allocates; on a busy machine the compiler needs more rounds to get to everything.
        for (int round = 0; round < ROUNDS || bytes >= PACKETS / 100 && round < MOST_ROUNDS; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < PACKETS / 4; i++) {
                int n = i % CONNECTIONS;
                track(COMMIT, there[n], round);
                track(TRANSLATE, back[n], round);
                track(TRANSLATE, control, round);
                track(TRANSLATE, there[n], round);
            }
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
        }

        assertThat(tracker.size()).isEqualTo(CONNECTIONS + 1);
        assertThat(tracker.mayGrow()).isTrue();
        assertThat(bytes).as("octets allocated in the last round").isLessThan(PACKETS / 100);
    }

    /**
     * What the thread allocates while it adds a million connections is all that they hold and what growing leaves behind; what is
     * counted as theirs is the arrays themselves.
     */
    @Test
    @Tag("slow")
    void shouldHoldAMillionConnectionsInTwoHundredMegabytes() {
        MemorySegment frame = udp(A, B, 0, 53);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        ValueLayout.OfShort port = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
        TrackRequest commit = new TrackRequest(1, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, null);
        for (int i = 0; i < MILLION; i++) {
            frame.set(port, 34, (short) (1000 + i % 50_000));
            frame.set(port, 36, (short) (53 + i / 50_000));
            tracker.track(commit, frame, 0, (int) frame.byteSize(), 0, false, true, false, words, 1);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(tracker.size()).isEqualTo(MILLION);
        double each = (double) tracker.memoryOctets() / MILLION;
        System.out.printf(
                "%d connections: %.1f octets each (%.1f allocated on the way)%n",
                tracker.size(), each, (double) allocated / MILLION);
        assertThat(each).isBetween(192.0, 210.0);
        assertThat((double) allocated / MILLION).isLessThan(240.0);
    }
}
