package io.heddle.flow.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketEditorTest {
    private static final String ADDRESSES = "020000000002020000000001";
    private static final String IP = "4500001c000000004011" + "0000" + "0a0000010a000002" + "0001000200080000";

    @Test
    void shouldPushVlanAsOutermostTagWithoutDropEligibleBit() {
        TestFrame frame = TestFrame.ofHex(ADDRESSES + "8100" + "0005" + "0800" + IP);

        assertThat(PacketEditor.pushVlan(frame, 0x88a8, 0x7064)).isTrue();

        assertThat(frame.hex()).isEqualTo(ADDRESSES + "88a8" + "6064" + "8100" + "0005" + "0800" + IP);
    }

    @Test
    void shouldPopOnlyTheOutermostTag() {
        TestFrame frame = TestFrame.ofHex(ADDRESSES + "88a8" + "6064" + "8100" + "0005" + "0800" + IP);

        PacketEditor.popVlan(frame);
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "8100" + "0005" + "0800" + IP);
        PacketEditor.popVlan(frame);
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "0800" + IP);
        PacketEditor.popVlan(frame);
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "0800" + IP);
    }

    @Test
    void shouldPushMplsAfterVlanTagAndBeforeOtherEntries() {
        TestFrame frame = TestFrame.ofHex(ADDRESSES + "8100" + "0005" + "0800" + IP);

        assertThat(PacketEditor.pushMpls(frame, 0x8847, 0x00064140)).isTrue();
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "8100" + "0005" + "8847" + "00064140" + IP);
        assertThat(PacketEditor.pushMpls(frame, 0x8848, 0x000c8040)).isTrue();
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "8100" + "0005" + "8848" + "000c8040" + "00064140" + IP);

        PacketEditor.popMpls(frame, 0x8847);
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "8100" + "0005" + "8847" + "00064140" + IP);
        PacketEditor.popMpls(frame, 0x0800);
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "8100" + "0005" + "0800" + IP);
    }

    @Test
    void shouldWrapAndUnwrapBackboneFrame() {
        TestFrame frame = TestFrame.ofHex(ADDRESSES + "8100" + "0005" + "0800" + IP);

        assertThat(PacketEditor.pushPbb(frame, 0x88e7, 0x00123456)).isTrue();
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "88e7" + "00123456" + ADDRESSES + "8100" + "0005" + "0800" + IP);

        PacketEditor.popPbb(frame);
        assertThat(frame.hex()).isEqualTo(ADDRESSES + "8100" + "0005" + "0800" + IP);
    }

    @Test
    void shouldLeaveFrameAloneWhenThereIsNoRoom() {
        TestFrame frame = TestFrame.ofHex(ADDRESSES + "0800" + IP);
        for (int i = 0; i < 16; i++) {
            assertThat(PacketEditor.pushVlan(frame, 0x8100, i)).isTrue();
        }
        String full = frame.hex();

        assertThat(PacketEditor.pushVlan(frame, 0x8100, 99)).isFalse();
        assertThat(PacketEditor.pushMpls(frame, 0x8847, 99)).isFalse();
        assertThat(PacketEditor.pushPbb(frame, 0x88e7, 99)).isFalse();
        assertThat(frame.hex()).isEqualTo(full);
    }

    @Test
    void shouldUndoEveryPushOnAnyFrame() {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            byte[] octets = RandomFrames.next(random);
            TestFrame frame = new TestFrame(octets);
            String before = frame.hex();
            long layers = PacketLayers.parse(frame.memory(), frame.offset(), frame.length());
            switch (random.nextInt(3)) {
                case 0 -> {
                    if (PacketEditor.pushVlan(frame, 0x88a8, random.nextInt(0x10000))) {
                        PacketEditor.popVlan(frame);
                    }
                }
                case 1 -> {
                    if (PacketEditor.pushMpls(frame, 0x8847, random.nextInt())) {
                        PacketEditor.popMpls(
                                frame, Octets.u16(MemorySegment.ofArray(octets), PacketLayers.l3(layers) - 2L));
                    }
                }
                default -> {
                    if (PacketEditor.pushPbb(frame, 0x88e7, random.nextInt())) {
                        PacketEditor.popPbb(frame);
                    }
                }
            }
            assertThat(frame.hex()).isEqualTo(before);
            assertThat(frame.isTailUntouched()).isTrue();
        }
    }

    @Test
    void shouldPopAnythingWithoutTouchingOtherMemory() {
        Random random = new Random(4);
        for (int i = 0; i < 50_000; i++) {
            byte[] octets = RandomFrames.next(random);
            TestFrame frame = new TestFrame(octets);
            switch (random.nextInt(3)) {
                case 0 -> PacketEditor.popVlan(frame);
                case 1 -> PacketEditor.popMpls(frame, 0x0800);
                default -> PacketEditor.popPbb(frame);
            }
            assertThat(frame.length()).isBetween(0, octets.length);
            assertThat(frame.isTailUntouched()).isTrue();
        }
    }
}
