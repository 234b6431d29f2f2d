package io.heddle.datapath.agent.grpc;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * Runs tasks one after the other, in the order in which they were given, on the threads of another executor.
 *
 * <p>Whoever gives tasks bounds their number.
 */
final class SerialExecutor implements Executor {
    private final Executor executor;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    SerialExecutor(Executor executor) {
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        executor.execute(this::run);
    }

    private void run() {
        while (true) {
            Runnable task;
            synchronized (tasks) {
                task = tasks.poll();
                if (task == null) {
                    running = false;
                    return;
                }
            }
            try {
                task.run();
            } catch (RuntimeException | StackOverflowError e) {
                // A task handles what it expects; whatever else happens, those behind it must be run.
                Failures.status(e);
            } catch (Error e) {
                // This thread may end with it; those behind the task are run by another turn.
                executor.execute(this::run);
                throw e;
            }
        }
    }
}
