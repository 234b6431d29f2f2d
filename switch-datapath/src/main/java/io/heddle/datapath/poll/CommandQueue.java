package io.heddle.datapath.poll;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Commands that wait for a loop, in the order of their submission.
 *
 * <pre>
 *   any thread --add--> | command | command | ... --poll--> the loop        after {@link #end}: --add--> refused
 * </pre>
 *
 * <p>A number of the queue is counted up before its command is added, and the loop counts what it takes out: when the loop has
 * taken out as many as {@link #submitted} said after an {@code add}, that command is among them.
 *
 * <p>Threading: {@link #add}, {@link #submitted} and {@link #end} from any thread, the rest on the loop's.
 */
public final class CommandQueue {
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final AtomicLong submitted = new AtomicLong();
    private volatile boolean isEnded;

    /** A command that somebody waits for. */
    public interface Answered extends Runnable {
        /** The loop has ended and will not run it. Called once, instead of {@link #run}, on any thread. */
        void refuse();
    }

    /** Adds a command; one that is {@link Answered} is refused when the loop has ended. */
    public void add(Runnable command) {
        submitted.incrementAndGet();
        commands.add(command);
        if (isEnded) {
            refuseAll(); // end() may have looked before this command was there
        }
    }

    /** Takes the oldest command out; null when there is none. */
    public @Nullable Runnable poll() {
        return commands.poll();
    }

    public boolean isEmpty() {
        return commands.isEmpty();
    }

    /** How many commands have been submitted: at least all whose {@link #add} has returned. */
    public long submitted() {
        return submitted.get();
    }

    /** The loop runs no command any more. */
    public void end() {
        isEnded = true;
        refuseAll();
    }

    private void refuseAll() {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            if (command instanceof Answered answered) {
                answered.refuse();
            }
        }
    }
}
