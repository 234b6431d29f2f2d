package io.heddle.datapath.poll;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Sleeps without looking at descriptors: for ports in memory, whose peers must call {@link #wakeUp}. */
public final class ParkingWaiter implements Waiter {
    private final AtomicBoolean isSignalled = new AtomicBoolean();
    private volatile @Nullable Thread sleeper;

    @Override
    public void watch(int fd) {
        // Ports that have descriptors are looked at when the sleep ends.
    }

    @Override
    public void unwatch(int fd) {
        // Nothing was watched.
    }

    @Override
    public void await(int timeoutMs) {
        sleeper = Thread.currentThread();
        if (!isSignalled.getAndSet(false)) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(timeoutMs));
            isSignalled.set(false);
        }
        sleeper = null;
    }

    @Override
    public void wakeUp() {
        isSignalled.set(true);
        LockSupport.unpark(sleeper);
    }

    @Override
    public void close() {
        wakeUp();
    }
}
