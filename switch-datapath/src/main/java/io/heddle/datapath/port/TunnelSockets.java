package io.heddle.datapath.port;

import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.os.MessageBatch;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.RawIpSocket;
import io.heddle.flow.packet.UdpView;
import org.jspecify.annotations.Nullable;

/**
 * The raw sockets of a tunnel port: one for each source address.
 *
 * <p>Thread safety: none; opened and closed by the control loop, used by one poll loop in between.
 */
final class TunnelSockets implements AutoCloseable {
    private static final int MAX_SOURCES = 16;

    private final PortSpec.Tunnel spec;
    private final @Nullable RawIpSocket[] sockets = new @Nullable RawIpSocket[MAX_SOURCES];
    private final boolean[] isIpv6 = new boolean[MAX_SOURCES];
    private final long[] sourceHigh = new long[MAX_SOURCES];
    private final long[] sourceLow = new long[MAX_SOURCES];
    private final int[] tos = new int[MAX_SOURCES];
    private final int[] ttl = new int[MAX_SOURCES];
    private int count;

    TunnelSockets(PortSpec.Tunnel spec) {
        this.spec = spec;
    }

    /**
     * Returns the index of the socket that sends from an address, and opens it if there is none yet.
     *
     * @param local none for what routing chooses
     * @throws NativeException if the address is not this host's
     */
    int open(boolean toIpv6, IpAddress local) throws NativeException {
        RawIpSocket socket = RawIpSocket.open(spec.name(), spec.protocol().ipProtocol(), toIpv6, local);
        try {
            socket.setDontFragment(spec.outer().dontFragment());
            if (toIpv6 && spec.protocol().isUdp()) {
                socket.computeChecksumAt(UdpView.CHECKSUM_OFFSET);
            }
        } catch (NativeException e) {
            socket.close();
            throw e;
        }
        sockets[count] = socket;
        isIpv6[count] = toIpv6;
        sourceHigh[count] = local.high();
        sourceLow[count] = local.low();
        return count++;
    }

    /** Returns the index of the socket that sends from an address; -1 if this host does not have the address, or there are too many. */
    int from(boolean toIpv6, long high, long low) {
        for (int i = 0; i < count; i++) {
            if (isIpv6[i] == toIpv6 && sourceHigh[i] == high && sourceLow[i] == low) {
                return i;
            }
        }
        if (count == MAX_SOURCES) {
            return -1;
        }
        try {
            return open(toIpv6, new IpAddress(high, low));
        } catch (NativeException e) {
            return -1;
        }
    }

    /** The source address of a socket that sends over IPv4, 0 for what routing chooses. */
    int ipv4Source(int index) {
        return (int) sourceLow[index];
    }

    boolean isIpv6(int index) {
        return isIpv6[index];
    }

    /**
     * Sends messages, from {@code first}.
     *
     * @param withTtl 0 for what the route says
     * @return as {@link RawIpSocket#send}
     */
    int send(int index, int withTos, int withTtl, MessageBatch messages, int first) {
        RawIpSocket socket = index < 0 ? null : sockets[index];
        if (socket == null) {
            return -Errno.ENETDOWN;
        }
        if (tos[index] != withTos) {
            tos[index] = withTos;
            socket.setTos(withTos);
        }
        if (ttl[index] != withTtl) {
            ttl[index] = withTtl;
            socket.setTtl(withTtl);
        }
        return socket.send(messages, first);
    }

    @Override
    public void close() {
        for (int i = 0; i < count; i++) {
            RawIpSocket socket = sockets[i];
            if (socket != null) {
                socket.close();
            }
            sockets[i] = null;
        }
        count = 0;
    }
}
