package io.heddle.flow.match;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.TunnelOptions.Option;
import io.heddle.flow.packet.Octets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TunnelOptionsTest {
    private static final Option SMALL = new Option(0x0102, 0x80, 4, 0);
    private static final Option LARGE = new Option(0x0108, 1, 8, 63);

    private static TunnelOptions table(Option... options) throws FlowException {
        return TunnelOptions.NONE.add(List.of(options));
    }

    private static void fails(ErrorCode code, String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(FlowException.class, e -> {
            assertThat(e.error().code()).isEqualTo(code);
            assertThat(e.error().toString()).contains(message);
        });
    }

    private static MemorySegment octets(String hex) {
        byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
        MemorySegment memory = Arena.ofAuto().allocate(octets.length);
        MemorySegment.copy(octets, 0, memory, ValueLayout.JAVA_BYTE, 0, octets.length);
        return memory;
    }

    @Test
    void shouldReadWhatIsMappedAndWriteItInTheOrderOfFields() throws FlowException {
        TunnelOptions table = table(LARGE, SMALL);
        MemorySegment wire = octets("0108 01 02 1122334455667788  ffff 07 01 00000000  0102 80 01 a0b0c0d0");
        long[] words = new long[KeyLayout.TUN_OPTION_WORDS];

        assertThat(table.decode(wire, 0, (int) wire.byteSize(), words)).isTrue();

        assertThat(words[0]).isEqualTo(1L << 63 | 1);
        assertThat(words[TunnelOptions.slot(0)]).isEqualTo(0xa0b0c0d0L);
        assertThat(words[TunnelOptions.slot(63)]).isEqualTo(0x1122334455667788L);
        assertThat(table.hasCritical(words[0])).isTrue();
        assertThat(table.encodedLength(words[0])).isEqualTo(20);
        MemorySegment out = Arena.ofAuto().allocate(20);
        assertThat(table.encode(words, out, 0)).isEqualTo(20);
        assertThat(Octets.u64(out, 0)).isEqualTo(0x01028001_a0b0c0d0L);
        assertThat(Octets.u32(out, 8)).isEqualTo(0x01080102L);
        assertThat(Octets.u64(out, 12)).isEqualTo(0x1122334455667788L);
    }

    @Test
    void shouldRefuseOptionsThatContradictThemselvesOrMustBeKnown() throws FlowException {
        TunnelOptions table = table(SMALL);
        long[] words = new long[KeyLayout.TUN_OPTION_WORDS];
        for (String hex : List.of(
                "0102 80 02 0011223344556677", "0102 80 01", "0102", "ffff 00 1f 00000000", "ffff 80 01 00000000")) {
            MemorySegment wire = octets(hex);
            assertThat(table.decode(wire, 0, (int) wire.byteSize(), words))
                    .as(hex)
                    .isFalse();
        }
    }

    @Test
    void shouldSayWhyAMappingCannotBe() throws FlowException {
        TunnelOptions table = table(SMALL);
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_BAD_FIELD_IDX,
                "64 is not in [0, 63]",
                () -> table.add(List.of(new Option(1, 1, 4, 64))));
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_BAD_OPT_LEN,
                "6 is not a multiple of 4",
                () -> table.add(List.of(new Option(1, 1, 6, 1))));
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_ALREADY_MAPPED,
                "tun_metadata0 is mapped",
                () -> table.add(List.of(new Option(1, 1, 4, 0))));
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_DUP_ENTRY,
                "mapped to tun_metadata0 already",
                () -> table.add(List.of(new Option(0x0102, 0x80, 4, 1))));
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_TABLE_FULL,
                "where tun_metadata0 is",
                () -> table.add(List.of(new Option(1, 1, 4, 12))));
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_TABLE_FULL,
                "room for options of 8 octets, not of 12",
                () -> table.add(List.of(new Option(1, 1, 12, 1))));
        fails(
                ErrorCode.TLV_TABLE_MOD_FAILED_INVALID_TLV_DEL,
                "a flow uses tun_metadata0",
                () -> table.clear(index -> index == 0));
        assertThat(table.delete(List.of(SMALL), index -> false)).isEqualTo(TunnelOptions.NONE);
        assertThat(table.delete(List.of(LARGE), index -> true)).isEqualTo(table);
    }

    @Test
    void shouldTellFieldsOfOneSlotApart() {
        Match match = Match.builder().exact(MatchField.TUN_METADATA12, 5).build();

        assertThat(match.has(MatchField.TUN_METADATA12)).isTrue();
        assertThat(match.has(MatchField.TUN_METADATA0)).isFalse();
        FlowKey key = new FlowKey().set(MatchField.TUN_METADATA0, 5);
        assertThat(match.matches(key)).isFalse();
        assertThat(key.getLong(MatchField.TUN_METADATA12)).isZero();
        assertThat(match.matches(new FlowKey().set(MatchField.TUN_METADATA12, 5)))
                .isTrue();
    }
}
