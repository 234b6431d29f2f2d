package io.heddle.datapath.port;

import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.Umem;
import io.heddle.datapath.os.BpfAssembler;
import io.heddle.datapath.os.BpfLink;
import io.heddle.datapath.os.BpfMap;
import io.heddle.datapath.os.BpfProgram;
import io.heddle.datapath.os.BpfProgram.Hook;
import io.heddle.datapath.os.DeviceFeatures;
import io.heddle.datapath.os.Epoll;
import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.Link;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.Netlink;
import io.heddle.datapath.os.PeerOffloads;
import io.heddle.datapath.os.PromiscuousMode;
import io.heddle.datapath.os.XdpSocket;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * All that makes one device deliver its frames to AF_XDP sockets: its offloads off, a socket for each queue, and the program that hands
 * frames to them.
 *
 * <pre>
 *   device, queue q --> XDP program: bpf_redirect_map(sockets, q, XDP_DROP) --> socket q
 * </pre>
 *
 * <p>A frame that finds no socket is dropped: the device is the switch's, its frames are not for the host's own stack.
 *
 * <p>Thread safety: none; belongs to the control loop. The queues are the poll loop's as long as it has them.
 */
final class XdpAttachment {
    private static final int RING = 2048;
    private static final int MOST_QUEUES = 64;
    /** Ethernet header and two tags. */
    private static final int LAYER_2 = 14 + 8;

    private static final int MAX_MTU = Umem.FRAME_SIZE - XdpSocket.HEADROOM - LAYER_2;
    private static final int XDP_MD_RX_QUEUE_INDEX = 16;
    private static final int XDP_DROP = 1;
    private static final int BPF_FUNC_REDIRECT_MAP = 51;
    private static final String AF_PACKET_INSTEAD = ", or use the port with io: af_packet";

    private final Deque<Closing> closing = new ArrayDeque<>();
    private XdpQueue[] queues = {};
    private int pollFd = -1;
    private boolean isNative;

    @FunctionalInterface
    private interface Closing {
        void run();
    }

    private XdpAttachment() {}

    /**
     * Attaches to a device.
     *
     * @param port that the queues are for
     * @param mostQueues that the device may have
     * @param requests a connection of the device's namespace
     * @throws IOException if the device cannot be used so: the message says why, and what would be right
     */
    static XdpAttachment open(Port port, Link link, Umem umem, int mostQueues, Netlink requests) throws IOException {
        check(link);
        XdpAttachment attachment = new XdpAttachment();
        try {
            attachment.attach(port, link, umem, mostQueues, requests);
            return attachment;
        } catch (IOException | RuntimeException e) {
            attachment.close();
            throw e;
        }
    }

    /**
     * Returns how many queues a device receives through, each of which needs a socket.
     *
     * @throws NativeException if they are too many
     */
    static int queues(Link link) throws NativeException {
        int count = DeviceFeatures.receiveQueues(link.name());
        if (count > MOST_QUEUES) {
            throw new NativeException(
                    link.name(),
                    "io: af_xdp",
                    0,
                    "has " + count + " receive queues: " + MOST_QUEUES + " at most, set fewer (ethtool -L)"
                            + AF_PACKET_INSTEAD);
        }
        return count;
    }

    private static void check(Link link) throws NativeException {
        String device = link.name();
        if (!link.kind().isEmpty() && !link.kind().equals("veth")) {
            throw new NativeException(
                    device,
                    "io: af_xdp",
                    0,
                    "is for Ethernet cards and veth pairs, and this is a device of kind " + link.kind()
                            + ": use the port with io: af_packet");
        }
        if (link.mtu() > MAX_MTU) {
            throw tooLong(link, 0);
        }
    }

    private static NativeException tooLong(Link link, int errno) {
        return new NativeException(
                link.name(),
                "io: af_xdp",
                errno,
                "the MTU of " + link.mtu() + " is too long for it: set one of 3498 at most, on the other end of a veth"
                        + " pair too" + AF_PACKET_INSTEAD);
    }

    private void attach(Port port, Link link, Umem umem, int mostQueues, Netlink requests) throws IOException {
        boolean isVeth = link.kind().equals("veth");
        if (isVeth) {
            PeerOffloads offloads = PeerOffloads.turnOff(link, requests);
            closing.push(offloads::restore);
        } else {
            Set<String> changed = DeviceFeatures.turnOff(link.name(), DeviceFeatures::isReceiveOffload);
            closing.push(() -> restore(link.name(), changed));
        }
        int count = queues(link);
        if (count > mostQueues) {
            throw new NativeException(
                    link.name(),
                    "io: af_xdp",
                    0,
                    "has " + count + " receive queues now, and had " + mostQueues
                            + " when the port was opened: add the port again");
        }
        BpfMap sockets = BpfMap.ofSockets(link.name(), count);
        closing.push(sockets::close);
        BpfProgram program = BpfProgram.load(link.name(), Hook.XDP, program(sockets));
        closing.push(program::close);
        BpfLink hook = attach(program, link, isVeth);
        closing.push(hook::close);
        PromiscuousMode promiscuous = new PromiscuousMode(link.name(), link.index());
        closing.push(promiscuous::close);
        XdpSocket.Options options =
                new XdpSocket.Options(umem.memory(), Umem.FRAME_SIZE, RING, PacketBatch.CAPACITY, !isNative || isVeth);
        XdpQueue[] opened = new XdpQueue[count];
        for (int i = 0; i < count; i++) {
            XdpSocket socket = XdpSocket.open(link.name(), link.index(), i, options);
            XdpQueue queue = new XdpQueue(port, socket, umem, !isNative || isVeth);
            closing.push(queue::close);
            sockets.put(i, socket);
            opened[i] = queue;
        }
        queues = opened;
        pollFd = pollFd(opened);
    }

    private static long[] program(BpfMap sockets) {
        return new BpfAssembler()
                .load(BpfAssembler.Size.WORD, 2, 1, XDP_MD_RX_QUEUE_INDEX)
                .setMap(1, sockets)
                .set(3, XDP_DROP) // for a queue without a socket
                .call(BPF_FUNC_REDIRECT_MAP)
                .exit()
                .build();
    }

    private BpfLink attach(BpfProgram program, Link link, boolean isVeth) throws NativeException {
        String busy = "another XDP program is attached: remove it (ip link set dev " + link.name() + " xdp off)"
                + AF_PACKET_INSTEAD;
        try {
            BpfLink hook = BpfLink.attach(program, link.name(), link.index(), BpfLink.XDP_NATIVE, busy);
            isNative = true;
            return hook;
        } catch (NativeException e) {
            if (e.errno() == Errno.EBUSY || e.errno() == Errno.EEXIST || Errno.isPermission(e.errno())) {
                throw e;
            }
            if (isVeth && e.errno() == Errno.ERANGE) {
                throw tooLong(link, e.errno()); // and every super-frame would be dropped by the generic hook
            }
            return BpfLink.attach(program, link.name(), link.index(), BpfLink.XDP_GENERIC, busy);
        }
    }

    private int pollFd(XdpQueue[] opened) throws NativeException {
        if (opened.length == 1) {
            return opened[0].fd();
        }
        Epoll all = new Epoll();
        closing.push(all::close);
        for (int i = 0; i < opened.length; i++) {
            all.add(opened[i].fd(), i);
        }
        return all.fd();
    }

    private static void restore(String device, Set<String> features) {
        try {
            DeviceFeatures.turnOn(device, features);
        } catch (NativeException e) {
            return; // the device is gone
        }
    }

    /** Returns one for each queue of the device. */
    XdpQueue[] queues() {
        return queues;
    }

    /** Returns a descriptor that is readable when one of the queues has received something. */
    int pollFd() {
        return pollFd;
    }

    /** Says whether the driver has the program, and not the kernel's generic receive path. */
    boolean isNative() {
        return isNative;
    }

    /** Takes everything away again. The poll loop must have let the queues go. */
    void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }
}
