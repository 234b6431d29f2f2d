package io.heddle.datapath.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.os.BpfAssembler.Size;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BpfAssemblerTest {
    @Test
    void shouldEncodeAsTheSpecificationSays() {
        assertThat(new BpfAssembler()
                        .load(Size.WORD, 2, 1, 16)
                        .setMap(1, 7)
                        .set(3, -1)
                        .call(51)
                        .exit()
                        .build())
                .containsExactly(
                        0x00000000_0010_12_61L,
                        0x00000007_0000_11_18L,
                        0,
                        0xffffffff_0000_03_b7L,
                        0x00000033_0000_00_85L,
                        0x00000000_0000_00_95L);
        assertThat(new BpfAssembler()
                        .load(Size.DOUBLE, 0, 10, -8)
                        .store(Size.HALF, 10, -2, 9)
                        .store(Size.OCTET, 10, -3, 9)
                        .move(6, 1)
                        .addTo(2, -40)
                        .build())
                .containsExactly(
                        0x00000000_fff8_a0_79L,
                        0x00000000_fffe_9a_6bL,
                        0x00000000_fffd_9a_73L,
                        0x00000000_0000_16_bfL,
                        0xffffffd8_0000_02_07L);
    }

    @Test
    void shouldJumpForwardAndBack() {
        assertThat(new BpfAssembler()
                        .label("again")
                        .jumpIfEqual(0, 1, "end")
                        .jumpIfNotEqual(0, 2, "again")
                        .jump("end")
                        .set(0, 9)
                        .label("end")
                        .exit()
                        .build())
                .startsWith(0x00000001_0003_00_15L, 0x00000002_fffe_00_55L, 0x00000000_0001_00_05L);
    }

    @Test
    void shouldRefuseLabelsThatAreMissingOrStandTwice() {
        assertThatThrownBy(() -> new BpfAssembler().jump("nowhere").build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("there is no label nowhere");
        assertThatThrownBy(() -> new BpfAssembler().label("here").label("here"))
                .hasMessage("label here stands in two places");
        BpfAssembler far = new BpfAssembler().jump("end");
        for (int i = 0; i < 40_000; i++) {
            far.set(0, i);
        }
        assertThatThrownBy(() -> far.label("end").exit().build()).hasMessageContaining("label end is too far away");
    }

    @Test
    @Tag("netns")
    void shouldBeTakenByTheKernelOrToldWhyNot() throws NativeException {
        long[] good = new BpfAssembler()
                .set(0, 1)
                .jumpIfEqual(0, 1, "end")
                .set(0, 2)
                .label("end")
                .exit()
                .build();
        try (BpfProgram program = BpfProgram.load("test", BpfProgram.Hook.XDP, good)) {
            assertThat(program.fd()).isPositive();
        }
        long[] bad = new BpfAssembler().move(0, 3).exit().build();
        assertThatThrownBy(() -> BpfProgram.load("test", BpfProgram.Hook.XDP, bad))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("test: BPF_PROG_LOAD: EACCES")
                .hasMessageContaining("the kernel refuses the program: R3 !read_ok");
    }
}
