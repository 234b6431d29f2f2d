package io.heddle.controller.api;

import io.heddle.controller.app.learning.LearnedHost;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.controller.store.Lease;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the service lists. Called from any thread; the answers were true at one moment.
 *
 * <p>Thread safety: safe.
 */
public interface Inventory {
    /**
     * A host that was learned.
     *
     * @param view of its bridge; null when that is not connected now
     * @param ips IPv4 addresses, ascending
     */
    record HostEntry(LearnedHost host, @Nullable SwitchView view, List<Integer> ips) {
        public HostEntry {
            ips = List.copyOf(ips);
        }
    }

    /**
     * What an address is doing.
     *
     * @param offered it was only offered yet
     */
    record LeaseEntry(Lease lease, boolean offered) {}

    List<SwitchStatus> switches();

    List<HostEntry> hosts();

    List<LeaseEntry> leases();

    /** Since 1970. */
    long nowMillis();
}
