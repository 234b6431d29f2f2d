package io.heddle.flow.match;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.ArpView;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketEditor;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.RandomFrames;
import io.heddle.flow.packet.TestFrame;
import io.heddle.flow.packet.UdpView;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeaderRewriterTest {
    private static final List<MatchField> FIELDS = Arrays.stream(MatchField.values())
            .filter(field -> field.isWritable() && field.word() >= 1 && field.word() <= 17)
            .toList();

    /** Writing these may change what the message is: only the checksums are compared. */
    private static final Set<MatchField> RETYPING = EnumSet.of(
            MatchField.ICMPV6_TYPE,
            MatchField.ICMPV6_CODE,
            MatchField.ND_OPTIONS_TYPE,
            MatchField.ND_SLL,
            MatchField.ND_TLL);

    private static final long[] ALL_BITS = new long[KeyLayout.WORDS];

    static {
        Arrays.fill(ALL_BITS, -1L);
    }

    private final HeaderRewriter rewriter = new HeaderRewriter();

    @Test
    void shouldChangeExactlyTheBitsAskedForAndKeepChecksumsRight() {
        Random random = new Random(5);
        FlowKey before = new FlowKey();
        FlowKey after = new FlowKey();
        int rewritten = 0;
        for (int i = 0; i < 200_000; i++) {
            TestFrame frame = new TestFrame(RandomFrames.next(random));
            long layers = withRightChecksums(frame, random);
            FlowKeyExtractor.extract(frame.memory(), frame.offset(), frame.length(), before);
            MatchField field = FIELDS.get(random.nextInt(FIELDS.size()));
            if (field == MatchField.ARP_OP && PacketLayers.isIp(layers)) {
                // The same bits are ip_proto's: the pipeline looks at the type before it writes either.
                continue;
            }
            Bits mask = field.isMaskable() && random.nextBoolean()
                    ? new Bits(random.nextLong(), random.nextLong()).and(field.allOnes())
                    : field.allOnes();
            Bits value = new Bits(random.nextLong(), random.nextLong()).and(mask);
            Match rewrite = Match.builder().masked(field, value, mask).build();

            rewriter.rewrite(rewrite, frame.memory(), frame.offset(), frame.length(), -1);

            FlowKeyExtractor.extract(frame.memory(), frame.offset(), frame.length(), after);
            assertThat(frame.isTailUntouched()).isTrue();
            assertChecksums(frame, layers, field);
            if (RETYPING.contains(field) || !field.prerequisite().isMetBy(before.words(), ALL_BITS)) {
                continue;
            }
            if (isPresent(field, frame, layers, before)) {
                field.write(before.words(), expected(field, before, value, mask));
                rewritten++;
            }
            assertThat(after).as("%s of %s", field, frame.hex()).isEqualTo(before);
        }
        assertThat(rewritten).isGreaterThan(20_000);
    }

    private static Bits expected(MatchField field, FlowKey before, Bits value, Bits mask) {
        Bits written = before.get(field).and(mask.not()).or(value);
        return field == MatchField.VLAN_TCI || field == MatchField.VLAN_VID
                ? written.or(Bits.of(KeyLayout.VLAN_PRESENT))
                : written;
    }

    private static long withRightChecksums(TestFrame frame, Random random) {
        long layers = PacketLayers.parse(frame.memory(), frame.offset(), frame.length());
        if (PacketLayers.isIpv4(layers)) {
            long l3 = frame.offset() + PacketLayers.l3(layers);
            Ipv4View.setChecksum(frame.memory(), l3, Checksums.ipv4Header(frame.memory(), l3));
        }
        Checksums.writeL4(frame.memory(), frame.offset(), layers);
        if (PacketLayers.hasL4Header(layers)
                && PacketLayers.protocol(layers) == IpProtocols.UDP
                && random.nextInt(4) == 0) {
            UdpView.setChecksum(frame.memory(), frame.offset() + PacketLayers.l4(layers), 0);
        }
        return layers;
    }

    private static void assertChecksums(TestFrame frame, long layers, MatchField field) {
        if (PacketLayers.isIpv4(layers)) {
            assertThat(Checksums.isIpv4HeaderValid(frame.memory(), frame.offset() + PacketLayers.l3(layers)))
                    .as("IPv4 header checksum after %s of %s", field, frame.hex())
                    .isTrue();
        }
        boolean isRouted = field == MatchField.IPV6_DST
                && PacketLayers.isIpv6(layers)
                && io.heddle.flow.packet.Ipv6View.hasPendingRouting(
                        frame.memory(), frame.offset() + PacketLayers.l3(layers));
        if (!isRouted) {
            assertThat(Checksums.isL4Valid(frame.memory(), frame.offset(), layers))
                    .as("L4 checksum after %s of %s", field, frame.hex())
                    .isTrue();
        }
    }

    private static boolean isPresent(MatchField field, TestFrame frame, long layers, FlowKey key) {
        if (layers == 0) {
            return false;
        }
        return switch (field) {
            case ETH_DST, ETH_SRC -> true;
            case VLAN_TCI, VLAN_VID, VLAN_PCP -> key.word(KeyLayout.W_VLAN) != 0;
            case MPLS_LABEL, MPLS_TC, MPLS_TTL -> frame.length() >= PacketLayers.l3(layers) + 4;
            case PBB_ISID, PBB_UCA -> frame.length() >= PacketLayers.l3(layers) + 4;
            case ARP_OP ->
                isArp(frame, layers)
                        && ArpView.operation(frame.memory(), frame.offset() + PacketLayers.l3(layers)) < 256;
            case ARP_SPA, ARP_TPA, ARP_SHA, ARP_THA -> isArp(frame, layers);
            case NW_SRC, NW_DST, IPV6_SRC, IPV6_DST -> PacketLayers.isIp(layers);
            case NW_TOS, NW_ECN, IP_DSCP, NW_TTL, IPV6_LABEL -> PacketLayers.isL4Known(layers);
            case ND_TARGET -> isNeighbourDiscovery(layers, key) && !isRepeatedOption(key);
            case ND_RESERVED -> isNeighbourDiscovery(layers, key);
            default -> PacketLayers.hasL4Header(layers);
        };
    }

    private static boolean isNeighbourDiscovery(long layers, FlowKey key) {
        return PacketLayers.l4Length(layers) >= 24 && key.getLong(MatchField.ICMPV6_CODE) == 0;
    }

    /** A neighbour discovery message with a repeated option has no target in its key. */
    private static boolean isRepeatedOption(FlowKey key) {
        return key.get(MatchField.ND_TARGET).isZero();
    }

    private static boolean isArp(TestFrame frame, long layers) {
        int l3 = PacketLayers.l3(layers);
        return ArpView.check(frame.memory(), frame.offset() + l3, frame.length() - l3);
    }

    @Test
    void shouldUpdateOnlyThePseudoHeaderPartOfAPartialChecksum() {
        TestFrame frame = udp("0000");
        long layers = PacketLayers.parse(frame.memory(), frame.offset(), frame.length());
        long l4 = frame.offset() + PacketLayers.l4(layers);
        UdpView.setChecksum(frame.memory(), l4, Checksums.pseudo(frame.memory(), frame.offset(), layers));
        Match rewrite = Match.builder()
                .exact(MatchField.ETH_TYPE, 0x0800)
                .exact(MatchField.NW_SRC, 0xc0a80105L)
                .exact(MatchField.NW_DST, 0x01020304L)
                .exact(MatchField.NW_TTL, 1)
                .exact(MatchField.UDP_SRC, 7)
                .build();

        rewriter.rewrite(rewrite, frame.memory(), frame.offset(), frame.length(), PacketLayers.l4(layers));

        assertThat(UdpView.checksum(frame.memory(), l4))
                .isEqualTo(Checksums.pseudo(frame.memory(), frame.offset(), layers));
        Checksums.complete(
                frame.memory(), frame.offset(), frame.length(), PacketLayers.l4(layers), UdpView.CHECKSUM_OFFSET);
        assertThat(Checksums.isL4Valid(frame.memory(), frame.offset(), layers)).isTrue();
        assertThat(UdpView.src(frame.memory(), l4)).isEqualTo(7);
    }

    @Test
    void shouldReachFieldsBehindTagsThatWerePushed() {
        TestFrame frame = udp("0000");
        PacketEditor.pushVlan(frame, 0x8100, 5);
        PacketEditor.pushVlan(frame, 0x88a8, 6);
        Match rewrite = Match.builder()
                .exact(MatchField.NW_DST, 0x01020304L)
                .exact(MatchField.VLAN_VID, 0x1007)
                .build();

        rewriter.rewrite(rewrite, frame.memory(), frame.offset(), frame.length(), -1);

        assertThat(frame.hex()).startsWith("020000000002020000000001" + "88a80007" + "81000005" + "0800" + "4500");
        assertThat(Ipv4View.dst(frame.memory(), frame.offset() + 22)).isEqualTo(0x01020304);
        assertThat(Checksums.isIpv4HeaderValid(frame.memory(), frame.offset() + 22))
                .isTrue();
    }

    @Test
    void shouldKeepAbsentUdpChecksumAbsent() {
        TestFrame frame = udp("0000");
        rewriter.rewrite(
                Match.builder()
                        .exact(MatchField.NW_SRC, 1)
                        .exact(MatchField.UDP_DST, 9)
                        .build(),
                frame.memory(),
                frame.offset(),
                frame.length(),
                -1);

        assertThat(UdpView.checksum(frame.memory(), frame.offset() + 34)).isZero();
        assertThat(UdpView.dst(frame.memory(), frame.offset() + 34)).isEqualTo(9);
    }

    @Test
    void shouldKeepWrongChecksumWrong() {
        TestFrame frame = udp("1234");
        long layers = PacketLayers.parse(frame.memory(), frame.offset(), frame.length());
        rewriter.rewrite(
                Match.builder()
                        .exact(MatchField.NW_SRC, 1)
                        .exact(MatchField.UDP_DST, 9)
                        .build(),
                frame.memory(),
                frame.offset(),
                frame.length(),
                -1);

        assertThat(Checksums.isL4Valid(frame.memory(), frame.offset(), layers)).isFalse();
    }

    @Test
    void shouldWriteWholeLabelStackButNeverItsBottomBit() {
        TestFrame frame =
                TestFrame.ofHex("020000000002020000000001" + "8847" + "00001040" + "00002040" + "00003140" + "45");
        FlowKey value = new FlowKey();
        FlowMask mask = new FlowMask();
        value.word(KeyLayout.W_MPLS, 0xaaaaa1ff_bbbbb1feL);
        value.word(KeyLayout.W_MPLS2_PBB, 0xccccc0fdL << 32);
        mask.word(KeyLayout.W_MPLS);
        mask.addWord(KeyLayout.W_MPLS, -1L);
        mask.addWord(KeyLayout.W_MPLS2_PBB, 0xffffffffL << 32);

        rewriter.rewrite(Match.of(value, mask), frame.memory(), frame.offset(), frame.length(), -1);

        assertThat(frame.hex()).isEqualTo("0200000000020200000000018847" + "aaaaa0ff" + "bbbbb0fe" + "ccccc1fd" + "45");
    }

    @Test
    void shouldWriteTheBottomBitOnItsOwn() {
        TestFrame frame = TestFrame.ofHex("020000000002020000000001" + "8847" + "00001140" + "45");
        rewrite(frame, MatchField.MPLS_BOS, 0);
        assertThat(frame.hex()).isEqualTo("020000000002020000000001" + "8847" + "00001040" + "45");
    }

    @Test
    void shouldWriteTheEthernetTypeBehindTags() {
        TestFrame frame = udp("0000");
        PacketEditor.pushVlan(frame, 0x8100, 5);
        rewrite(frame, MatchField.ETH_TYPE, 0x8848);
        assertThat(frame.hex()).startsWith("020000000002020000000001" + "81000005" + "8848" + "4500");
    }

    @Test
    void shouldWriteTheProtocolAndKeepTheChecksumsThatCoverIt() {
        Random random = new Random(7);
        FlowKey key = new FlowKey();
        int gre = 47;
        int written = 0;
        for (int i = 0; i < 100_000; i++) {
            TestFrame frame = new TestFrame(RandomFrames.next(random));
            long layers = withRightChecksums(frame, random);
            boolean isKnown = PacketLayers.isL4Known(layers) && PacketLayers.fragment(layers) == 0;
            boolean isTcp = PacketLayers.protocol(layers) == IpProtocols.TCP && PacketLayers.hasL4Header(layers);
            long checksum = frame.offset() + PacketLayers.l4(layers) + 16;
            int before = isTcp ? Octets.u16(frame.memory(), checksum) : 0;
            rewrite(frame, MatchField.NW_PROTO, gre);
            assertThat(frame.isTailUntouched()).isTrue();
            if (!isKnown || !isTcp) {
                continue;
            }
            assertThat(Octets.u16(frame.memory(), checksum))
                    .isEqualTo(Checksums.update16(before, IpProtocols.TCP, gre));
            FlowKeyExtractor.extract(frame.memory(), frame.offset(), frame.length(), key);
            assertThat(key.getLong(MatchField.NW_PROTO)).as(frame.hex()).isEqualTo(gre);
            rewrite(frame, MatchField.NW_PROTO, IpProtocols.TCP);
            assertThat(PacketLayers.parse(frame.memory(), frame.offset(), frame.length()))
                    .isEqualTo(layers);
            written++;
        }
        assertThat(written).isGreaterThan(1000);
    }

    private void rewrite(TestFrame frame, MatchField field, long value) {
        rewriter.rewrite(
                Match.builder().exact(field, value).build(), frame.memory(), frame.offset(), frame.length(), -1);
    }

    @Test
    void shouldNotThrowForAnyFrameAndAnyRewrite() {
        Random random = new Random(6);
        FlowKey value = new FlowKey();
        FlowMask mask = new FlowMask();
        for (int i = 0; i < 50_000; i++) {
            byte[] octets = RandomFrames.next(random);
            MemorySegment exact = MemorySegment.ofArray(octets.clone());
            for (int word = 0; word < KeyLayout.WORDS; word++) {
                value.word(word, random.nextLong());
                mask.words()[word] = random.nextLong();
            }
            rewriter.rewrite(Match.of(value, mask), exact, 0, octets.length, random.nextInt(-1, 60));
            assertThat(exact.byteSize()).isEqualTo(octets.length);
            if (octets.length >= 14) {
                assertThat(Octets.u48(exact, 0) & ~(mask.word(1) >>> 16))
                        .isEqualTo(Octets.u48(MemorySegment.ofArray(octets), 0) & ~(mask.word(1) >>> 16));
            }
        }
    }

    private static TestFrame udp(String checksum) {
        TestFrame frame = TestFrame.ofHex("0200000000020200000000010800" + "45000020000000004011" + "0000"
                + "0a0000010a000002" + "00350036000c" + checksum + "01020304");
        Ipv4View.setChecksum(
                frame.memory(), frame.offset() + 14, Checksums.ipv4Header(frame.memory(), frame.offset() + 14));
        return frame;
    }
}
