package io.heddle.proto.fuzz;

import com.google.protobuf.InvalidProtocolBufferException;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.packet.NshView;
import io.heddle.flow.packet.PacketPrinter;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.GroupMapping;
import io.heddle.proto.mapping.MeterMapping;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.mapping.UpdateMapping;
import io.heddle.proto.openflow.Extensions;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.Group;
import io.heddle.proto.v1.Meter;
import io.heddle.proto.v1.Update;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What reads octets that others have made. A target refuses them with its one error type, which is caught here; whatever else it throws is
 * a bug, and so is what it does not read again as it has written it.
 */
enum FuzzTarget {
    /** The first octet is the version and says which extensions were asked for; the length in the header is made right. */
    CODEC {
        @Override
        void run(byte[] input) {
            if (input.length < OpenFlowCodec.HEADER_OCTETS || input.length > OpenFlowCodec.MAX_OCTETS) {
                return;
            }
            byte[] octets = input.clone();
            int which = Byte.toUnsignedInt(octets[0]);
            OpenFlowVersion version = OpenFlowVersion.ofWire(1 + which % 6).orElseThrow();
            OpenFlowCodec codec = OpenFlowCodec.of(version);
            if (version == OpenFlowVersion.OPENFLOW_10) {
                codec = codec.with(new Extensions((which & 0x20) != 0, (which & 0x40) != 0, which >>> 7 & 1));
            }
            octets[0] = (byte) version.wire();
            octets[2] = (byte) (octets.length >> 8);
            octets[3] = (byte) octets.length;
            Frame frame;
            try {
                frame = codec.decode(Unpooled.wrappedBuffer(octets));
            } catch (FlowException e) {
                return;
            }
            writeAndReadAgain(codec, frame);
        }
    },

    /** The first character says what is read. */
    TEXT {
        @Override
        void run(byte[] input) {
            if (input.length == 0) {
                return;
            }
            String text = new String(input, 1, input.length - 1, StandardCharsets.UTF_8);
            try {
                switch (input[0] % 5) {
                    case 0 -> FORMATTER.flow(PARSER.flow(FlowMod.Command.ADD, text));
                    case 1 -> FORMATTER.group(PARSER.group(GroupMod.Command.ADD, text));
                    case 2 -> FORMATTER.meter(PARSER.meter(MeterMod.Command.ADD, text));
                    case 3 -> FORMATTER.match(PARSER.match(text));
                    default -> FORMATTER.key(PARSER.key(text));
                }
            } catch (FlowException e) {
                return;
            }
        }
    },

    PACKET {
        @Override
        void run(byte[] input) {
            MemorySegment frame = exactly(input, 0);
            FlowKeyExtractor.extract(frame, 0, input.length, new FlowKey());
            PacketPrinter.print(frame, 0, input.length);
        }
    },

    /** Frames of 64 octets and more, one after the other, each behind an octet with its length. */
    CONNTRACK {
        @Override
        void run(byte[] input) {
            track(input, null);
        }
    },

    /** As {@link #CONNTRACK}, read as FTP's or TFTP's. */
    ALG {
        @Override
        void run(byte[] input) {
            track(input, input.length > 0 && input[0] < 0 ? Alg.TFTP : Alg.FTP);
        }
    },

    NSH {
        @Override
        void run(byte[] input) {
            MemorySegment header = exactly(input, 0);
            if (NshView.check(header, 0, input.length)) {
                NshView.setPath(header, 0, NshView.path(header, 0));
                NshView.setTtl(header, 0, NshView.ttl(header, 0));
                NshView.setFlags(header, 0, NshView.flags(header, 0));
                if (!Arrays.equals(header.toArray(ValueLayout.JAVA_BYTE), input)) {
                    throw new IllegalStateException("written as it was read, a header is another one");
                }
            }
        }
    },

    /** The first octet says which message of {@code heddle.v1} it is. */
    GRPC {
        @Override
        void run(byte[] input) {
            if (input.length == 0) {
                return;
            }
            byte[] message = Arrays.copyOfRange(input, 1, input.length);
            try {
                switch (input[0] & 3) {
                    case 0 -> FlowMapping.toModel(FlowMod.Command.ADD, Flow.parseFrom(message), TEXTS);
                    case 1 -> GroupMapping.toModel(GroupMod.Command.ADD, Group.parseFrom(message), TEXTS);
                    case 2 -> MeterMapping.toModel(MeterMod.Command.ADD, Meter.parseFrom(message), TEXTS);
                    default -> UpdateMapping.toModel(Update.parseFrom(message), TEXTS);
                }
            } catch (FlowException | InvalidProtocolBufferException e) {
                return;
            }
        }
    };

    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);
    private static final TextForms TEXTS = new TextForms(PortNames.NONE);

    /** @throws RuntimeException when there is a bug */
    abstract void run(byte[] input);

    private static void writeAndReadAgain(OpenFlowCodec codec, Frame frame) {
        ByteBuf out = Unpooled.buffer();
        try {
            codec.encode(out, frame.xid(), frame.message());
        } catch (IllegalArgumentException e) {
            // Written in full it is longer than a message may be, or it is one that this side never writes.
            if (out.isReadable()) {
                throw new IllegalStateException("something was written of a message that cannot be", e);
            }
            return;
        }
        try {
            codec.decode(out);
        } catch (FlowException e) {
            throw new IllegalStateException("refuses what it has written: " + frame, e);
        }
    }

    /** The octets in memory that has no octet more, so that any read behind them is an error. */
    private static MemorySegment exactly(byte[] octets, int room) {
        return MemorySegment.ofArray(Arrays.copyOf(octets, octets.length + room));
    }

    private static void track(byte[] input, @Nullable Alg alg) {
        ConnectionTracker tracker = new ConnectionTracker(7);
        long[] words = new long[ConnectionTracker.PACKET_WORDS];
        NatSpec nat = input.length > 0 && (input[0] & 1) != 0 ? NatSpec.EXISTING : null;
        long nowNs = 1;
        for (int at = 0; at < input.length; ) {
            int length = Math.min(64 + Byte.toUnsignedInt(input[at++]), input.length - at);
            MemorySegment frame = exactly(Arrays.copyOfRange(input, at, at + length), ConnectionTracker.MOST_GROWTH);
            boolean isCommit = at % 3 != 0;
            TrackRequest request =
                    new TrackRequest(at & 1, isCommit, false, 0, 0, Bits.ZERO, Bits.ZERO, isCommit ? alg : null, nat);
            tracker.track(
                    request, frame, 0, length, ConnectionTracker.MOST_GROWTH, false, false, false, words, nowNs++);
            at += length;
        }
    }
}
