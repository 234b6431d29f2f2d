package io.heddle.flow.conntrack;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.match.Bits;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tracker, a clock, and frames that go through it. */
final class TrackerLab {
    static final long SECOND = 1_000_000_000L;
    static final int A = 0x0a000001;
    static final int B = 0x0a000002;
    private static final String[] NAMES = {"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"};

    final ConnectionTracker tracker = new ConnectionTracker(7);
    final long[] words = new long[ConnectionTracker.PACKET_WORDS];
    long nowNs = SECOND;

    /** The frame after the last visit. */
    MemorySegment frame = MemorySegment.NULL;

    static PacketBuilder ip(int from, int to) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L).ipv4(from, to);
    }

    static byte[] tcp(int from, int to, int fromPort, int toPort, int sequence, int ack, int flags, int payload) {
        return ip(from, to)
                .tcp(fromPort, toPort, sequence, ack, flags)
                .payload(new byte[payload])
                .build();
    }

    static byte[] udp(int from, int to, int fromPort, int toPort) {
        return ip(from, to).udp(fromPort, toPort).payload(new byte[11]).build();
    }

    /** A segment from A's port 1000 to B's port 80. */
    String out(int sequence, int ack, int flags, int payload) {
        return commit(tcp(A, B, 1000, 80, sequence, ack, flags, payload));
    }

    /** A segment the other way. */
    String back(int sequence, int ack, int flags, int payload) {
        return commit(tcp(B, A, 80, 1000, sequence, ack, flags, payload));
    }

    String commit(byte[] octets) {
        return commit(octets, null);
    }

    String commit(byte[] octets, @Nullable NatSpec nat) {
        return track(new TrackRequest(5, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, nat), octets);
    }

    String lookup(byte[] octets) {
        return track(TrackRequest.lookup(5), octets);
    }

    String translate(byte[] octets) {
        return track(new TrackRequest(5, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, NatSpec.EXISTING), octets);
    }

    String track(TrackRequest request, byte[] octets) {
        return track(request, octets, false);
    }

    String track(TrackRequest request, byte[] octets, boolean isTracked) {
        frame = Arena.ofAuto().allocate(octets.length + ConnectionTracker.MOST_GROWTH);
        MemorySegment.copy(octets, 0, frame, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, octets.length);
        int length = tracker.track(
                request, frame, 0, octets.length, ConnectionTracker.MOST_GROWTH, false, false, isTracked, words, nowNs);
        if (length < 0) {
            return length == ConnectionTracker.FULL
                    ? "full"
                    : length == ConnectionTracker.FRAGMENT ? "fragment" : "no room";
        }
        frame = frame.asSlice(0, length);
        return state();
    }

    byte[] octets() {
        return frame.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    String state() {
        List<String> set = new ArrayList<>();
        long state = words[0] >>> 48;
        for (int i = 0; i < NAMES.length; i++) {
            if ((state >>> i & 1) != 0) {
                set.add(NAMES[i]);
            }
        }
        return String.join("|", set);
    }

    TcpState tcpState() {
        return only().state();
    }

    ConnectionState only() {
        List<ConnectionState> all = all();
        if (all.size() != 1) {
            throw new AssertionError(all.toString());
        }
        return all.getFirst();
    }

    List<ConnectionState> all() {
        List<ConnectionState> all = new ArrayList<>();
        tracker.forEach(null, Integer.MAX_VALUE, nowNs, all::add);
        return all;
    }

    /** A connection after the handshake: A has sent up to 101, B up to 501. */
    TrackerLab established() {
        out(100, 0, TcpView.SYN, 0);
        back(500, 101, TcpView.SYN | TcpView.ACK, 0);
        out(101, 501, TcpView.ACK, 0);
        return this;
    }
}
