package io.heddle.datapath.bridge;

import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortSpec;
import io.heddle.datapath.port.PortState;
import io.heddle.datapath.port.PortStatistics;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A port that does what it is told instead of what it should. */
final class FaultyPort implements Port {
    private final Port port;

    /** Runs before each receive; may throw or block. */
    volatile @Nullable Runnable onReceive;

    /** Runs in the middle of each transmit, when half of the packets are released. */
    volatile @Nullable Runnable onTransmit;

    /** Names of the threads, after what was called on them. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    FaultyPort(Port port) {
        this.port = port;
    }

    @Override
    public int receive(PacketBatch batch) {
        Runnable fault = onReceive;
        if (fault != null) {
            fault.run();
        }
        return port.receive(batch);
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        Runnable fault = onTransmit;
        if (fault != null) {
            for (int i = 0; i < batch.size() / 2; i++) {
                batch.get(i).release();
            }
            fault.run();
        }
        return port.transmit(batch, nowNs);
    }

    @Override
    public void drain() {
        calls.add("drain on " + Thread.currentThread().getName());
        port.drain();
    }

    @Override
    public void close() {
        calls.add("close on " + Thread.currentThread().getName());
        port.close();
    }

    @Override
    public int number() {
        return port.number();
    }

    @Override
    public String name() {
        return port.name();
    }

    @Override
    public PortSpec spec() {
        return port.spec();
    }

    @Override
    public int pollFd() {
        return port.pollFd();
    }

    @Override
    public PortStatistics statistics() {
        return port.statistics();
    }

    @Override
    public long macAddress() {
        return port.macAddress();
    }

    @Override
    public int mtu() {
        return port.mtu();
    }

    @Override
    public PortState state() {
        return port.state();
    }

    @Override
    public int capabilities() {
        return port.capabilities();
    }
}
