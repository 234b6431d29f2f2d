package io.heddle.datapath.agent.openflow;

import io.heddle.proto.openflow.MultipartBody;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * The answer to a multipart request, in pieces of which each is made when it is its turn: one at least.
 *
 * <p>Threading: made on the control loop, taken apart on the session's event loop.
 */
record Answer(Iterator<MultipartBody.Reply> pieces) {
    private static final int ENTRIES = 512;

    static Answer of(MultipartBody.Reply reply) {
        return new Answer(List.of(reply).iterator());
    }

    /** An answer with many entries. */
    static <T> Answer of(List<T> entries, Function<List<T>, MultipartBody.Reply> reply) {
        return new Answer(new Iterator<>() {
            private int next;
            private boolean isBegun;

            @Override
            public boolean hasNext() {
                return !isBegun || next < entries.size();
            }

            @Override
            public MultipartBody.Reply next() {
                isBegun = true;
                int from = next;
                next = Math.min(entries.size(), from + ENTRIES);
                return reply.apply(entries.subList(from, next));
            }
        });
    }

    /** The same answer, each piece in a form of its own. */
    Answer as(Function<MultipartBody.Reply, MultipartBody.Reply> form) {
        return new Answer(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return pieces.hasNext();
            }

            @Override
            public MultipartBody.Reply next() {
                return form.apply(pieces.next());
            }
        });
    }
}
