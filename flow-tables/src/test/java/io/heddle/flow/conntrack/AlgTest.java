package io.heddle.flow.conntrack;

import static io.heddle.flow.conntrack.TrackerLab.A;
import static io.heddle.flow.conntrack.TrackerLab.B;
import static io.heddle.flow.conntrack.TrackerLab.ip;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Alg;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.NatSpec.Direction;
import io.heddle.flow.action.NatSpec.Selection;
import io.heddle.flow.match.Bits;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** FTP from A's port 1000 to B's port 21, where A has sent up to 101 and B up to 501; and TFTP. */
final class AlgTest {
    private static final int N = 0xc0a80064; // 192.168.0.100: longer than 10.0.0.1
    private static final int V = 0x05060708;
    private static final int SYN = TcpView.SYN;
    private static final int ACK = TcpView.ACK;

    private final TrackerLab lab = new TrackerLab();

    private static NatSpec nat(Direction direction, int address) {
        Bits bits = Bits.of(Integer.toUnsignedLong(address));
        return new NatSpec(direction, false, bits, bits, 0, 0, Selection.DEFAULT, false);
    }

    private static byte[] tcp(
            int from, int to, int fromPort, int toPort, int sequence, int ack, int flags, String text) {
        return ip(from, to)
                .tcp(fromPort, toPort, sequence, ack, flags)
                .payload(text.getBytes(StandardCharsets.ISO_8859_1))
                .build();
    }

    private static byte[] tcp(int from, int to, int fromPort, int toPort, int sequence, int ack, String text) {
        return tcp(from, to, fromPort, toPort, sequence, ack, ACK, text);
    }

    private String commit(byte[] frame, @Nullable Alg alg, @Nullable NatSpec nat) {
        return lab.track(
                new TrackRequest(5, true, false, 0x77, -1, new Bits(0x11, 0x22), Bits.ones(128), alg, nat), frame);
    }

    private String plain(byte[] frame, @Nullable NatSpec nat) {
        return lab.track(new TrackRequest(5, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, nat), frame);
    }

    /** The handshake, A seen as {@code outside} by B. */
    private void control(@Nullable NatSpec nat, int client, int outside, int seen, int server) {
        commit(tcp(client, seen, 1000, 21, 100, 0, SYN, ""), Alg.FTP, nat);
        lab.translate(tcp(server, outside, 21, 1000, 500, 101, SYN | ACK, ""));
        lab.translate(tcp(client, seen, 1000, 21, 101, 501, ""));
    }

    private void assertFrame(byte[] expected) {
        assertThat(lab.octets()).isEqualTo(expected);
    }

    @Test
    void shouldRelateTheDataConnectionOfAnActiveClient() {
        control(null, A, A, B, B);
        assertThat(lab.lookup(tcp(B, A, 20, 1026, 7, 0, SYN, ""))).isEqualTo("new|trk");

        assertThat(lab.lookup(tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n")))
                .isEqualTo("est|trk");
        byte[] data = tcp(B, A, 20, 1026, 7, 0, SYN, "");
        assertThat(lab.lookup(data)).isEqualTo("new|rel|trk");
        assertThat(lab.lookup(tcp(B, A, 20, 1027, 7, 0, SYN, ""))).isEqualTo("new|trk");
        assertThat(lab.lookup(tcp(V, A, 20, 1026, 7, 0, SYN, "")))
                .as("another host")
                .isEqualTo("new|trk");
        assertThat(plain(data, null)).isEqualTo("new|rel|trk");
        assertThat((int) lab.words[0]).as("the mark of the control connection").isEqualTo(0x77);
        assertThat(new Bits(lab.words[1], lab.words[2])).isEqualTo(new Bits(0x11, 0x22));
        assertThat(lab.words[3]).as("its addresses").isEqualTo((long) A << 32 | B);
        assertThat(lab.words[8]).as("and ports").isEqualTo(1000L << 48 | 21L << 32 | 6);
        assertThat(lab.track(TrackRequest.lookup(5), data, true))
                .as("the same packet again")
                .isEqualTo("new|rel|trk");
        assertThat(lab.lookup(tcp(A, B, 1026, 20, 900, 8, SYN | ACK, ""))).isEqualTo("est|rel|rpl|trk");
        assertThat(lab.lookup(tcp(B, A, 20, 1026, 8, 901, ""))).isEqualTo("est|rel|trk");
        assertThat(lab.lookup(tcp(B, A, 21, 1026, 7, 0, SYN, "")))
                .as("expected once")
                .isEqualTo("new|trk");
    }

    @Test
    void shouldRelateTheDataConnectionOfAPassiveClient() {
        control(null, A, A, B, B);
        lab.lookup(tcp(B, A, 21, 1000, 501, 101, "227 Entering Passive Mode (10,0,0,2,200,1).\r\n"));

        assertThat(lab.lookup(tcp(A, B, 3333, 51_201, 1, 0, SYN, ""))).isEqualTo("new|rel|trk");
        lab.nowNs += 299 * TrackerLab.SECOND;
        assertThat(lab.lookup(tcp(A, B, 3333, 51_201, 1, 0, SYN, ""))).isEqualTo("new|rel|trk");
        lab.nowNs += 2 * TrackerLab.SECOND;
        assertThat(lab.lookup(tcp(A, B, 3333, 51_201, 1, 0, SYN, ""))).isEqualTo("new|trk");
    }

    @Test
    void shouldRelateNothingToWhatIsReadAsNothing() {
        lab.established();
        lab.lookup(tcp(A, B, 1000, 80, 101, 501, "PORT 10,0,0,1,4,2\r\n"));

        assertThat(lab.lookup(tcp(B, A, 20, 1026, 7, 0, SYN, ""))).isEqualTo("new|trk");
    }

    @Test
    void shouldNotOpenTheWayToOthers() {
        control(null, A, A, B, B);
        lab.lookup(tcp(A, B, 1000, 21, 101, 501, "PORT 5,6,7,8,4,2\r\n"));
        assertThat(lab.lookup(tcp(B, V, 20, 1026, 7, 0, SYN, ""))).isEqualTo("new|trk");

        // A file's name that looks like an answer, in the middle of a line.
        lab.lookup(tcp(B, A, 21, 1000, 501, 119, "550 no such file: "));
        lab.lookup(tcp(B, A, 21, 1000, 519, 119, "227 (10,0,0,2,200,1)\r\n"));
        assertThat(lab.lookup(tcp(A, B, 3333, 51_201, 1, 0, SYN, ""))).isEqualTo("new|trk");
        lab.lookup(tcp(B, A, 21, 1000, 541, 119, "227 (10,0,0,2,200,1)\r\n"));
        assertThat(lab.lookup(tcp(A, B, 3333, 51_201, 1, 0, SYN, ""))).isEqualTo("new|rel|trk");
    }

    @Test
    void shouldForgetWhatIsExpectedWithTheConnection() {
        control(null, A, A, B, B);
        lab.lookup(tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n"));
        lab.tracker.flush(ConnectionFilter.ofZone(5));

        assertThat(lab.lookup(tcp(B, A, 20, 1026, 7, 0, SYN, ""))).isEqualTo("new|trk");
        assertThat(lab.tracker.mayGrow()).isFalse();
    }

    @Test
    void shouldTranslateAnActiveClientAndMoveTheNumbers() {
        control(nat(Direction.SOURCE, N), A, N, B, B);
        byte[] port = tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n"); // 19 octets

        lab.translate(port);
        byte[] written = tcp(N, B, 1000, 21, 101, 501, "PORT 192,168,0,100,4,2\r\n"); // 24 octets
        assertFrame(written);
        lab.translate(tcp(B, N, 21, 1000, 501, 125, "200 ok\r\n"));
        assertFrame(tcp(B, A, 21, 1000, 501, 120, "200 ok\r\n"));
        lab.translate(port);
        assertFrame(written);
        assertThat(lab.translate(tcp(A, B, 1000, 21, 120, 509, "RETR x\r\n"))).isEqualTo("est|trk|snat");
        assertFrame(tcp(N, B, 1000, 21, 125, 509, "RETR x\r\n"));

        byte[] data = tcp(B, N, 20, 1026, 7, 0, SYN, "");
        assertThat(plain(data, NatSpec.EXISTING)).isEqualTo("new|rel|trk|dnat");
        assertFrame(tcp(B, A, 20, 1026, 7, 0, SYN, ""));
        lab.translate(tcp(A, B, 1026, 20, 900, 8, SYN | ACK, ""));
        assertFrame(tcp(N, B, 1026, 20, 900, 8, SYN | ACK, ""));

        lab.translate(tcp(A, B, 1000, 21, 128, 509, "PORT 10,0,0,1,4,3\r\n"));
        assertFrame(tcp(N, B, 1000, 21, 133, 509, "PORT 192,168,0,100,4,3\r\n"));
        lab.translate(tcp(B, N, 21, 1000, 509, 157, ""));
        assertFrame(tcp(B, A, 21, 1000, 509, 147, ""));
    }

    @Test
    void shouldReadAnAnnouncementWhereThePacketIsTranslated() {
        control(nat(Direction.SOURCE, N), A, N, B, B);
        byte[] port = tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n");
        TrackRequest translate = new TrackRequest(5, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, NatSpec.EXISTING);
        assertThat(lab.lookup(port)).isEqualTo("est|trk");
        assertFrame(port);
        assertThat(lab.lookup(tcp(B, N, 20, 1026, 7, 0, SYN, ""))).isEqualTo("new|trk");

        lab.lookup(port);
        assertThat(lab.track(translate, port, true)).isEqualTo("est|trk|snat");
        byte[] written = tcp(N, B, 1000, 21, 101, 501, "PORT 192,168,0,100,4,2\r\n");
        assertFrame(written);
        lab.lookup(tcp(A, B, 1000, 21, 120, 501, "NOOP\r\n"));
        lab.track(translate, tcp(A, B, 1000, 21, 120, 501, "NOOP\r\n"), true);
        byte[] moved = tcp(N, B, 1000, 21, 125, 501, "NOOP\r\n");
        assertFrame(moved);
        assertThat(lab.track(translate, moved, true))
                .as("what has been translated is left alone")
                .isEqualTo("est|trk|snat");
        assertFrame(moved);
        assertThat(lab.lookup(tcp(B, N, 20, 1026, 7, 0, SYN, ""))).isEqualTo("new|rel|trk");
    }

    @Test
    void shouldMoveSelectiveAcknowledgementsToo() {
        control(nat(Direction.SOURCE, N), A, N, B, B);
        lab.translate(tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n"));
        byte[] answer = withSack(tcp(B, N, 21, 1000, 501, 125, "200 ok\r\n"), 130, 140);

        assertThat(lab.translate(answer)).isEqualTo("est|rpl|trk|dnat");
        assertFrame(withSack(tcp(B, A, 21, 1000, 501, 120, "200 ok\r\n"), 125, 135));
    }

    /** The segment with the option "selective acknowledgement" behind one octet of padding, so at an odd place, and right checksums. */
    private static byte[] withSack(byte[] frame, int left, int right) {
        byte[] grown = new byte[frame.length + 12];
        System.arraycopy(frame, 0, grown, 0, 54);
        System.arraycopy(frame, 54, grown, 66, frame.length - 54);
        MemorySegment memory = MemorySegment.ofArray(grown);
        java.nio.ByteBuffer.wrap(grown, 54, 12)
                .put((byte) 1)
                .put((byte) 5)
                .put((byte) 10)
                .putInt(left)
                .putInt(right)
                .put((byte) 0);
        grown[46] = (byte) 0x80;
        grown[17] = (byte) (grown[17] + 12);
        grown[24] = 0;
        grown[25] = 0;
        int sum = Checksums.ipv4Header(memory, 14);
        grown[24] = (byte) (sum >>> 8);
        grown[25] = (byte) sum;
        Checksums.writeL4(memory, 0, PacketLayers.parse(memory, 0, grown.length));
        return grown;
    }

    @Test
    void shouldTranslateAServerThatIsSeenByAnotherAddress() {
        control(nat(Direction.DESTINATION, V), A, A, B, V);
        assertThat(lab.translate(tcp(V, A, 21, 1000, 501, 101, "227 Entering Passive Mode (5,6,7,8,200,1).\r\n")))
                .isEqualTo("est|rpl|trk|snat");
        assertFrame(tcp(B, A, 21, 1000, 501, 101, "227 Entering Passive Mode (10,0,0,2,200,1).\r\n"));

        byte[] data = tcp(A, B, 3333, 51_201, 1, 0, SYN, "");
        assertThat(lab.lookup(data)).isEqualTo("new|rel|trk");
        assertThat(plain(data, NatSpec.EXISTING)).isEqualTo("new|rel|trk|dnat");
        assertFrame(tcp(A, V, 3333, 51_201, 1, 0, SYN, ""));
        lab.translate(tcp(V, A, 51_201, 3333, 900, 2, SYN | ACK, ""));
        assertFrame(tcp(B, A, 51_201, 3333, 900, 2, SYN | ACK, ""));
    }

    @Test
    void shouldAnnounceAnotherPortWhereThatOneIsTaken() {
        control(nat(Direction.SOURCE, N), A, N, B, B);
        lab.translate(tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n"));
        commit(tcp(V, B, 1000, 21, 100, 0, SYN, ""), Alg.FTP, nat(Direction.SOURCE, N));
        int second = lab.all().get(1).reply().destinationPort();
        lab.translate(tcp(B, N, 21, second, 500, 101, SYN | ACK, ""));
        lab.translate(tcp(V, B, 1000, 21, 101, 501, "PORT 5,6,7,8,4,2\r\n"));

        assertThat(new String(lab.octets(), StandardCharsets.ISO_8859_1)).contains("PORT 192,168,0,100,4,3\r\n");
        plain(tcp(B, N, 20, 1027, 7, 0, SYN, ""), NatSpec.EXISTING);
        assertFrame(tcp(B, V, 20, 1026, 7, 0, SYN, ""));
    }

    @Test
    void shouldTranslateOverIpv6() {
        NatSpec spec = new NatSpec(
                Direction.SOURCE, true, new Bits(9, 0x99), new Bits(9, 0x99), 0, 0, Selection.DEFAULT, false);
        PacketBuilder syn = PacketBuilder.ethernet(1, 2).ipv6(1, 2, 3, 4).tcp(1000, 21, 100, 0, SYN);
        commit(syn.build(), Alg.FTP, spec);
        lab.translate(PacketBuilder.ethernet(1, 2)
                .ipv6(3, 4, 9, 0x99)
                .tcp(21, 1000, 500, 101, SYN | ACK)
                .build());
        lab.translate(PacketBuilder.ethernet(1, 2)
                .ipv6(1, 2, 3, 4)
                .tcp(1000, 21, 101, 501, ACK)
                .payload("EPRT |2|0:0:0:1::2|1026|\r\n".getBytes(StandardCharsets.ISO_8859_1))
                .build());
        assertFrame(PacketBuilder.ethernet(1, 2)
                .ipv6(9, 0x99, 3, 4)
                .tcp(1000, 21, 101, 501, ACK)
                .payload("EPRT |2|0:0:0:9:0:0:0:99|1026|\r\n".getBytes(StandardCharsets.ISO_8859_1))
                .build());
        byte[] data = PacketBuilder.ethernet(1, 2)
                .ipv6(3, 4, 9, 0x99)
                .tcp(20, 1026, 7, 0, SYN)
                .build();

        assertThat(plain(data, NatSpec.EXISTING)).isEqualTo("new|rel|trk|dnat");
        assertFrame(PacketBuilder.ethernet(1, 2)
                .ipv6(3, 4, 1, 2)
                .tcp(20, 1026, 7, 0, SYN)
                .build());
    }

    @Test
    void shouldRelateTheAnswerOfATftpServer() {
        byte[] request = ip(A, B).udp(2000, 69)
                .payload("\0\1file\0octet\0".getBytes(StandardCharsets.ISO_8859_1))
                .build();
        assertThat(commit(request, Alg.TFTP, nat(Direction.SOURCE, N))).isEqualTo("new|trk|snat");
        byte[] answer =
                ip(B, N).udp(40_000, 2000).payload(new byte[] {0, 3, 0, 1, 9}).build();

        assertThat(lab.lookup(ip(V, N).udp(40_000, 2000)
                        .payload(new byte[] {0, 3, 0, 1})
                        .build()))
                .isEqualTo("new|trk");
        assertThat(plain(answer, NatSpec.EXISTING)).isEqualTo("new|rel|trk|dnat");
        assertFrame(
                ip(B, A).udp(40_000, 2000).payload(new byte[] {0, 3, 0, 1, 9}).build());
        assertThat(lab.translate(ip(A, B).udp(2000, 40_000)
                        .payload(new byte[] {0, 4, 0, 1})
                        .build()))
                .isEqualTo("est|rel|rpl|trk|snat");
    }

    @Test
    void shouldSayWhereThereIsNoRoom() {
        control(nat(Direction.SOURCE, N), A, N, B, B);
        byte[] port = tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n");
        int verdict = lab.tracker.track(
                new TrackRequest(5, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, NatSpec.EXISTING),
                MemorySegment.ofArray(port),
                0,
                port.length,
                4,
                false,
                false,
                false,
                lab.words,
                lab.nowNs);

        assertThat(verdict).isEqualTo(ConnectionTracker.NO_ROOM);
    }

    @Test
    void shouldLetAPartialChecksumStayPartial() {
        control(nat(Direction.SOURCE, N), A, N, B, B);
        byte[] wanted = tcp(N, B, 1000, 21, 101, 501, "PORT 192,168,0,100,4,2\r\n");
        byte[] port = tcp(A, B, 1000, 21, 101, 501, "PORT 10,0,0,1,4,2\r\n");
        byte[] room = java.util.Arrays.copyOf(port, port.length + 5);
        MemorySegment memory = MemorySegment.ofArray(room);
        TcpView.setChecksum(memory, 34, Checksums.ipv4Pseudo(memory, 14, 6, port.length - 34));
        int length = lab.tracker.track(
                new TrackRequest(5, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, NatSpec.EXISTING),
                memory,
                0,
                port.length,
                5,
                true,
                true,
                false,
                lab.words,
                lab.nowNs);

        assertThat(length).isEqualTo(wanted.length);
        Checksums.complete(memory, 0, length, 34, TcpView.CHECKSUM_OFFSET);
        assertThat(room).isEqualTo(wanted);
    }
}
