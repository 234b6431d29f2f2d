package io.heddle.datapath.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one writer: runs commands in the order of their submission, and what is due.
 *
 * <p>Threading: {@link #submit} and {@link #wakeUp} from any thread, the rest on the loop's. {@link #doWork} runs one turn on whatever
 * thread calls it, so that a test drives it by hand.
 */
public final class ControlLoop {
    private static final int MAX_COMMANDS_PER_TURN = 1024;
    private static final long MAX_SLEEP_NS = 100_000_000;
    private static final long WATCHFUL_SLEEP_NS = 20_000;

    /** Something that is done again and again. */
    public interface Task {
        /**
         * Does what there is to do.
         *
         * @return how much was done, 0 for nothing
         */
        int doWork(long nowNs);

        /** Says whether something is being waited for that nobody signals, so that the loop is to look often. */
        default boolean isWatchful() {
            return false;
        }
    }

    private final LongSupplier clock;
    private final Consumer<Throwable> onException;
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final List<Task> tasks = new ArrayList<>();
    private volatile @Nullable Thread thread;
    private volatile boolean isStopped;
    private volatile boolean isSignalled;
    private long nowNs;

    /**
     * @param clock monotonic time in nanoseconds
     * @param onException told of exceptions of commands and tasks, which are bugs
     */
    public ControlLoop(LongSupplier clock, Consumer<Throwable> onException) {
        this.clock = clock;
        this.onException = onException;
        this.nowNs = clock.getAsLong();
    }

    /** Adds a task. Before the loop runs, or on it. */
    public void add(Task task) {
        tasks.add(task);
    }

    /** Has a command run. Any thread. */
    public void submit(Runnable command) {
        commands.add(command);
        wakeUp();
    }

    /** Makes the loop look at once. Any thread. */
    public void wakeUp() {
        if (!isSignalled) {
            isSignalled = true;
            LockSupport.unpark(thread);
        }
    }

    /** Time of this turn, monotonic, in nanoseconds. */
    public long nowNs() {
        return nowNs;
    }

    /** Says whether the caller is the loop's thread, or the loop has none. */
    public boolean isInside() {
        Thread owner = thread;
        return owner == null || owner.equals(Thread.currentThread());
    }

    /** One turn; returns how much was done. */
    public int doWork(long nowNs) {
        this.nowNs = nowNs;
        int work = 0;
        while (work < MAX_COMMANDS_PER_TURN) {
            Runnable command = commands.poll();
            if (command == null) {
                break;
            }
            work++;
            guard(command);
        }
        for (int i = 0; i < tasks.size(); i++) {
            Task task = tasks.get(i);
            try {
                work += task.doWork(nowNs);
            } catch (RuntimeException e) {
                onException.accept(e);
            }
        }
        return work;
    }

    private void guard(Runnable command) {
        try {
            command.run();
        } catch (RuntimeException e) {
            onException.accept(e);
        }
    }

    /** Works until {@link #stop}. */
    public void run() {
        thread = Thread.currentThread();
        while (!isStopped) {
            isSignalled = false;
            if (doWork(clock.getAsLong()) == 0 && !isSignalled && !isStopped) {
                boolean isWatchful = tasks.stream().anyMatch(Task::isWatchful);
                LockSupport.parkNanos(this, isWatchful ? WATCHFUL_SLEEP_NS : MAX_SLEEP_NS);
            }
        }
        doWork(clock.getAsLong());
        thread = null;
    }

    /** Ends {@link #run} soon; commands submitted before are still run. Any thread. */
    public void stop() {
        isStopped = true;
        isSignalled = true;
        LockSupport.unpark(thread);
    }
}
