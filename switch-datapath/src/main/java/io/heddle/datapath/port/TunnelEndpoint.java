package io.heddle.datapath.port;

import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.os.Epoll;
import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.os.NativeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives the tunnels of one protocol and UDP port of this host, for all {@link TunnelPort}s of them: from one {@link TunnelListener} for
 * each address family and own address.
 *
 * <p>Thread safety: {@link #receive} belongs to the poll loop of the ports; ports and listeners are added and removed by the control
 * loop, which publishes immutable arrays. Listeners stay until the last port has gone, as the poll loop may be reading from them.
 */
final class TunnelEndpoint {
    private final TunnelProtocol protocol;
    private final int udpPort;

    /** Tells poll loops apart. */
    private final PacketPool pool;

    private final Epoll epoll;

    /** Written by the control loop, read by the poll loop. */
    private volatile TunnelListener[] listeners = {};

    /** Written by the control loop, read by the poll loop; the most specific first. */
    private volatile TunnelPort[] ports = {};

    TunnelEndpoint(TunnelProtocol protocol, int udpPort, PacketPool pool) throws NativeException {
        this.protocol = protocol;
        this.udpPort = udpPort;
        this.pool = pool;
        epoll = new Epoll();
    }

    boolean isFor(PortSpec.Tunnel spec, PacketPool ofLoop) {
        return protocol == spec.protocol() && udpPort == spec.udpPort() && pool.equals(ofLoop);
    }

    /** Sees to it that what a port is to receive is received. Control loop. */
    void listen(PortSpec.Tunnel spec) throws NativeException {
        boolean isEither = spec.mayUse(false) && spec.mayUse(true);
        if (spec.mayUse(false)) {
            listen(spec, false);
        }
        if (spec.mayUse(true)) {
            try {
                listen(spec, true);
            } catch (NativeException e) {
                if (!isEither) {
                    throw e;
                }
                // A host without IPv6: nothing comes.
            }
        }
    }

    private void listen(PortSpec.Tunnel spec, boolean isIpv6) throws NativeException {
        IpAddress local = spec.local().address();
        for (TunnelListener each : listeners) {
            if (each.isAt(isIpv6, local)) {
                return;
            }
        }
        TunnelListener added = open(spec, isIpv6);
        try {
            epoll.add(added.fd(), 0);
        } catch (NativeException e) {
            added.close();
            throw e;
        }
        TunnelListener[] old = listeners;
        TunnelListener[] all = Arrays.copyOf(old, old.length + 1);
        all[old.length] = added;
        listeners = all;
    }

    /** One for any address cannot hold a UDP port while others hold it for theirs; it holds what they did. */
    private TunnelListener open(PortSpec.Tunnel spec, boolean isIpv6) throws NativeException {
        if (!spec.local().address().isNone()) {
            return new TunnelListener(spec, isIpv6);
        }
        List<TunnelListener> narrower = new ArrayList<>();
        for (TunnelListener each : listeners) {
            if (each.isForOne(isIpv6)) {
                narrower.add(each);
                each.letGo();
            }
        }
        try {
            return new TunnelListener(spec, isIpv6);
        } catch (NativeException e) {
            for (TunnelListener each : narrower) {
                each.hold();
            }
            throw e;
        }
    }

    /** Returns false when another port would get the same packets. Control loop. */
    boolean add(TunnelPort port) {
        TunnelPort[] old = ports;
        for (TunnelPort other : old) {
            PortSpec.Tunnel theirs = other.spec();
            PortSpec.Tunnel ours = port.spec();
            boolean isSameKey = theirs.key().isFromFlow() == ours.key().isFromFlow()
                    && theirs.key().value() == ours.key().value();
            if (isSameKey
                    && theirs.remote().equals(ours.remote())
                    && theirs.local().address().equals(ours.local().address())) {
                return false;
            }
        }
        TunnelPort[] added = Arrays.copyOf(old, old.length + 1);
        added[old.length] = port;
        // Most specific first, as Open vSwitch: both given, then the key, then the remote, then neither.
        Arrays.sort(added, (a, b) -> Integer.compare(generality(a.spec()), generality(b.spec())));
        ports = added;
        return true;
    }

    private static int generality(PortSpec.Tunnel spec) {
        return (spec.key().isFromFlow() ? 4 : 0)
                + (spec.remote().isFromFlow() ? 2 : 0)
                + (spec.local().address().isNone() ? 1 : 0);
    }

    boolean isUnused() {
        return ports.length == 0;
    }

    /** Returns whether ports are left. Control loop. */
    boolean remove(TunnelPort port) {
        List<TunnelPort> rest = new ArrayList<>(List.of(ports));
        rest.remove(port);
        ports = rest.toArray(TunnelPort[]::new);
        return ports.length > 0;
    }

    /** Returns the descriptor to the first port only: it can be watched once. */
    int pollFd(TunnelPort port) {
        TunnelPort[] current = ports;
        return current.length > 0 && current[0].equals(port) ? epoll.fd() : -1;
    }

    /** Adds packets of all ports of this endpoint to the batch; each port's receive comes here. Poll loop. */
    int receive(PacketBatch batch) {
        TunnelPort[] current = ports;
        if (current.length == 0) {
            return 0;
        }
        int count = 0;
        TunnelListener[] all = listeners;
        for (TunnelListener each : all) {
            count += each.receive(current, all, batch);
        }
        return count;
    }

    /** Returns the first port that takes a packet, which is the most specific one; null for none. */
    static @Nullable TunnelPort find(
            TunnelPort[] current, long fromHigh, long fromLow, long toHigh, long toLow, int key) {
        for (TunnelPort port : current) {
            PortSpec.Tunnel spec = port.spec();
            if (spec.remote().takes(fromHigh, fromLow)
                    && (spec.key().isFromFlow() || spec.key().value() == key)
                    && spec.local().takes(toHigh, toLow)) {
                return port;
            }
        }
        return null;
    }

    void close() {
        for (TunnelListener each : listeners) {
            each.close();
        }
        epoll.close();
    }
}
