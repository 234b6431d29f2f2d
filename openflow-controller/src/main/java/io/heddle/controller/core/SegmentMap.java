package io.heddle.controller.core;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which broadcast domain a bridge's VLAN is: the configured network that names it, else a domain of its own.
 *
 * <p>A network may span bridges: those that a tunnel or a cable joins.
 */
public final class SegmentMap {
    /**
     * Where a network is.
     *
     * @param name of the network
     * @param bridges names or datapath ids (16 hexadecimal digits); empty: every bridge
     * @param vlan 1 to 4094; 0: untagged
     */
    public record Place(String name, Set<String> bridges, int vlan) {
        public Place {
            bridges = Set.copyOf(bridges);
        }

        /** Says whether a bridge is part of the network. */
        public boolean includes(SwitchView view) {
            return bridges.isEmpty()
                    || bridges.contains(view.bridge())
                    || bridges.contains(view.id().toString());
        }
    }

    private final List<Place> places;

    public SegmentMap(List<Place> places) {
        this.places = List.copyOf(places);
    }

    /** Place of the network that has this bridge and VLAN, if one is configured; the first that fits. */
    public @Nullable Place place(SwitchView view, int vlan) {
        for (Place place : places) {
            if (place.vlan() == vlan && place.includes(view)) {
                return place;
            }
        }
        return null;
    }

    /** The broadcast domain of a bridge's VLAN. */
    public Segment segment(SwitchView view, int vlan) {
        Place place = place(view, vlan);
        return new Segment(place == null ? view.id() + "/" + vlan : place.name());
    }

    /** The VLANs of a bridge that are a network's; ascending, usually one. */
    public List<Integer> vlansOf(SwitchView view, Segment segment) {
        return places.stream()
                .filter(place -> place.name().equals(segment.name()) && place.includes(view))
                .map(Place::vlan)
                .distinct()
                .sorted()
                .toList();
    }
}
