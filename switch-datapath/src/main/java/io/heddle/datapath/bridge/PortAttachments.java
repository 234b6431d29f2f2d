package io.heddle.datapath.bridge;

import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.queue.EgressQueues;
import io.heddle.datapath.queue.IngressPolicer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands devices to their poll loops and takes them back before they are closed.
 *
 * <pre>
 *   opened --attach--> a poll loop's --detach--> closed
 *                  '-- not in time: closed      '-- not in time: stays open until the loop has let it go, or has ended
 * </pre>
 *
 * <p>Threading: the control loop; {@link #closeLeft} when both loops have ended.
 */
final class PortAttachments {
    private final PollLoops pollLoops;
    private final ControlLoop controlLoop;
    private final Consumer<Throwable> onException;

    /** Those that are to be closed as soon as the poll loop has let them go, with what is to be done then. */
    private final Map<Port, Runnable> leaving = new LinkedHashMap<>();

    private boolean isThreaded;
    private volatile long patienceMs = TimeUnit.SECONDS.toMillis(10);

    PortAttachments(PollLoops pollLoops, ControlLoop controlLoop, Consumer<Throwable> onException) {
        this.pollLoops = pollLoops;
        this.controlLoop = controlLoop;
        this.onException = onException;
    }

    /** The poll loops have threads of their own from now on. */
    void begin() {
        isThreaded = true;
    }

    /** How long a loop is waited for. Any thread. */
    void setPatienceMs(long milliseconds) {
        patienceMs = milliseconds;
    }

    long patienceMs() {
        return patienceMs;
    }

    /**
     * Gives a device to the loop.
     *
     * @throws IllegalStateException if the loop does not take it: the device is closed
     */
    void attach(Port device) {
        PollLoop owner = pollLoops.of(device.number());
        LoopCall call = new LoopCall(() -> owner.attach(device));
        try {
            submit(owner, call);
            if (call.await(patienceMs) || !call.cancel() && call.await(patienceMs)) {
                onOthers(owner, loop -> loop.attachRemote(device, owner));
                return;
            }
        } catch (RuntimeException e) {
            device.close();
            throw e;
        }
        device.close();
        throw new IllegalStateException("port " + device.name()
                + " cannot be added: the poll loop has not answered for " + patienceMs + " ms, something blocks it");
    }

    /**
     * Takes a device back and closes it; if the loop does not answer, later.
     *
     * @param closed called on the control loop when it is closed
     */
    void release(Port device, Runnable closed) {
        PollLoop owner = pollLoops.of(device.number());
        onOthers(owner, loop -> loop.detachRemote(device));
        LoopCall call = new LoopCall(() -> owner.detach(device));
        submit(owner, call);
        boolean isLetGo = true;
        try {
            isLetGo = call.await(patienceMs);
        } catch (RuntimeException e) {
            onException.accept(e); // the loop has let it go all the same, or is no more
        }
        leaving.put(device, closed);
        if (isLetGo) {
            close(device);
            return;
        }
        onException.accept(new IllegalStateException(
                "port " + device.name() + " stays open for now: the poll loop has not answered for " + patienceMs
                        + " ms, something blocks it"));
        call.whenDone((_, _) -> controlLoop.submit(() -> close(device)));
    }

    /** Limits what leaves by a device, and what comes in, from now on. */
    void shape(Port device, @Nullable EgressQueues egress, @Nullable IngressPolicer policer) {
        PollLoop owner = pollLoops.of(device.number());
        submit(owner, () -> owner.shape(device, egress, policer));
    }

    private void submit(PollLoop loop, Runnable call) {
        if (isThreaded) {
            loop.submit(call);
        } else {
            call.run();
        }
    }

    /** The other loops follow by themselves: what they send by a port that is not there is dropped as by one without a link. */
    private void onOthers(PollLoop owner, Consumer<PollLoop> what) {
        for (PollLoop loop : pollLoops.all()) {
            if (!loop.equals(owner)) {
                submit(loop, () -> what.accept(loop));
            }
        }
    }

    private void close(Port device) {
        Runnable closed = leaving.remove(device);
        if (closed == null) {
            return;
        }
        try {
            device.close();
        } catch (RuntimeException e) {
            onException.accept(e);
        }
        closed.run();
    }

    /** Closes what waits for the loop. When the loops have ended. */
    void closeLeft() {
        for (Port device : leaving.keySet().toArray(Port[]::new)) {
            close(device);
        }
    }
}
