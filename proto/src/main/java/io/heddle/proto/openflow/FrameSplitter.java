package io.heddle.proto.openflow;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts the stream into messages by the length in their headers, at most {@link OpenFlowCodec#MAX_OCTETS} each. A header whose length
 * cannot be right is passed on alone, and nothing after it: where the next message begins is not known then.
 */
public final class FrameSplitter extends ByteToMessageDecoder {
    private boolean isLost;

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (isLost) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() < OpenFlowCodec.HEADER_OCTETS) {
            return;
        }
        int length = in.getUnsignedShort(in.readerIndex() + 2);
        if (length < OpenFlowCodec.HEADER_OCTETS) {
            isLost = true;
            out.add(in.readRetainedSlice(OpenFlowCodec.HEADER_OCTETS));
        } else if (in.readableBytes() >= length) {
            out.add(in.readRetainedSlice(length));
        }
    }
}
