package io.heddle.datapath.bridge;

import io.heddle.datapath.poll.CommandQueue;
import io.heddle.datapath.poll.PollLoop;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Something that a poll loop is asked, and answers at once.
 *
 * <p>Threading: asked from any thread, answered on the loop.
 *
 * @param <T> the answer
 */
record PollQuestion<T>(Supplier<T> question, CompletableFuture<T> answer) implements CommandQueue.Answered {
    /** The answer fails with what the question throws, or with {@link SwitchStoppedException} if the loop ends before its turn. */
    static <T> CompletableFuture<T> ask(PollLoop loop, Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        loop.submit(new PollQuestion<>(question, answer));
        return answer;
    }

    @Override
    public void run() {
        try {
            answer.complete(question.get());
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    @Override
    public void refuse() {
        answer.completeExceptionally(new SwitchStoppedException());
    }
}
