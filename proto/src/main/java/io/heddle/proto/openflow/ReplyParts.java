package io.heddle.proto.openflow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * A multipart reply as messages that are written one at a time, so that a long one needs no more memory than one message.
 *
 * <p>Thread safety: none.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.5</a>
 */
public final class ReplyParts {
    private final MultipartCodec codec;
    private final MultipartBody.Reply body;
    private final boolean more;
    private final ToIntFunction<ByteBuf> begin;
    private final Consumer<ByteBuf> finish;

    /** The message that is written; on the heap, where single octets are written fastest. */
    private final ByteBuf out = Unpooled.buffer(1024);

    private final List<Runnable> entries;
    private int index;
    private boolean isDone;

    ReplyParts(
            MultipartCodec codec,
            MultipartBody.Reply body,
            boolean more,
            ToIntFunction<ByteBuf> begin,
            Consumer<ByteBuf> finish) {
        this.codec = codec;
        this.body = body;
        this.more = more;
        this.begin = begin;
        this.finish = finish;
        this.entries = codec.entries(out, body);
    }

    /** Says whether there is a further message; a reply without entries has one. */
    public boolean hasNext() {
        return !isDone;
    }

    /**
     * Writes the next message.
     *
     * @return valid until the next call
     * @throws IllegalArgumentException if a single entry does not fit into a message
     */
    public ByteBuf next() {
        if (isDone) {
            throw new NoSuchElementException();
        }
        out.clear();
        int header = begin.applyAsInt(out);
        int first = codec.begin(out, body, false);
        boolean isFull = false;
        while (!isFull && index < entries.size()) {
            int before = out.writerIndex();
            entries.get(index).run();
            isFull = out.writerIndex() > OpenFlowCodec.MAX_OCTETS && before > first;
            if (isFull) {
                out.writerIndex(before);
            } else {
                index++;
            }
        }
        isDone = index == entries.size();
        if (more || !isDone) {
            MultipartCodec.markMore(out, header);
        }
        finish.accept(out);
        return out;
    }
}
