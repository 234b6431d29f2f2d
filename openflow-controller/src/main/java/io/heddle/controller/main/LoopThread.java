package io.heddle.controller.main;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The controller loop's one thread. What a task throws is logged, not lost, and the loop goes on. */
final class LoopThread extends ScheduledThreadPoolExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(LoopThread.class);

    LoopThread() {
        super(1, Thread.ofPlatform().name("heddle-controller").factory());
        // What comes after the end, the last words of closed connections for one, has nobody to do it for.
        setRejectedExecutionHandler(new DiscardPolicy());
        setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        setRemoveOnCancelPolicy(true);
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
        super.afterExecute(task, thrown);
        Throwable error = thrown;
        if (error == null && task instanceof Future<?> future && future.state() == Future.State.FAILED) {
            error = future.exceptionNow();
        }
        if (error != null) {
            LOG.error("a task of the controller loop failed", error);
        }
    }
}
