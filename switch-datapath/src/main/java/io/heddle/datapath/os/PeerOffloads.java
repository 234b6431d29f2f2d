package io.heddle.datapath.os;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Has the other end of a veth pair hand over complete frames: with their checksums, no super-frames, and VLAN tags in the frame. Without
 * this its kernel leaves all that undone, and says so in a way that gets lost on the way to an AF_XDP socket.
 *
 * <p>Thread safety: none needed.
 */
public final class PeerOffloads {
    private final @Nullable String netns;
    private final int index;
    private final String name;
    private final Set<String> turnedOff;

    private PeerOffloads(@Nullable String netns, int index, String name, Set<String> turnedOff) {
        this.netns = netns;
        this.index = index;
        this.name = name;
        this.turnedOff = turnedOff;
    }

    /**
     * Finds the peer, in this namespace or one that has a name, and turns its offloads off.
     *
     * @param link of a veth end of this namespace
     * @param requests a connection of this namespace
     * @throws NativeException if the peer is in a namespace without a name, or cannot do without
     */
    public static PeerOffloads turnOff(Link link, Netlink requests) throws IOException {
        if (link.peerNamespace() < 0) {
            return in(null, link);
        }
        Path folder = Path.of("/run/netns");
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
                for (Path each : all) {
                    String name = each.getFileName().toString();
                    if (isNumber(name, link.peerNamespace(), requests)) {
                        return NetworkNamespace.run(name, () -> in(name, link));
                    }
                }
            }
        }
        throw new NativeException(
                link.name(),
                "find the other end of the veth pair",
                0,
                "it is in a network namespace without a name, so its offloads cannot be turned off: name the namespace"
                        + " (ip netns attach NAME PID), or use the port with io: af_packet");
    }

    private static boolean isNumber(String name, int number, Netlink requests) {
        try (FileDescriptor namespace = NetworkNamespace.open(name)) {
            return requests.namespaceNumber(namespace) == number;
        } catch (NativeException e) {
            return false; // removed at this moment, or no namespace
        }
    }

    private static PeerOffloads in(@Nullable String netns, Link link) throws NativeException {
        String peer = name(link.peerIndex());
        if (peer == null) {
            throw new NativeException(
                    link.name(), "find the other end of the veth pair", Errno.ENODEV, "it is being removed");
        }
        return new PeerOffloads(
                netns, link.peerIndex(), peer, DeviceFeatures.turnOff(peer, DeviceFeatures::isTransmitOffload));
    }

    private static @Nullable String name(int index) throws NativeException {
        try (Netlink netlink = Netlink.open()) {
            for (Link each : netlink.links()) {
                if (each.index() == index) {
                    return each.name();
                }
            }
        }
        return null;
    }

    /** Turns on what was on; a peer that is gone, or has another place or name by now, is left alone. */
    public void restore() {
        try {
            if (netns == null) {
                restoreHere();
            } else if (NetworkNamespace.exists(netns)) {
                NetworkNamespace.run(netns, () -> {
                    restoreHere();
                    return turnedOff;
                });
            }
        } catch (IOException e) {
            return; // gone at this moment
        }
    }

    private void restoreHere() throws NativeException {
        if (name.equals(name(index))) {
            DeviceFeatures.turnOn(name, turnedOff);
        }
    }
}
