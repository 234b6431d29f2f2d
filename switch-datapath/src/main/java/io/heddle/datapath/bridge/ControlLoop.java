package io.heddle.datapath.bridge;

import io.heddle.datapath.poll.CommandQueue;
import io.heddle.datapath.poll.IdleSpin;
import io.heddle.flow.error.FlowException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

    /** About what two wake-ups cost, the loop's own and the one that its answer causes. */
    private static final long MAX_SPIN_NS = 50_000;

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

        /** The loop has ended: who waits is told. */
        default void end() {}
    }

    /**
     * Something that is answered, now or later.
     *
     * @param <T> the answer
     */
    interface Question<T> {
        void run(CompletableFuture<T> answer) throws FlowException, ConfigurationException;
    }

    /** A question that waits for its turn. */
    private record Asked<T>(Question<T> question, CompletableFuture<T> answer) implements CommandQueue.Answered {
        @Override
        public void run() {
            try {
                question.run(answer);
            } catch (FlowException | ConfigurationException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }

        @Override
        public void refuse() {
            answer.completeExceptionally(new SwitchStoppedException());
        }
    }

    private final LongSupplier clock;
    private final Consumer<Throwable> onException;
    private final CommandQueue commands = new CommandQueue();
    private final List<Task> tasks = new ArrayList<>();
    private volatile @Nullable Thread thread;
    private volatile boolean isStopped;
    private volatile boolean isSignalled;

    /** Written before {@link #isSignalled} is read, which whoever wakes the loop up writes before reading this. */
    private volatile boolean isSleeping;

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

    /**
     * Has a question answered on the loop. Any thread.
     *
     * @return fails with what the question throws, or with {@link SwitchStoppedException} if the loop ends before its turn
     */
    <T> CompletableFuture<T> ask(Question<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        submit(new Asked<>(question, answer));
        return answer;
    }

    /** Makes the loop look at once. Any thread. */
    public void wakeUp() {
        if (!isSignalled) {
            isSignalled = true;
            if (isSleeping) {
                LockSupport.unpark(thread);
            }
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

    /**
     * Works until {@link #stop}. No exception ends it, but an {@link Error} does: whatever ends it, what waits for it is told.
     */
    public void run() {
        thread = Thread.currentThread();
        IdleSpin idle = new IdleSpin(MAX_SPIN_NS);
        try {
            while (!isStopped) {
                isSignalled = false;
                if (doWork(clock.getAsLong()) > 0) {
                    idle.busy();
                } else if (isWatchful()) {
                    sleep(WATCHFUL_SLEEP_NS);
                } else {
                    rest(idle);
                }
            }
            doWork(clock.getAsLong());
        } finally {
            end();
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // see IdleSpin
    private void rest(IdleSpin idle) {
        while (!isSignalled) {
            if (idle.shouldSleep(clock.getAsLong())) {
                sleep(MAX_SLEEP_NS);
                idle.slept(clock.getAsLong());
                return;
            }
            Thread.yield();
        }
    }

    private void sleep(long longestNs) {
        isSleeping = true;
        if (!isSignalled) {
            LockSupport.parkNanos(this, longestNs);
        }
        isSleeping = false;
    }

    private boolean isWatchful() {
        for (int i = 0; i < tasks.size(); i++) {
            if (tasks.get(i).isWatchful()) {
                return true;
            }
        }
        return false;
    }

    /** Refuses what waits, and everything from now on. On the loop's thread, or when that has ended. */
    public void end() {
        commands.end();
        for (Task task : tasks) {
            guard(task::end);
        }
    }

    /** Ends {@link #run} soon; commands submitted before are still run. Any thread. */
    public void stop() {
        isStopped = true;
        isSignalled = true;
        LockSupport.unpark(thread);
    }
}
