package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.Umem;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.DeviceClaim;
import io.heddle.datapath.os.Link;
import io.heddle.datapath.os.Netlink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A port on an Ethernet card or a veth end, through AF_XDP sockets. Between two such ports of one poll loop a frame is not copied in
 * user space: its descriptor moves.
 *
 * <p>There is no word about checksums, super-frames and VLAN tags between a device and such a port. So what would need one is turned
 * off where frames come from ({@link XdpAttachment}), and done in software before a frame leaves. The host's own stack sees none of the
 * device's frames.
 *
 * <p>Thread safety: as {@link Port} says. An attachment passes to the poll loop by {@code offered}, and is the control loop's again when
 * {@code used} is another one.
 */
final class XdpPort extends DevicePort {
    private static final XdpQueue[] NO_QUEUES = {};

    private final DeviceClaim claim;
    private final DeviceOrigin origin;
    private final Umem umem;
    private final int mostQueues;
    private final Netlink requests;
    private final SoftwareTransmit software;

    // Poll loop
    private @Nullable XdpAttachment current;
    /** The queue that was asked first the last time. */
    private int first;

    private XdpQueue[] queues = NO_QUEUES;

    /** What the poll loop is to use, null for nothing; written by the control loop. */
    private volatile @Nullable XdpAttachment offered;

    /** What the poll loop uses; written by it. */
    private volatile @Nullable XdpAttachment used;

    /** The control loop's clock has ticked: the kernel's counters are to be read. */
    private volatile boolean isCountDue;

    // Control loop
    private final List<XdpAttachment> leaving = new ArrayList<>();
    private int interfaceIndex;

    /**
     * Opens a port.
     *
     * @param umem of the port's poll loop
     * @param mostQueues that are reserved there for the port, until it is closed
     * @param requests a connection of the device's namespace, which stays open as long as the port
     */
    XdpPort(
            int number,
            PortSpec spec,
            PortContext context,
            Link link,
            DeviceClaim claim,
            DeviceOrigin origin,
            Umem umem,
            int mostQueues,
            Netlink requests)
            throws IOException {
        super(number, spec, context);
        this.claim = claim;
        this.origin = origin;
        this.umem = umem;
        this.mostQueues = mostQueues;
        this.requests = requests;
        software = new SoftwareTransmit(this, this::enqueue, context);
        attach(link);
    }

    // ---- control loop

    private void attach(Link link) throws IOException {
        offered = XdpAttachment.open(this, link, umem, mostQueues, requests);
        interfaceIndex = link.index();
        adopt(link);
    }

    @Override
    void onLink(Link link) throws IOException {
        closeLeft();
        if (!link.gone() && link.index() == interfaceIndex) {
            adopt(link);
        } else if (link.gone() && link.index() == interfaceIndex) {
            interfaceIndex = 0;
            setState(PortState.GONE);
            XdpAttachment lost = offered;
            offered = null;
            if (lost != null) {
                leaving.add(lost);
            }
        } else if (!link.gone() && interfaceIndex == 0) {
            attach(link);
        }
    }

    @Override
    void onTick() throws IOException {
        closeLeft();
        isCountDue = true;
        if (interfaceIndex == 0) {
            origin.remake(); // the event about the new device brings the port back
        }
    }

    /** Closes what the poll loop has let go. */
    private void closeLeft() {
        XdpAttachment inUse = used;
        leaving.removeIf(attachment -> {
            boolean isFree = !attachment.equals(inUse);
            if (isFree) {
                attachment.close();
            }
            return isFree;
        });
    }

    @Override
    void shut() {
        leaving.forEach(XdpAttachment::close);
        leaving.clear();
        XdpAttachment last = offered;
        if (last != null) {
            last.close();
        }
        try {
            if (interfaceIndex != 0) {
                origin.undo(interfaceIndex);
            }
        } catch (IOException e) {
            setState(PortState.GONE); // the device went away at the same moment: nothing is left to undo
        }
        umem.unreserve(mostQueues);
        claim.close();
    }

    @Override
    public String io() {
        XdpAttachment attachment = offered;
        return attachment == null || attachment.isNative() ? "af_xdp native" : "af_xdp generic";
    }

    @Override
    public int capabilities() {
        return 0;
    }

    @Override
    public int pollFd() {
        XdpAttachment attachment = current;
        return attachment == null ? -1 : attachment.pollFd();
    }

    // ---- poll loop

    /** Changes to the attachment that the control loop offers. */
    private void follow() {
        XdpAttachment next = offered;
        if (next == current) {
            return;
        }
        leave();
        // The control loop closes what it has taken back and finds unused: so this is said first, and then looked once
        // more.
        used = next;
        current = next;
        if (offered != next) {
            used = null;
            current = null;
            return;
        }
        if (next != null) {
            queues = next.queues();
            for (XdpQueue queue : queues) {
                queue.join();
            }
        }
    }

    private void leave() {
        for (XdpQueue queue : queues) {
            queue.leave();
        }
        queues = NO_QUEUES;
    }

    @Override
    public int receive(PacketBatch batch) {
        follow();
        int received = 0;
        // Another one is the first each time: one that fills the batch alone would leave the others no room.
        first = first + 1 < queues.length ? first + 1 : 0;
        for (int i = 0; i < queues.length; i++) {
            int at = first + i;
            received += queues[at < queues.length ? at : at - queues.length].receive(batch);
        }
        if (isCountDue) {
            isCountDue = false;
            for (int i = 0; i < queues.length; i++) {
                queues[i].countDrops();
            }
        }
        return received;
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        int sent = 0;
        boolean gone = state() == PortState.GONE || queues.length == 0;
        if (!gone) {
            queues[0].reap();
        }
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = batch.get(i);
            if (gone) {
                drop(packet, DropReason.LINK_DOWN);
            } else {
                sent += software.transmit(packet);
            }
        }
        batch.clear();
        return gone ? 0 : sent - queues[0].kick();
    }

    private int enqueue(Packet packet) {
        return queues[0].send(packet);
    }

    /** Lets the queues go: their frames come back when the port is closed. */
    @Override
    public void drain() {
        leave();
        current = null;
        used = null;
    }
}
