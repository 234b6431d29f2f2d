package io.heddle.datapath.port;

import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.os.Epoll;
import io.heddle.datapath.os.EventFd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Forwards everything between two ports on a thread of its own, as a wire would, and looks after their devices. */
final class Cable {
    final PortContext context;
    final PortFactory factory;
    final List<String> changes = new ArrayList<>();
    private final EventFd stop = new EventFd();
    private final List<Port> ports = new ArrayList<>();
    private volatile boolean stopped;
    private volatile boolean paused;
    private boolean closed;
    private final AtomicLong superFrames = new AtomicLong();
    private Thread thread = Thread.currentThread();

    Cable(PacketPool pool, OversizeHandler oversize) throws IOException {
        this(pool, oversize, new TestOffload());
    }

    Cable(PacketPool pool, OversizeHandler oversize, SoftwareOffload offload) throws IOException {
        context = new PortContext(pool, offload, oversize);
        factory = new PortFactory(port -> {
            synchronized (changes) {
                changes.add(port.toString());
            }
        });
    }

    Port open(PortSpec spec) throws IOException {
        Port port = factory.open(spec, ports.size() + 1, context);
        ports.add(port);
        return port;
    }

    void start() {
        thread = Thread.ofPlatform().name("cable").start(this::run);
    }

    long superFrames() {
        return superFrames.get();
    }

    private void run() {
        try (Epoll epoll = new Epoll()) {
            PacketBatch batch = new PacketBatch();
            int[] watched = {-1, -1};
            epoll.add(stop.fd(), -1);
            epoll.add(factory.eventFd(), -2);
            while (!stopped) {
                int work = factory.doWork(System.nanoTime());
                for (int i = 0; i < 2 && !paused; i++) {
                    work += ports.get(i).receive(batch);
                    for (int k = 0; k < batch.size(); k++) {
                        if (batch.get(k).isGso()) {
                            superFrames.incrementAndGet();
                        }
                    }
                    ports.get(1 - i).transmit(batch, System.nanoTime());
                    int fd = ports.get(i).pollFd();
                    if (fd != watched[i]) {
                        if (fd >= 0) {
                            epoll.add(fd, i);
                        }
                        watched[i] = fd;
                    }
                }
                if (work == 0) {
                    epoll.await(200);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Looks only after the devices, until {@link #resume}. */
    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        stop.signal();
    }

    /** Ends the forwarding and closes the ports, but not the factory. */
    void stop() throws InterruptedException {
        if (closed) {
            return;
        }
        closed = true;
        stopped = true;
        stop.signal();
        if (thread != Thread.currentThread()) {
            thread.join();
        }
        ports.forEach(Port::drain);
        ports.forEach(Port::close);
        stop.close();
    }

    void close() throws InterruptedException {
        stop();
        factory.close();
    }
}
