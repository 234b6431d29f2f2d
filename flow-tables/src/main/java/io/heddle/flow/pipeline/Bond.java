package io.heddle.flow.pipeline;

import io.heddle.flow.counter.HitCounter;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Several ports that are one to NORMAL, as they are now.
 *
 * <p>Threading: immutable; the control loop makes another when something changes.
 *
 * @param number OpenFlow number of the first member: the bond's own in learned addresses
 * @param enabled OpenFlow numbers of the members that may be used
 * @param active the member that sends and receives what only one may; 0 for none
 * @param fallsBack acts as active-backup while LACP has no partner
 * @param slots OpenFlow number of the member for each hash, 0 for none; as many as {@code loads}, a power of two
 * @param loads count what each slot sends; they are in megaflows
 */
public record Bond(
        int number,
        String name,
        Mode mode,
        Lacp lacp,
        boolean fallsBack,
        Set<Integer> enabled,
        int active,
        List<Integer> slots,
        List<HitCounter> loads) {
    /** How packets are spread. */
    public enum Mode {
        ACTIVE_BACKUP,
        BALANCE_SLB,
        BALANCE_TCP
    }

    /** What LACP says. */
    public enum Lacp {
        OFF,
        /** There is no partner yet. */
        CONFIGURED,
        NEGOTIATED
    }

    public Bond {
        enabled = Set.copyOf(enabled);
        slots = List.copyOf(slots);
        loads = List.copyOf(loads);
    }

    /** How packets are spread now; null when none may be sent. */
    @Nullable
    Mode modeNow() {
        if (lacp == Lacp.CONFIGURED) {
            return fallsBack ? Mode.ACTIVE_BACKUP : null;
        }
        return mode == Mode.BALANCE_TCP && lacp != Lacp.NEGOTIATED ? null : mode;
    }
}
