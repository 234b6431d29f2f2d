package io.heddle.flow.conntrack;

import static io.heddle.flow.conntrack.TrackerLab.A;
import static io.heddle.flow.conntrack.TrackerLab.B;
import static io.heddle.flow.conntrack.TrackerLab.ip;
import static io.heddle.flow.conntrack.TrackerLab.tcp;
import static io.heddle.flow.conntrack.TrackerLab.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.NatSpec.Direction;
import io.heddle.flow.action.NatSpec.Selection;
import io.heddle.flow.match.Bits;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ConnectionTrackerTest {
    private static final int N = 0x01020304;
    private static final int V = 0x05060708;
    private static final NatSpec SOURCE = nat(Direction.SOURCE, N, N, 0, 0, Selection.DEFAULT);

    private final TrackerLab lab = new TrackerLab();

    private static NatSpec nat(
            Direction direction, int first, int last, int minPort, int maxPort, Selection selection) {
        return new NatSpec(
                direction,
                false,
                Bits.of(Integer.toUnsignedLong(first)),
                Bits.of(Integer.toUnsignedLong(last)),
                minPort,
                maxPort,
                selection,
                false);
    }

    private void assertFrame(byte[] expected) {
        assertThat(lab.octets()).isEqualTo(expected);
    }

    @Test
    void shouldTellDatagramsOfBothDirections() {
        assertThat(lab.lookup(udp(A, B, 1, 2))).isEqualTo("new|trk");
        assertThat(lab.tracker.size()).as("not committed").isZero();
        assertThat(lab.commit(udp(A, B, 1, 2))).isEqualTo("new|trk");
        assertThat(lab.lookup(udp(A, B, 1, 2))).isEqualTo("new|trk");
        assertThat(lab.lookup(udp(B, A, 2, 1))).isEqualTo("est|rpl|trk");
        assertThat(lab.lookup(udp(A, B, 1, 2))).isEqualTo("est|trk");
        assertThat(lab.lookup(udp(A, B, 1, 3))).isEqualTo("new|trk");
    }

    @Test
    void shouldKeepZonesApart() {
        lab.commit(udp(A, B, 1, 2));

        assertThat(lab.track(TrackRequest.lookup(6), udp(B, A, 2, 1))).isEqualTo("new|trk");
        assertThat(lab.track(TrackRequest.lookup(5), udp(B, A, 2, 1))).isEqualTo("est|rpl|trk");
        assertThat(lab.tracker.flush(ConnectionFilter.ofZone(6))).isZero();
        assertThat(lab.tracker.flush(ConnectionFilter.ofZone(5))).isOne();
        assertThat(lab.lookup(udp(B, A, 2, 1))).isEqualTo("new|trk");
    }

    @Test
    void shouldFollowEchoesByTheirIdentifier() {
        assertThat(lab.commit(ip(B, A).icmp(0, 0, 7 << 16).build())).isEqualTo("inv|trk");
        assertThat(lab.commit(ip(A, B).icmp(8, 0, 7 << 16).build())).isEqualTo("new|trk");
        assertThat(lab.lookup(ip(B, A).icmp(0, 0, 7 << 16).build())).isEqualTo("est|rpl|trk");
        assertThat(lab.lookup(ip(B, A).icmp(0, 0, 8 << 16).build())).isEqualTo("inv|trk");
        PacketBuilder request = PacketBuilder.ethernet(1, 2).ipv6(1, 2, 3, 4).icmp(128, 0, 7 << 16);
        assertThat(lab.commit(request.build())).isEqualTo("new|trk");
        PacketBuilder answer = PacketBuilder.ethernet(1, 2).ipv6(3, 4, 1, 2).icmp(129, 0, 7 << 16);
        assertThat(lab.lookup(answer.build())).isEqualTo("est|rpl|trk");
    }

    @Test
    void shouldCallBrokenPacketsInvalidAndLeaveFragmentsAlone() {
        byte[] wrong = udp(A, B, 1, 2);
        wrong[wrong.length - 1] ^= 1;
        assertThat(lab.commit(wrong)).isEqualTo("inv|trk");
        assertThat(lab.commit(ip(A, B).fragment(1, 0x2000)
                        .udp(1, 2)
                        .payload(new byte[16])
                        .build()))
                .isEqualTo("fragment");
        assertThat(lab.commit(PacketBuilder.ethernet(1, 2).type(0x1234).build()))
                .isEqualTo("inv|trk");
        assertThat(lab.tracker.invalid()).isEqualTo(2);
    }

    @Test
    void shouldRelateErrorsToTheConnectionOfThePacketInside() {
        lab.commit(udp(A, B, 1000, 53));
        byte[] inner = Arrays.copyOfRange(udp(A, B, 1000, 53), 14, 14 + 28);

        assertThat(lab.lookup(ip(V, A).icmp(3, 1, 0).payload(inner).build())).isEqualTo("rel|rpl|trk");
        byte[] stranger = Arrays.copyOfRange(udp(A, B, 1001, 53), 14, 14 + 28);
        assertThat(lab.lookup(ip(V, A).icmp(3, 1, 0).payload(stranger).build())).isEqualTo("inv|trk");
    }

    @Test
    void shouldTranslateTheSourceAndItsAnswersBack() {
        assertThat(lab.commit(tcp(A, B, 1000, 80, 100, 0, TcpView.SYN, 0), SOURCE))
                .isEqualTo("new|trk|snat");
        assertFrame(tcp(N, B, 1000, 80, 100, 0, TcpView.SYN, 0));
        assertThat(lab.translate(tcp(B, N, 80, 1000, 500, 101, TcpView.SYN | TcpView.ACK, 0)))
                .isEqualTo("est|rpl|trk|dnat");
        assertFrame(tcp(B, A, 80, 1000, 500, 101, TcpView.SYN | TcpView.ACK, 0));
        assertThat(lab.lookup(tcp(A, B, 1000, 80, 101, 501, TcpView.ACK, 0)))
                .as("without nat nothing is translated")
                .isEqualTo("est|trk");
        assertFrame(tcp(A, B, 1000, 80, 101, 501, TcpView.ACK, 0));
    }

    @Test
    void shouldTranslateTheDestinationAndItsAnswersBack() {
        NatSpec spec = nat(Direction.DESTINATION, V, V, 8080, 8080, Selection.DEFAULT);

        assertThat(lab.commit(udp(A, B, 1000, 80), spec)).isEqualTo("new|trk|dnat");
        assertFrame(udp(A, V, 1000, 8080));
        assertThat(lab.translate(udp(V, A, 8080, 1000))).isEqualTo("est|rpl|trk|snat");
        assertFrame(udp(B, A, 80, 1000));
    }

    @Test
    void shouldTranslateIpv6AndEchoes() {
        NatSpec spec =
                new NatSpec(Direction.SOURCE, true, new Bits(9, 9), new Bits(9, 9), 0, 0, Selection.DEFAULT, false);
        assertThat(lab.commit(
                        PacketBuilder.ethernet(1, 2)
                                .ipv6(1, 2, 3, 4)
                                .icmp(128, 0, 7 << 16)
                                .build(),
                        spec))
                .isEqualTo("new|trk|snat");
        assertFrame(PacketBuilder.ethernet(1, 2)
                .ipv6(9, 9, 3, 4)
                .icmp(128, 0, 7 << 16)
                .build());
        lab.translate(PacketBuilder.ethernet(1, 2)
                .ipv6(3, 4, 9, 9)
                .icmp(129, 0, 7 << 16)
                .build());
        assertFrame(PacketBuilder.ethernet(1, 2)
                .ipv6(3, 4, 1, 2)
                .icmp(129, 0, 7 << 16)
                .build());

        lab.commit(ip(A, B).icmp(8, 0, 7 << 16).build(), SOURCE);
        assertFrame(ip(N, B).icmp(8, 0, 7 << 16).build());
        lab.commit(ip(V, B).icmp(8, 0, 7 << 16).build(), SOURCE);
        assertThat(lab.octets())
                .as("another identifier")
                .isNotEqualTo(ip(N, B).icmp(8, 0, 7 << 16).build());
        assertThat(validChecksums(lab.octets())).isTrue();
    }

    private static boolean validChecksums(byte[] frame) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        long layers = PacketLayers.parse(memory, 0, frame.length);
        return Checksums.isL4Valid(memory, 0, layers)
                && (PacketLayers.isIpv6(layers) || Checksums.isIpv4HeaderValid(memory, PacketLayers.l3(layers)));
    }

    @Test
    void shouldTranslateErrorsInsideAndOutside() {
        lab.commit(udp(A, B, 1000, 53), SOURCE);
        byte[] seen = Arrays.copyOfRange(udp(N, B, 1000, 53), 14, 14 + 39);
        byte[] wanted = Arrays.copyOfRange(udp(A, B, 1000, 53), 14, 14 + 39);

        assertThat(lab.translate(ip(V, N).icmp(3, 1, 0).payload(seen).build())).isEqualTo("rel|rpl|trk|dnat");
        assertFrame(ip(V, A).icmp(3, 1, 0).payload(wanted).build());
    }

    @Test
    void shouldKeepThePortIfItIsFreeAndTakeAnotherIfNot() {
        lab.commit(udp(A, B, 2000, 53), SOURCE);
        assertFrame(udp(N, B, 2000, 53));
        lab.commit(udp(V, B, 2000, 53), SOURCE);

        ConnectionState second = lab.all().get(1);
        assertThat(second.reply().destinationPort()).isNotEqualTo(2000).isBetween(1024, 65_535);
        assertThat(validChecksums(lab.octets())).isTrue();
        lab.commit(udp(A, B, 2000, 54), SOURCE);
        assertFrame(udp(N, B, 2000, 54));
    }

    @ParameterizedTest
    @EnumSource
    void shouldUseAllPortsAndAddressesAndThenNoMore(Selection selection) {
        NatSpec spec = nat(Direction.SOURCE, N, N + 1, 3000, 3003, selection);
        Set<String> ends = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            assertThat(lab.commit(udp(A, B, 100 + i, 53), spec)).isEqualTo("new|trk|snat");
        }
        lab.all()
                .forEach(c ->
                        ends.add(c.reply().destination().low() + ":" + c.reply().destinationPort()));
        assertThat(ends).hasSize(8);
        assertThat(lab.commit(udp(A, B, 999, 53), spec)).isEqualTo("inv|trk");
        assertThat(lab.tracker.natExhausted()).isOne();
    }

    @Test
    void shouldGiveAHostTheSameAddressWhereThatIsAsked() {
        NatSpec spec =
                new NatSpec(Direction.SOURCE, false, Bits.of(1000), Bits.of(2000), 0, 0, Selection.DEFAULT, true);
        for (int i = 0; i < 50; i++) {
            lab.commit(udp(A, B + i, 100, 53), spec);
        }

        assertThat(lab.all().stream().map(c -> c.reply().destination()).distinct())
                .hasSize(1);
    }

    @Test
    void shouldWriteMarkAndLabelOfTheConnection() {
        Bits label = new Bits(0x11, 0x22);
        TrackRequest request = new TrackRequest(5, true, false, 0xab, 0xff, label, Bits.ones(128), null, null);
        lab.track(request, udp(A, B, 1, 2));
        lab.track(new TrackRequest(5, true, false, 0xc00, 0xf00, Bits.ZERO, Bits.ZERO, null, null), udp(A, B, 1, 2));
        lab.lookup(udp(B, A, 2, 1));

        assertThat((int) lab.words[0]).isEqualTo(0xcab);
        assertThat(new Bits(lab.words[1], lab.words[2])).isEqualTo(label);
        assertThat(lab.words[3]).as("the original direction").isEqualTo((long) A << 32 | B);
        assertThat(lab.words[8]).isEqualTo(1L << 48 | 2L << 32 | 17);
    }

    @Test
    void shouldTurnAConnectionRoundWhenForced() {
        lab.commit(udp(A, B, 1, 2));
        TrackRequest force = new TrackRequest(5, true, true, 0, 0, Bits.ZERO, Bits.ZERO, null, null);

        assertThat(lab.track(force, udp(B, A, 2, 1))).isEqualTo("new|trk");
        assertThat(lab.lookup(udp(A, B, 1, 2))).isEqualTo("est|rpl|trk");
    }

    @Test
    void shouldMoveAConnectionOnceForEachPacket() {
        lab.established();
        byte[] fin = tcp(A, B, 1000, 80, 101, 501, TcpView.FIN | TcpView.ACK, 0);
        lab.lookup(fin);
        assertThat(lab.track(TrackRequest.lookup(5), fin, true)).isEqualTo("est|trk");

        assertThat(lab.tcpState()).isEqualTo(TcpState.FIN_WAIT);
    }

    @Test
    void shouldKnowATranslatedPacketWhenItComesAgain() {
        lab.commit(udp(A, B, 1000, 53), SOURCE);
        byte[] translated = lab.octets();

        assertThat(lab.track(TrackRequest.lookup(5), translated, true)).isEqualTo("new|trk|snat");
        assertThat(lab.tracker.size()).isOne();
    }

    @Test
    void shouldRememberNoMoreThanTheLimits() {
        lab.tracker.configure(new TrackerSettings(
                100,
                1,
                Timeouts.DEFAULT,
                Map.of(5, new TrackerSettings.Zone(2, null), 7, new TrackerSettings.Zone(0, null))));
        for (int port = 1; port <= 3; port++) {
            assertThat(lab.commit(udp(A, B, port, 53))).isEqualTo("new|trk");
        }
        assertThat(lab.tracker.size(5)).isEqualTo(2);
        assertThat(lab.tracker.overLimit()).isOne();
        TrackRequest second = new TrackRequest(8, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, null);
        TrackRequest unlimited = new TrackRequest(7, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, null);
        for (int port = 1; port <= 3; port++) {
            lab.track(second, udp(A, B, port, 53));
            lab.track(unlimited, udp(A, B, port, 53));
        }
        assertThat(lab.tracker.size(8)).as("the limit of other zones").isOne();
        assertThat(lab.tracker.size(7)).as("no limit").isEqualTo(3);
        lab.tracker.flush(ConnectionFilter.ALL);
        lab.tracker.configure(new TrackerSettings(3, 0, Timeouts.DEFAULT, Map.of()));
        lab.commit(udp(A, B, 3, 53));
        lab.commit(udp(A, B, 4, 53));
        TrackRequest other = new TrackRequest(6, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, null);
        lab.track(other, udp(A, B, 1, 2));
        lab.track(other, udp(A, B, 2, 2));
        assertThat(lab.tracker.size()).isEqualTo(3);
    }

    @Test
    void shouldForgetWhatIsOver() {
        for (int port = 1; port <= 100; port++) {
            lab.commit(udp(A, B, port, 53));
        }
        lab.nowNs += 29 * TrackerLab.SECOND;
        assertThat(lab.tracker.expire(1000, lab.nowNs)).isZero();
        assertThat(lab.lookup(udp(B, A, 53, 1))).isEqualTo("est|rpl|trk");
        lab.nowNs += 2 * TrackerLab.SECOND;
        assertThat(lab.lookup(udp(B, A, 53, 2)))
                .as("a lookup finds none that is over")
                .isEqualTo("new|trk");
        assertThat(lab.tracker.expire(1000, lab.nowNs)).isEqualTo(98);
        assertThat(lab.all()).extracting(c -> c.original().sourcePort()).isEqualTo(List.of(1));
    }

    @Test
    void shouldTranslateARefusalThatComesBack() {
        lab.commit(tcp(A, B, 1000, 80, 100, 0, TcpView.SYN, 0), SOURCE);
        byte[] refusal = tcp(B, N, 80, 1000, 0, 101, TcpView.RST | TcpView.ACK, 0);

        assertThat(lab.lookup(refusal)).isEqualTo("est|rpl|trk");
        TrackRequest translate = new TrackRequest(5, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, NatSpec.EXISTING);
        assertThat(lab.track(translate, refusal, true)).isEqualTo("est|rpl|trk|dnat");
        assertFrame(tcp(B, A, 80, 1000, 0, 101, TcpView.RST | TcpView.ACK, 0));
        assertThat(lab.all()).as("the connection is over").isEmpty();
    }

    @Test
    void shouldTakeThePortOfAConnectionThatIsOver() {
        NatSpec one = nat(Direction.SOURCE, N, N, 5000, 5000, Selection.DEFAULT);
        assertThat(lab.commit(udp(A, B, 1, 53), one)).isEqualTo("new|trk|snat");
        assertThat(lab.commit(udp(A, B, 2, 53), one)).isEqualTo("inv|trk");
        lab.nowNs += 31 * TrackerLab.SECOND;

        assertThat(lab.commit(udp(A, B, 2, 53), one)).isEqualTo("new|trk|snat");
        assertThat(lab.tracker.size()).isOne();
    }

    @Test
    void shouldStayInsideOfARangeOverTheHighHalfOfAnAddress() {
        NatSpec spec =
                new NatSpec(Direction.SOURCE, true, new Bits(1, -2), new Bits(2, 1), 7, 7, Selection.DEFAULT, false);
        Set<Bits> sources = new HashSet<>();
        for (int port = 1; port <= 4; port++) {
            byte[] datagram = PacketBuilder.ethernet(1, 2)
                    .ipv6(1, 2, 3, 4)
                    .udp(port, 53)
                    .payload(new byte[8])
                    .build();
            assertThat(lab.commit(datagram, spec)).isEqualTo("new|trk|snat");
        }

        lab.all().forEach(c -> sources.add(c.reply().destination()));
        assertThat(sources).containsExactlyInAnyOrder(new Bits(1, -2), new Bits(1, -1), new Bits(2, 0), new Bits(2, 1));
    }

    @Test
    void shouldNotLetAPacketOnThatWasToBeTranslatedWhereThereIsNoRoom() {
        lab.tracker.configure(new TrackerSettings(1, 0, Timeouts.DEFAULT, Map.of()));
        lab.commit(udp(A, B, 1, 53));

        assertThat(lab.commit(udp(A, B, 2, 53), SOURCE)).isEqualTo("full");
        assertThat(lab.commit(udp(A, B, 2, 53), NatSpec.EXISTING)).isEqualTo("new|trk");
        assertThat(lab.tracker.overLimit()).isEqualTo(2);
    }

    @Test
    void shouldForgetAfterTheTimeoutsOfTheZone() {
        Timeouts ofZone = Timeouts.DEFAULT.with(Map.of("udp_first", 5, "udp_single", 10, "udp_multiple", 20));
        lab.tracker.configure(
                new TrackerSettings(100, 0, Timeouts.DEFAULT, Map.of(5, new TrackerSettings.Zone(null, ofZone))));

        lab.commit(udp(A, B, 1, 2));
        assertThat(lab.only().timeoutNs()).isEqualTo(5 * TrackerLab.SECOND);
        lab.commit(udp(A, B, 1, 2));
        assertThat(lab.only().timeoutNs()).isEqualTo(10 * TrackerLab.SECOND);
        lab.lookup(udp(B, A, 2, 1));
        assertThat(lab.only().timeoutNs()).isEqualTo(20 * TrackerLab.SECOND);
        lab.tracker.flush(ConnectionFilter.ALL);
        lab.track(new TrackRequest(6, true, false, 0, 0, Bits.ZERO, Bits.ZERO, null, null), udp(A, B, 1, 2));
        assertThat(lab.only().timeoutNs()).isEqualTo(30 * TrackerLab.SECOND);
    }

    @Test
    void shouldRefuseTimeoutsThatCannotBe() {
        assertThatThrownBy(() -> Timeouts.DEFAULT.with(Map.of("tcp_established", 0)))
                .hasMessage("tcp_established: 0 is not in 1 to 31536000 seconds");
        assertThatThrownBy(() -> Timeouts.DEFAULT.with(Map.of("tcp_open", 1)))
                .hasMessageStartingWith("tcp_open: there is no such timeout; these are: tcp_syn_sent, ");
    }

    @Test
    void shouldForgetTheConnectionsThatAFilterNames() {
        lab.commit(udp(A, B, 1, 2), SOURCE);
        lab.commit(udp(A, B, 3, 2));
        lab.commit(tcp(A, B, 1, 2, 100, 0, TcpView.SYN, 0));
        lab.commit(ip(A, B).icmp(8, 0, 7 << 16).build());
        ConnectionFilter.End any = ConnectionFilter.End.ANY;
        ConnectionFilter.End fromA = new ConnectionFilter.End(ConnectionFilter.mapped(A), Bits.ZERO, 1, 0, 0, 0, 0);
        ConnectionFilter.End fromV = new ConnectionFilter.End(ConnectionFilter.mapped(V), Bits.ZERO, 0, 0, 0, 0, 0);
        ConnectionFilter.End toN = new ConnectionFilter.End(Bits.ZERO, ConnectionFilter.mapped(N), 0, 0, 0, 0, 0);
        ConnectionFilter.End echo = new ConnectionFilter.End(Bits.ZERO, Bits.ZERO, 0, 0, 7, 8, 0);

        assertThat(lab.tracker.flush(new ConnectionFilter(6, 0, fromA, any))).isZero();
        assertThat(lab.tracker.flush(new ConnectionFilter(null, 0, fromV, any))).isZero();
        assertThat(lab.tracker.flush(new ConnectionFilter(5, 17, fromA, toN))).isOne();
        assertThat(lab.tracker.flush(new ConnectionFilter(null, 1, echo, any))).isOne();
        assertThat(lab.tracker.flush(new ConnectionFilter(null, 6, fromA, any))).isOne();
        assertThat(lab.tracker.flush(new ConnectionFilter(null, 0, any, toN))).isZero();
        assertThat(lab.only().original().sourcePort()).isEqualTo(3);
    }
}
