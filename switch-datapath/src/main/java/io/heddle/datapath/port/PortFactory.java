package io.heddle.datapath.port;

import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.buffer.Umem;
import io.heddle.datapath.os.DeviceClaim;
import io.heddle.datapath.os.Link;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.Netlink;
import io.heddle.datapath.os.TunDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Opens ports, and keeps an eye on their devices.
 *
 * <p>What a port finds it leaves as it was: a {@code system} port's device gets its MTU back, a persistent TAP stays. What a port
 * makes goes with it. Devices that a killed process has left are used again where that keeps a host's configuration (veth pairs,
 * known by their alias), and are gone by themselves otherwise (TAP and TUN devices).
 *
 * <p>Thread safety: none; belongs to the control loop, which calls {@link #doWork} again and again, and when {@link #eventFd} is
 * readable.
 */
public final class PortFactory implements AutoCloseable {
    private static final long TICK_NS = 1_000_000_000L;

    /** Queues of AF_XDP ports that share frames: 8 MiB for each, taken with the first of them. */
    private static final int UMEM_QUEUES = 4;

    private final PortListener listener;
    private final Netlink requests;
    private final Netlink events;
    private final TunnelEndpoints tunnels = new TunnelEndpoints();
    private final IdentityHashMap<PacketPool, List<Umem>> umems = new IdentityHashMap<>();
    private final Map<String, Watched> watched = new HashMap<>();
    private long nextTickNs = Long.MIN_VALUE;

    /**
     * Makes a factory for the network namespace of the calling thread.
     *
     * @param listener is told of changes
     */
    public PortFactory(PortListener listener) throws IOException {
        this.listener = listener;
        events = Netlink.watch();
        try {
            requests = Netlink.open();
        } catch (NativeException e) {
            events.close();
            throw e;
        }
    }

    /**
     * Opens a port.
     *
     * @param spec of any type but patch, which has no device
     * @param number datapath port number, unique in the process, from 1
     * @param context of the poll loop that the port will belong to
     * @throws IOException if the device cannot be made or opened; the message says what would be right
     */
    public Port open(PortSpec spec, int number, PortContext context) throws IOException {
        return switch (spec) {
            case PortSpec.Tap tap -> watch(openTap(tap, tap.mac(), tap.mtu(), true, number, context));
            case PortSpec.Internal internal ->
                watch(openTap(internal, internal.mac(), internal.mtu(), false, number, context));
            case PortSpec.SystemDevice device -> watch(openSystem(device, number, context));
            case PortSpec.Veth veth -> watch(openVeth(veth, number, context));
            case PortSpec.Memory memory -> new MemoryPort(memory, number, context);
            case PortSpec.Tun tun -> watch(openTun(tun, number, context));
            case PortSpec.Tunnel tunnel -> tunnels.open(number, tunnel, context);
            case PortSpec.Patch patch -> throw unsupported(patch);
        };
    }

    private static IOException unsupported(PortSpec spec) {
        return new IOException(
                spec.name() + ": a port of type " + spec.type() + " has no device: it is not opened as one");
    }

    /** Returns a descriptor that is readable when {@link #doWork} has something to do at once. */
    public int eventFd() {
        return events.fd();
    }

    /**
     * Takes in what happened to the devices, and tries to bring lost ones back once a second.
     *
     * @param nowNs monotonic time
     * @return how many ports were looked at, 0 if nothing happened
     */
    public int doWork(long nowNs) {
        int work = 0;
        List<Link> changed = new ArrayList<>();
        if (!events.changes(changed::add)) {
            changed.addAll(everything());
        }
        for (Link link : changed) {
            Watched entry = watched.get(link.name());
            if (entry != null) {
                entry.attempt(() -> entry.port.onLink(link));
                work++;
            }
        }
        boolean tick = nowNs - nextTickNs >= 0 || nextTickNs == Long.MIN_VALUE;
        if (tick) {
            nextTickNs = nowNs + TICK_NS;
        }
        for (Iterator<Watched> all = watched.values().iterator(); all.hasNext(); ) {
            Watched entry = all.next();
            if (entry.port.isClosed()) {
                all.remove();
                continue;
            }
            if (tick) {
                entry.attempt(entry.port::onTick);
            }
            if (entry.hasChanged()) {
                work++;
                listener.onChange(entry.port);
            }
        }
        return work;
    }

    /** Returns all links, and those of watched ports that are not there as gone: for when events were lost. */
    private List<Link> everything() {
        List<Link> all = new ArrayList<>();
        try {
            List<Link> present = requests.links();
            for (String name : watched.keySet()) {
                Link found = null;
                for (Link link : present) {
                    if (link.name().equals(name)) {
                        found = link;
                    }
                }
                Watched entry = watched.get(name);
                if (found != null) {
                    all.add(found);
                } else if (entry != null && entry.index != 0) {
                    all.add(new Link(entry.index, name, 0, 0, 0, "", "", 0, -1, true));
                }
            }
        } catch (NativeException e) {
            return all; // the next loss of events, or the port's own calls, tell
        }
        return all;
    }

    private Port watch(DevicePort port) throws IOException {
        Watched entry = new Watched(port);
        try {
            // What happened between the look at the device and now is not lost: events are read after this.
            Link link = requests.find(port.name());
            entry.index = link == null ? 0 : link.index();
        } catch (IOException e) {
            port.close();
            throw e;
        }
        watched.put(port.name(), entry);
        return port;
    }

    // ---- types

    private TapPort openTap(PortSpec spec, long mac, int mtu, boolean up, int number, PortContext context)
            throws IOException {
        DeviceClaim claim = new DeviceClaim(spec.name());
        try {
            return new TapPort(number, spec, context, claim, () -> {
                TunDevice device = TunDevice.tap(spec.name());
                try {
                    configure(requests.get(spec.name()).index(), mac, mtu, up);
                    return device;
                } catch (NativeException e) {
                    device.close();
                    throw e;
                }
            });
        } catch (IOException e) {
            claim.close();
            throw e;
        }
    }

    private TunPort openTun(PortSpec.Tun spec, int number, PortContext context) throws IOException {
        DeviceClaim claim = new DeviceClaim(spec.name());
        try {
            return new TunPort(number, spec, context, claim, () -> {
                TunDevice device = TunDevice.tun(spec.name());
                try {
                    configure(requests.get(spec.name()).index(), 0, spec.mtu(), true);
                    return device;
                } catch (NativeException e) {
                    device.close();
                    throw e;
                }
            });
        } catch (IOException e) {
            claim.close();
            throw e;
        }
    }

    private void configure(int index, long mac, int mtu, boolean up) throws NativeException {
        if (mac != 0) {
            requests.setMac(index, mac);
        }
        if (mtu != 0) {
            requests.setMtu(index, mtu);
        }
        if (up) {
            requests.setUp(index, true);
        }
    }

    private DevicePort openSystem(PortSpec.SystemDevice spec, int number, PortContext context) throws IOException {
        DeviceClaim claim = new DeviceClaim(spec.name());
        try {
            Link link = requests.get(spec.name());
            int oldMtu = link.mtu();
            boolean changeMtu = spec.mtu() != 0 && spec.mtu() != oldMtu;
            DeviceOrigin origin = new DeviceOrigin() {
                @Override
                public void remake() {
                    // It was found: who made it makes it again.
                }

                @Override
                public void undo(int interfaceIndex) throws IOException {
                    if (changeMtu) {
                        requests.setMtu(interfaceIndex, oldMtu);
                    }
                }
            };
            try {
                if (changeMtu) {
                    requests.setMtu(link.index(), spec.mtu());
                }
                Link changed = changeMtu ? requests.get(spec.name()) : link;
                return onDevice(spec, spec.io(), spec.ringMebibytes(), changed, number, context, claim, origin);
            } catch (IOException e) {
                undo(origin, link.index(), e);
                throw e;
            }
        } catch (IOException e) {
            claim.close();
            throw e;
        }
    }

    /** Leaves the device as it was found; that this fails too is told with what failed before. */
    private static void undo(DeviceOrigin origin, int index, IOException failure) {
        try {
            origin.undo(index);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private DevicePort openVeth(PortSpec.Veth spec, int number, PortContext context) throws IOException {
        DeviceClaim claim = new DeviceClaim(spec.name());
        try {
            VethPair pair = new VethPair(spec, requests);
            Link link = pair.make();
            try {
                return onDevice(spec, spec.io(), 0, link, number, context, claim, pair);
            } catch (IOException e) {
                if (pair.isNew()) {
                    undo(pair, link.index(), e);
                }
                throw e;
            }
        } catch (IOException e) {
            claim.close();
            throw e;
        }
    }

    private DevicePort onDevice(
            PortSpec spec,
            PortSpec.Io io,
            int ringMebibytes,
            Link link,
            int number,
            PortContext context,
            DeviceClaim claim,
            DeviceOrigin origin)
            throws IOException {
        return switch (io) {
            case AUTO, AF_PACKET -> {
                int ring = ringMebibytes == 0 ? PortSpec.SystemDevice.DEFAULT_RING_MEBIBYTES : ringMebibytes;
                yield new PacketSocketPort(number, spec, context, link, ring, claim, origin);
            }
            case AF_XDP -> {
                int queues = XdpAttachment.queues(link);
                Umem umem = umem(context, queues);
                try {
                    yield new XdpPort(number, spec, context, link, claim, origin, umem, queues, requests);
                } catch (IOException | RuntimeException e) {
                    umem.unreserve(queues);
                    throw e;
                }
            }
        };
    }

    /** Returns frames of a poll loop, which is known by its pool, with so many queues reserved: others than before if those have no room. */
    Umem umem(PortContext context, int queues) {
        List<Umem> known = umems.computeIfAbsent(context.pool(), _ -> new ArrayList<>());
        for (Umem umem : known) {
            if (umem.reserve(queues)) {
                return umem;
            }
        }
        int most = Math.max(UMEM_QUEUES, queues);
        Umem more = new Umem(2 * most * Umem.MOST_TO_RECEIVE, most);
        known.add(more);
        more.reserve(queues);
        return more;
    }

    /** Ends the watch; ports are closed by their owners, before. */
    @Override
    public void close() {
        events.close();
        requests.close();
        umems.values().forEach(each -> each.forEach(Umem::close));
        umems.clear();
    }

    /** A port, and how it was when the listener was told last. */
    private static final class Watched {
        private final DevicePort port;
        private int index;
        private PortState state;
        private int mtu;
        private long mac;

        Watched(DevicePort port) {
            this.port = port;
            state = port.state();
            mtu = port.mtu();
            mac = port.macAddress();
        }

        boolean hasChanged() {
            if (port.state() == state && port.mtu() == mtu && port.macAddress() == mac) {
                return false;
            }
            state = port.state();
            mtu = port.mtu();
            mac = port.macAddress();
            return true;
        }

        /** Does something that fails while a device is coming and going; it is tried again with the next event or second. */
        void attempt(Step step) {
            try {
                step.run();
                port.setTrouble("");
            } catch (IOException e) {
                port.setTrouble(String.valueOf(e.getMessage()));
            }
        }
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }
}
