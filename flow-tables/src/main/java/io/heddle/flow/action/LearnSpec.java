package io.heddle.flow.action;

import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The flow that {@code learn} makes of a packet.
 *
 * @param tableId where it is added
 * @param priority 0 to 65535
 * @param cookie of the learned flow
 * @param idleTimeoutSeconds 0 to 65535, 0 for none
 * @param hardTimeoutSeconds 0 to 65535, 0 for none; counts from the last packet that learned the flow
 * @param finIdleTimeoutSeconds the learned flow's {@code fin_timeout}, 0 for none
 * @param finHardTimeoutSeconds the learned flow's {@code fin_timeout}, 0 for none
 * @param sendsFlowRemoved whether controllers are told when it ends
 * @param isDeletedWithIt whether flows of that table and cookie are deleted with the last flow that learns them
 * @param limit most flows of that table and cookie that are learned, unsigned; 0 for no limit
 * @param result one bit that is set if the flow is there or is going to be, and cleared if the limit is reached; null for none
 * @param parts what the flow matches and does, in order
 * @see <a href="https://www.openvswitch.org/support/dist-docs/ovs-actions.7.html">ovs-actions(7), "The learn action"</a>
 */
public record LearnSpec(
        int tableId,
        int priority,
        long cookie,
        int idleTimeoutSeconds,
        int hardTimeoutSeconds,
        int finIdleTimeoutSeconds,
        int finHardTimeoutSeconds,
        boolean sendsFlowRemoved,
        boolean isDeletedWithIt,
        int limit,
        @Nullable Subfield result,
        List<Part> parts) {
    /** Table of a {@code learn} that names none. */
    public static final int DEFAULT_TABLE = 1;

    /** Bits of {@code in_port} that the extensions know. */
    static final int NARROW_PORT_BITS = 16;

    /** What a part adds to the flow. */
    public enum Target {
        /** Matches on bits of a field. */
        MATCH,
        /** Writes bits of a field. */
        LOAD,
        /** Outputs to a port. */
        OUTPUT
    }

    /**
     * One thing that the flow matches or does.
     *
     * @param destination the bits that are matched or written; null iff {@code target} is {@link Target#OUTPUT}
     * @param source the packet's bits that are taken, as many as {@code destination} has; null for {@code value}
     * @param value valid iff {@code source} is null
     */
    public record Part(
            Target target,
            @Nullable Subfield destination,
            @Nullable Subfield source,
            Bits value) {
        public Part {
            if ((destination == null) != (target == Target.OUTPUT)) {
                throw new IllegalArgumentException(target + " and a destination do not go together");
            }
            if (source == null && destination == null) {
                throw new IllegalArgumentException("an output needs a field that names the port");
            }
            if (source != null && destination != null && source.bits() != destination.bits()) {
                throw new IllegalArgumentException("%d bits of %s do not fit %d bits of %s"
                        .formatted(
                                source.bits(),
                                source.field().fieldName(),
                                destination.bits(),
                                destination.field().fieldName()));
            }
            if (source == null
                    && destination != null
                    && !value.and(Bits.ones(destination.bits()).not()).isZero()) {
                throw new IllegalArgumentException("the value has more than %d bits".formatted(destination.bits()));
            }
        }

        public static Part match(Subfield destination, Subfield source) {
            return new Part(Target.MATCH, destination, source, Bits.ZERO);
        }

        public static Part match(Subfield destination, Bits value) {
            return new Part(Target.MATCH, destination, null, value);
        }

        public static Part load(Subfield destination, Subfield source) {
            return new Part(Target.LOAD, destination, source, Bits.ZERO);
        }

        public static Part load(Subfield destination, Bits value) {
            return new Part(Target.LOAD, destination, null, value);
        }

        public static Part output(Subfield source) {
            return new Part(Target.OUTPUT, null, source, Bits.ZERO);
        }
    }

    public LearnSpec {
        require("tableId", tableId, 255);
        require("priority", priority, 0xffff);
        require("idleTimeoutSeconds", idleTimeoutSeconds, 0xffff);
        require("hardTimeoutSeconds", hardTimeoutSeconds, 0xffff);
        require("finIdleTimeoutSeconds", finIdleTimeoutSeconds, 0xffff);
        require("finHardTimeoutSeconds", finHardTimeoutSeconds, 0xffff);
        if (result != null && result.bits() != 1) {
            throw new IllegalArgumentException("the result is one bit, not " + result.bits());
        }
        parts = List.copyOf(parts);
    }

    private static void require(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " " + value + " is not in 0-" + most);
        }
    }

    /** Says whether bits are all that a match on the field can be about. */
    public static boolean isWhole(Subfield bits) {
        return bits.bit() == 0
                && (bits.bits() == bits.field().bits()
                        || bits.field() == MatchField.IN_PORT && bits.bits() == NARROW_PORT_BITS);
    }
}
