package io.heddle.datapath.port;

import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.Link;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.Netlink;
import io.heddle.datapath.os.NetworkNamespace;
import java.io.IOException;

/**
 * Makes and removes the veth pair of a port. A pair that a killed switch has left, known by its alias, is used again if its peer is
 * where it should be, so that the host keeps what it has configured there; else it is replaced. A pair that is made again because
 * its namespace went away gets the same address, so that neighbours need not learn a new one.
 *
 * <p>Thread safety: none; belongs to the control loop.
 */
final class VethPair implements DeviceOrigin {
    /** Marks pairs that a switch made. */
    private static final String ALIAS = "made by heddle";

    private final PortSpec.Veth spec;
    private final Netlink requests;
    private long peerMac;
    private boolean isNew;

    VethPair(PortSpec.Veth spec, Netlink requests) {
        this.spec = spec;
        this.requests = requests;
        peerMac = spec.mac();
    }

    /** Returns the port's end, which is up. */
    Link make() throws IOException {
        Link link = requests.find(spec.name());
        if (link != null && !(link.kind().equals("veth") && link.alias().equals(ALIAS))) {
            throw new NativeException(
                    spec.name(),
                    "create veth",
                    Errno.EEXIST,
                    "the interface was not made by Heddle: remove it (ip link del " + spec.name()
                            + "), or configure the port as type: system");
        }
        if (link != null && !isPeerInPlace(link)) {
            requests.delete(link.index());
            link = null;
        }
        if (link == null) {
            requests.createVeth(spec.name(), ALIAS, spec.peer(), spec.netns(), peerMac, spec.mtu());
            link = requests.get(spec.name());
            try {
                isNew = true;
                return setUp(link);
            } catch (IOException e) {
                isNew = false;
                requests.delete(link.index());
                throw e;
            }
        }
        requests.setUp(link.index(), true);
        return requests.get(spec.name());
    }

    private Link setUp(Link made) throws IOException {
        requests.disableIpv6Address(made.index());
        peerMac = atPeer(netlink -> {
            Link peer = netlink.get(spec.peer());
            netlink.setUp(peer.index(), true);
            return peer.mac();
        });
        requests.setUp(made.index(), true);
        return requests.get(spec.name());
    }

    /** Says whether {@link #make} has made the pair, and not found it. */
    boolean isNew() {
        return isNew;
    }

    private boolean isPeerInPlace(Link link) throws IOException {
        if (spec.netns() != null && !NetworkNamespace.exists(spec.netns())) {
            return false;
        }
        long found = atPeer(netlink -> {
            Link peer = netlink.find(spec.peer());
            return peer != null
                            && peer.kind().equals("veth")
                            && peer.index() == link.peerIndex()
                            && peer.peerIndex() == link.index()
                    ? peer.mac()
                    : -1;
        });
        if (found >= 0) {
            peerMac = found;
        }
        return found >= 0;
    }

    @Override
    public void remake() throws IOException {
        make();
    }

    @Override
    public void undo(int interfaceIndex) throws IOException {
        requests.delete(interfaceIndex);
    }

    private long atPeer(Work work) throws IOException {
        if (spec.netns() == null) {
            return work.run(requests);
        }
        return NetworkNamespace.run(spec.netns(), () -> {
            try (Netlink netlink = Netlink.open()) {
                return work.run(netlink);
            }
        });
    }

    /** Looks at the peer's namespace, or changes it. */
    @FunctionalInterface
    private interface Work {
        /** Returns the peer's address, -1 for none. */
        long run(Netlink netlink) throws IOException;
    }
}
