package io.heddle.datapath.poll;

import io.heddle.datapath.os.Epoll;
import io.heddle.datapath.os.EventFd;
import io.heddle.datapath.os.NativeException;

/** Sleeps until a port's descriptor is readable or {@link #wakeUp} is called. */
public final class EpollWaiter implements Waiter {
    private static final int WAKE_UP = -1;

    private final Epoll epoll;
    private final EventFd wakeUp;

    public EpollWaiter() throws NativeException {
        epoll = new Epoll();
        try {
            wakeUp = new EventFd();
        } catch (NativeException e) {
            epoll.close();
            throw e;
        }
        epoll.add(wakeUp.fd(), WAKE_UP);
    }

    @Override
    public void watch(int fd) {
        try {
            epoll.add(fd, fd);
        } catch (NativeException e) {
            // Gone again already, or watched still: the loop looks at every port when it wakes up, within its longest
            // sleep.
            epoll.remove(fd);
        }
    }

    @Override
    public void unwatch(int fd) {
        epoll.remove(fd);
    }

    @Override
    public void await(int timeoutMs) {
        int ready = epoll.await(timeoutMs);
        for (int i = 0; i < ready; i++) {
            if (epoll.tag(i) == WAKE_UP) {
                wakeUp.drain();
            }
        }
    }

    @Override
    public void wakeUp() {
        wakeUp.signal();
    }

    @Override
    public void close() {
        epoll.close();
        wakeUp.close();
    }
}
