package io.heddle.datapath.agent.openflow;

import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.ReplyParts;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Sends answers to multipart requests as the client reads them: what is in the channel's buffer is what its high water mark allows and a
 * message.
 *
 * <p>Threading: the session's event loop.
 */
final class AnswerSender {
    /** An answer that is being sent. */
    private static final class Sending {
        final int xid;
        final Answer answer;
        final Runnable then;

        @Nullable
        ReplyParts parts;

        Sending(int xid, Answer answer, Runnable then) {
            this.xid = xid;
            this.answer = answer;
            this.then = then;
        }
    }

    private final Session session;
    private final Queue<Sending> answers = new ArrayDeque<>();
    private boolean isDraining;

    AnswerSender(Session session) {
        this.session = session;
    }

    /** Sends an answer behind those that were added before; {@code then} runs when all of it is with the channel. */
    void add(int xid, Answer answer, Runnable then) {
        answers.add(new Sending(xid, answer, then));
        drain();
    }

    /** Sends what waits while the client reads it. What is written may make the channel call this again: the first call goes on then. */
    void drain() {
        if (isDraining || answers.isEmpty()) {
            return;
        }
        isDraining = true;
        try {
            do {
                sendWhileWritable();
                session.flush();
            } while (session.isWritable() && !answers.isEmpty());
        } finally {
            isDraining = false;
        }
    }

    private void sendWhileWritable() {
        for (Sending sending = answers.peek(); sending != null && session.isWritable(); sending = answers.peek()) {
            if (!send(sending)) {
                answers.remove(sending);
                sending.then.run();
            }
        }
    }

    /** Sends one message; false when there is no further one. */
    private boolean send(Sending sending) {
        try {
            ReplyParts parts = sending.parts;
            if (parts == null || !parts.hasNext()) {
                if (!sending.answer.pieces().hasNext()) {
                    return false;
                }
                MultipartBody.Reply piece = sending.answer.pieces().next();
                parts = session.parts(
                        sending.xid, piece, sending.answer.pieces().hasNext());
                sending.parts = parts;
            }
            session.write(parts.next());
            return true;
        } catch (IllegalArgumentException e) {
            session.refuse(sending.xid, e);
            return false;
        }
    }

    void close() {
        answers.clear();
    }
}
