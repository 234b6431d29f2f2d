package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Reads a bounded part of a message; what lies beyond it is out of reach and its lack is one named error. */
final class Reader {
    private final ByteBuf in;
    private final int end;
    private final ErrorCode tooShort;
    private final String path;

    private Reader(ByteBuf in, int end, ErrorCode tooShort, String path) {
        this.in = in;
        this.end = end;
        this.tooShort = tooShort;
        this.path = path;
    }

    /** Reads what {@code in} holds. */
    static Reader of(ByteBuf in) {
        return new Reader(in, in.writerIndex(), ErrorCode.BAD_REQUEST_BAD_LEN, "");
    }

    /** The next {@code length} octets as a reader of their own; this one goes on after them once that one has been read or closed. */
    Reader sub(int length, ErrorCode code, String where) throws FlowException {
        if (length < 0 || length > remaining()) {
            throw new FlowException(
                    code, where, "says that it is " + length + " octets long, but " + remaining() + " are left");
        }
        return new Reader(in, in.readerIndex() + length, code, where);
    }

    /** Skips what has not been read. */
    void finish() {
        in.readerIndex(end);
    }

    int remaining() {
        return end - in.readerIndex();
    }

    int position() {
        return in.readerIndex();
    }

    void need(int octets) throws FlowException {
        if (remaining() < octets) {
            throw new FlowException(
                    tooShort,
                    path,
                    octets + " octets are needed, but " + remaining() + " are left: the length is wrong");
        }
    }

    /** The two octets that lie {@code ahead} of the position; they are there. */
    int peek16(int ahead) {
        return in.getUnsignedShort(in.readerIndex() + ahead);
    }

    int u8() throws FlowException {
        need(1);
        return in.readUnsignedByte();
    }

    int u16() throws FlowException {
        need(2);
        return in.readUnsignedShort();
    }

    int i32() throws FlowException {
        need(4);
        return in.readInt();
    }

    long i64() throws FlowException {
        need(8);
        return in.readLong();
    }

    long mac() throws FlowException {
        need(6);
        return (long) in.readUnsignedShort() << 32 | in.readUnsignedInt();
    }

    void skip(int octets) throws FlowException {
        need(octets);
        in.skipBytes(octets);
    }

    /** Skips padding that may be missing at the very end. */
    void pad(int octets) {
        in.skipBytes(Math.min(octets, remaining()));
    }

    Octets octets(int length) throws FlowException {
        need(length);
        byte[] octets = new byte[length];
        in.readBytes(octets);
        return Octets.of(octets);
    }

    Octets rest() throws FlowException {
        return octets(remaining());
    }

    /** A text in a field of {@code length} octets, ended by a zero. */
    String text(int length) throws FlowException {
        byte[] octets = octets(length).array();
        int count = 0;
        while (count < octets.length && octets[count] != 0) {
            count++;
        }
        return new String(octets, 0, count, StandardCharsets.UTF_8);
    }
}
