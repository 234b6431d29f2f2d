package io.heddle.datapath.bridge;

import io.heddle.datapath.poll.CommandQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A command to a poll loop whose end is waited for. It is run by the loop, or cancelled by who waits, or refused: never two of these.
 *
 * <p>Threading: the poll loop runs it, the control loop waits.
 */
final class LoopCall implements CommandQueue.Answered {
    private final Runnable command;
    private final AtomicBoolean isTaken = new AtomicBoolean();
    private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();

    LoopCall(Runnable command) {
        this.command = command;
    }

    @Override
    public void run() {
        if (isTaken.compareAndSet(false, true)) {
            Throwable failure = new IllegalStateException("the poll loop ended in the middle of a command");
            try {
                command.run();
                failure = null;
            } catch (RuntimeException e) {
                failure = e;
            } finally {
                finish(failure);
            }
        }
    }

    private void finish(@Nullable Throwable failure) {
        if (failure == null) {
            done.complete(null);
        } else {
            done.completeExceptionally(failure);
        }
    }

    @Override
    public void refuse() {
        isTaken.set(true);
        done.completeExceptionally(new SwitchStoppedException());
    }

    /** Makes it so that it is not run any more; false when it is run, was run or was refused. */
    boolean cancel() {
        return isTaken.compareAndSet(false, true);
    }

    /** Hears when it is done, with what it threw; at once if it is. */
    void whenDone(BiConsumer<? super @Nullable Void, ? super @Nullable Throwable> listener) {
        var _ = done.whenComplete(listener);
    }

    /**
     * Waits until it is done, and throws what it threw.
     *
     * @return false if it is not done after that time
     */
    boolean await(long timeoutMs) {
        try {
            done.get(timeoutMs, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
