package io.heddle.flow.pipeline;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which VLANs a port carries, and with which tag: for output to NORMAL only, flows see packets as they come. The modes are those of Open
 * vSwitch's {@code vlan_mode}.
 *
 * @param mode how the tag and the trunks are meant
 * @param tag VLAN id of the port itself, 0 to 4095; counts unless the mode is TRUNK
 * @param trunks VLAN ids that are carried with a tag; empty: all. Does not count if the mode is ACCESS.
 * @see <a href="https://standards.ieee.org/ieee/802.1Q/6844/">IEEE 802.1Q</a>
 */
public record PortVlans(Mode mode, int tag, Set<Integer> trunks) {
    /** What a port is. */
    public enum Mode {
        /** Carries the trunks; a packet without a tag is in VLAN 0. */
        TRUNK,
        /** Carries one VLAN, without a tag. */
        ACCESS,
        /** As TRUNK, and a packet that comes without a tag is in the port's own VLAN. */
        NATIVE_TAGGED,
        /** As NATIVE_TAGGED, and packets of the port's own VLAN leave without a tag. */
        NATIVE_UNTAGGED
    }

    /** Every VLAN as it comes: what a port does if nothing is said. */
    public static final PortVlans ALL = new PortVlans(Mode.TRUNK, 0, Set.of());

    /**
     * What settings mean: without a mode, a port with a tag is an access port, and one without it a trunk.
     *
     * @param mode null: not said
     * @param tag -1: not said
     * @throws IllegalArgumentException that begins with the setting ({@code tag}, {@code trunks}, {@code vlan-mode}) and a colon
     */
    public static PortVlans of(@Nullable Mode mode, int tag, Set<Integer> trunks) {
        Mode meant = mode != null ? mode : tag >= 0 ? Mode.ACCESS : Mode.TRUNK;
        if (tag < -1 || tag > MAX_VLAN) {
            throw new IllegalArgumentException("tag: " + tag + " is no VLAN id: 0 to " + MAX_VLAN);
        }
        for (int trunk : trunks) {
            if (trunk < 0 || trunk > MAX_VLAN) {
                throw new IllegalArgumentException("trunks: " + trunk + " is no VLAN id: 0 to " + MAX_VLAN);
            }
        }
        if (meant == Mode.ACCESS && !trunks.isEmpty()) {
            throw new IllegalArgumentException(
                    "trunks: an access port has none: leave them out, or say vlan-mode native-tagged or native-untagged");
        }
        if (meant == Mode.TRUNK && tag >= 0) {
            throw new IllegalArgumentException(
                    "tag: a trunk has none: leave it out, or say vlan-mode native-tagged or native-untagged");
        }
        if (meant != Mode.TRUNK && tag < 0) {
            throw new IllegalArgumentException("tag: is missing: the port's own VLAN, 0 to " + MAX_VLAN);
        }
        return new PortVlans(meant, Math.max(tag, 0), trunks);
    }

    /** A packet that the port does not admit. */
    public static final int NOT_ADMITTED = -1;

    private static final int MAX_VLAN = 4095;

    public PortVlans {
        trunks = Set.copyOf(trunks);
    }

    /**
     * The VLAN of a packet that comes in, or {@link #NOT_ADMITTED}.
     *
     * @param id in its tag; 0: it has no tag, or a priority tag
     */
    public int vlanOf(int id) {
        int vlan = id == 0 && mode != Mode.TRUNK ? tag : id;
        boolean isTagOnAccess = mode == Mode.ACCESS && id != 0;
        return isTagOnAccess || !carries(vlan) ? NOT_ADMITTED : vlan;
    }

    /** Says whether packets of a VLAN leave by the port. */
    boolean carries(int vlan) {
        return switch (mode) {
            case ACCESS -> vlan == tag;
            case TRUNK -> trunks.isEmpty() || trunks.contains(vlan);
            case NATIVE_TAGGED, NATIVE_UNTAGGED ->
                vlan == tag || vlan != 0 && (trunks.isEmpty() || trunks.contains(vlan));
        };
    }

    /** Says whether packets of a VLAN leave by the port, and with a tag. */
    public boolean leavesTagged(int vlan) {
        return vlan != 0 && carries(vlan) && isTagged(vlan);
    }

    /** Says whether a packet of a VLAN that is carried leaves with its tag; in VLAN 0 that is one with a priority, or none. */
    boolean isTagged(int vlan) {
        return switch (mode) {
            case ACCESS -> false;
            case TRUNK, NATIVE_TAGGED -> true;
            case NATIVE_UNTAGGED -> vlan != tag;
        };
    }

    /** For people: {@code access 10}, {@code trunk 10,20}, {@code native-untagged 10, trunk 20}. */
    @Override
    public String toString() {
        String name = mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
        String all = String.join(
                ",", new TreeSet<>(trunks).stream().map(String::valueOf).toList());
        return switch (mode) {
            case ACCESS -> name + " " + tag;
            case TRUNK -> name + (trunks.isEmpty() ? "" : " " + all);
            case NATIVE_TAGGED, NATIVE_UNTAGGED -> name + " " + tag + (trunks.isEmpty() ? "" : ", trunk " + all);
        };
    }
}
