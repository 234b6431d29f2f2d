package io.heddle.flow.pipeline;

import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.match.FlowMask;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the pipeline says about one kind of packet.
 *
 * @param actions the program; empty means that the packet is dropped
 * @param mask every bit of the key that the pipeline looked at: all packets that agree in these bits are treated alike. Only words
 *     below {@link io.heddle.flow.match.KeyLayout#PACKET_WORDS} have bits; in_port and recirc_id are always exact
 * @param counters what each packet of the megaflow is counted in: flow entries, tables, groups, buckets
 * @param version revision under which this was made ({@link io.heddle.flow.classifier.VersionClock#revision}): while that is still the
 *     current one, this is still true
 * @param drop why the packet goes nowhere; null iff some action outputs, punts or recirculates
 * @param seen what it rests on
 * @param effects what the packet changes in flow tables, in order: the control loop is to be told
 */
public record Translation(
        List<DatapathAction> actions,
        FlowMask mask,
        List<HitCounter> counters,
        long version,
        @Nullable DropCause drop,
        Seen seen,
        List<TableEffect> effects) {
    /** Why a translated packet is output nowhere. */
    public enum DropCause {
        /** No entry matched in a table and there is no table-miss entry. */
        TABLE_MISS,
        /** An entry matched and its actions output nothing. */
        NO_OUTPUT,
        /** The only outputs were to the port the packet came from. */
        OUTPUT_TO_IN_PORT,
        /** A TTL would have become 0. */
        INVALID_TTL,
        /** A group had no live bucket. */
        NO_LIVE_BUCKET,
        /** Too many resubmits, patch ports or nested groups. */
        TRANSLATION_LIMIT,
        /** The port does not exist, is down or does not forward. */
        PORT_DOWN,
        /** The port does not accept packets ({@code OFPPC_NO_RECV}). */
        NO_RECEIVE,
        /** The recirculation id is not known any more. */
        UNKNOWN_RECIRCULATION,
        /** All recirculation ids are in use. */
        RECIRCULATION_LIMIT,
        /** Fragments are dropped by configuration. */
        FRAGMENT,
        /** The port that the packet came from does not carry its VLAN. */
        VLAN,
        /** The spanning tree blocks the port. */
        SPANNING_TREE,
        /** A bond does not take the packet from this member. */
        BOND
    }

    public Translation {
        actions = List.copyOf(actions);
        counters = List.copyOf(counters);
        effects = List.copyOf(effects);
    }

    /** Without effects. */
    public Translation(
            List<DatapathAction> actions,
            FlowMask mask,
            List<HitCounter> counters,
            long version,
            @Nullable DropCause drop,
            Seen seen) {
        this(actions, mask, counters, version, drop, seen, List.of());
    }

    /** Says whether both do the same to the same packets; used to keep a megaflow when the tables have changed. */
    public boolean isSameAs(Translation other) {
        return actions.equals(other.actions)
                && mask.equals(other.mask)
                && counters.equals(other.counters)
                && drop == other.drop;
    }
}
