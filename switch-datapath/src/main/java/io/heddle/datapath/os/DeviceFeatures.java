package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Features of a device as {@code ethtool -k} shows them, and the number of its queues ({@code linux/ethtool.h}).
 *
 * <p>Thread safety: none needed. Devices are those of the calling thread's network namespace.
 */
public final class DeviceFeatures {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GSTRINGS = 0x1b;
    private static final int ETHTOOL_GSSET_INFO = 0x37;
    private static final int ETHTOOL_GFEATURES = 0x3a;
    private static final int ETHTOOL_SFEATURES = 0x3b;
    private static final int ETHTOOL_GCHANNELS = 0x3c;
    private static final int ETH_SS_FEATURES = 4;
    private static final int NAME = 32;
    private static final int MOST_FEATURES = 512;

    private DeviceFeatures() {}

    /**
     * Says which features leave to the device, or to whoever is behind it, what a frame needs to be complete: checksums, segmentation, VLAN tags.
     */
    public static boolean isTransmitOffload(String feature) {
        return feature.startsWith("tx-checksum-")
                || feature.startsWith("tx-vlan-")
                || feature.startsWith("tx-gso-")
                || feature.startsWith("tx-") && feature.endsWith("-segmentation") && !isDoneByTheStack(feature);
    }

    /** The network stack's own segmentation, which is over before the device gets a frame. */
    private static boolean isDoneByTheStack(String feature) {
        return feature.equals("tx-generic-segmentation");
    }

    /** Says which features change received frames: merge them, or take VLAN tags out. */
    public static boolean isReceiveOffload(String feature) {
        return feature.equals("rx-lro")
                || feature.equals("rx-gro-hw")
                || feature.startsWith("rx-vlan-") && feature.endsWith("-parse");
    }

    /**
     * Turns features off.
     *
     * @param which says it by name
     * @return names of those that were on, for {@link #turnOn}
     * @throws NativeException if one stays on, or the device is gone
     */
    public static Set<String> turnOff(String device, Predicate<String> which) throws NativeException {
        Set<String> changed = active(device, which);
        if (changed.isEmpty()) {
            return changed;
        }
        set(device, changed, false);
        Set<String> left = active(device, which);
        if (!left.isEmpty()) {
            throw new NativeException(
                    device,
                    "ETHTOOL_SFEATURES",
                    0,
                    "cannot turn off " + String.join(", ", left) + ": use the port with io: af_packet");
        }
        return changed;
    }

    /** Turns features on, as far as the device can. */
    public static void turnOn(String device, Set<String> features) throws NativeException {
        if (!features.isEmpty()) {
            set(device, features, true);
        }
    }

    private static Set<String> active(String device, Predicate<String> which) throws NativeException {
        Set<String> active = new TreeSet<>();
        try (Arena arena = Arena.ofConfined();
                FileDescriptor fd = socket(device)) {
            List<String> names = names(fd, device, arena);
            int blocks = (names.size() + 31) / 32;
            // struct ethtool_gfeatures: cmd, size, blocks of {available, requested, active, never changed}
            MemorySegment features = arena.allocate(8 + 16L * blocks, 8);
            features.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GFEATURES);
            features.set(ValueLayout.JAVA_INT, 4, blocks);
            NativeException.check(ethtool(fd, device, features), device, "ETHTOOL_GFEATURES");
            for (int i = 0; i < names.size(); i++) {
                boolean isOn = (features.get(ValueLayout.JAVA_INT, 8 + 16L * (i / 32) + 8) >>> i % 32 & 1) != 0;
                if (isOn && which.test(names.get(i))) {
                    active.add(names.get(i));
                }
            }
        }
        return active;
    }

    private static void set(String device, Set<String> chosen, boolean on) throws NativeException {
        try (Arena arena = Arena.ofConfined();
                FileDescriptor fd = socket(device)) {
            List<String> names = names(fd, device, arena);
            int blocks = (names.size() + 31) / 32;
            // struct ethtool_sfeatures: cmd, size, blocks of {valid, requested}
            MemorySegment features = arena.allocate(8 + 8L * blocks, 8);
            features.set(ValueLayout.JAVA_INT, 0, ETHTOOL_SFEATURES);
            features.set(ValueLayout.JAVA_INT, 4, blocks);
            for (int i = 0; i < names.size(); i++) {
                if (chosen.contains(names.get(i))) {
                    long at = 8 + 8L * (i / 32);
                    int bit = 1 << i % 32;
                    features.set(ValueLayout.JAVA_INT, at, features.get(ValueLayout.JAVA_INT, at) | bit);
                    if (on) {
                        features.set(ValueLayout.JAVA_INT, at + 4, features.get(ValueLayout.JAVA_INT, at + 4) | bit);
                    }
                }
            }
            NativeException.check(ethtool(fd, device, features), device, "ETHTOOL_SFEATURES");
        }
    }

    private static List<String> names(FileDescriptor fd, String device, Arena arena) throws NativeException {
        // struct ethtool_sset_info: cmd, reserved, u64 sets, u32 sizes
        MemorySegment info = arena.allocate(24, 8);
        info.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GSSET_INFO);
        info.set(ValueLayout.JAVA_LONG, 8, 1L << ETH_SS_FEATURES);
        NativeException.check(ethtool(fd, device, info), device, "ETHTOOL_GSSET_INFO");
        int count = Math.min(info.get(ValueLayout.JAVA_INT, 16), MOST_FEATURES);
        // struct ethtool_gstrings: cmd, set, length, names of 32 octets
        MemorySegment strings = arena.allocate(12 + (long) NAME * count, 8);
        strings.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GSTRINGS);
        strings.set(ValueLayout.JAVA_INT, 4, ETH_SS_FEATURES);
        strings.set(ValueLayout.JAVA_INT, 8, count);
        NativeException.check(ethtool(fd, device, strings), device, "ETHTOOL_GSTRINGS");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] octets = strings.asSlice(12 + (long) NAME * i, NAME).toArray(ValueLayout.JAVA_BYTE);
            int end = 0;
            while (end < NAME && octets[end] != 0) {
                end++;
            }
            names.add(new String(octets, 0, end, StandardCharsets.US_ASCII));
        }
        return names;
    }

    /** Returns how many queues a device receives through, at least 1. */
    public static int receiveQueues(String device) throws NativeException {
        try (Arena arena = Arena.ofConfined();
                FileDescriptor fd = socket(device)) {
            // struct ethtool_channels: cmd, most rx, tx, other, combined, then the same as they are
            MemorySegment channels = arena.allocate(36, 8);
            channels.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GCHANNELS);
            int result = ethtool(fd, device, channels);
            if (result == -Errno.EOPNOTSUPP) {
                return 1;
            }
            NativeException.check(result, device, "ETHTOOL_GCHANNELS");
            return Math.max(1, channels.get(ValueLayout.JAVA_INT, 20) + channels.get(ValueLayout.JAVA_INT, 32));
        }
    }

    private static FileDescriptor socket(String device) throws NativeException {
        return new FileDescriptor(
                NativeException.check(Libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), device, "socket(AF_INET)"));
    }

    private static int ethtool(FileDescriptor fd, String device, MemorySegment request) {
        try (Arena arena = Arena.ofConfined()) {
            // struct ifreq: name, pointer
            MemorySegment interfaceRequest = arena.allocate(40, 8);
            interfaceRequest.setString(0, device, StandardCharsets.US_ASCII);
            interfaceRequest.set(ValueLayout.JAVA_LONG, 16, request.address());
            return Libc.ioctl(fd.number(), SIOCETHTOOL, interfaceRequest.address());
        }
    }
}
