package io.heddle.flow.meter;

import java.util.List;
import java.util.Set;

/**
 * A request to change a meter.
 *
 * @param meterId 1 to 0xffff0000, {@link #CONTROLLER} or {@link #SLOW_PATH}; {@link #ALL_METERS} to delete all
 * @param flags {@link Flag#KBPS} or {@link Flag#PKTPS}, {@link Flag#BURST}, {@link Flag#STATS}
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.3.4.4</a>
 */
public record MeterMod(Command command, int meterId, Set<Flag> flags, List<Band> bands) {
    /** Largest meter number ({@code OFPM_MAX}). */
    public static final int MAX_METER = 0xffff0000;

    /** {@code OFPM_SLOWPATH}: limits packets to the switch itself. Flows cannot name it. */
    public static final int SLOW_PATH = 0xfffffffd;

    /** {@code OFPM_CONTROLLER}: limits packets to controllers that have no other meter. Flows cannot name it. */
    public static final int CONTROLLER = 0xfffffffe;

    /** {@code OFPM_ALL}. */
    public static final int ALL_METERS = 0xffffffff;

    /** What to do with the meter. */
    public enum Command {
        ADD,
        MODIFY,
        DELETE
    }

    /** {@code OFPMF_*}, in bit order. */
    public enum Flag {
        KBPS,
        PKTPS,
        BURST,
        STATS
    }

    /** A rate and what happens above it. */
    public sealed interface Band {
        /** Kilobits or packets per second, unsigned 32 bits. */
        long rate();

        /** Kilobits or packets, unsigned 32 bits; 0 where the {@code BURST} flag is not given. */
        long burstSize();

        record Drop(long rate, long burstSize) implements Band {}

        /** {@code precedenceLevel}: by how much the drop precedence of the DSCP is raised (RFC 2474), 1 to 2. */
        record DscpRemark(long rate, long burstSize, int precedenceLevel) implements Band {}
    }

    /** Says whether a meter may have that number. */
    public static boolean isNumber(int meterId) {
        return meterId == SLOW_PATH
                || meterId == CONTROLLER
                || meterId != 0 && Integer.compareUnsigned(meterId, MAX_METER) <= 0;
    }

    public MeterMod {
        flags = Set.copyOf(flags);
        bands = List.copyOf(bands);
    }
}
