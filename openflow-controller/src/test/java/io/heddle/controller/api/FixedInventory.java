package io.heddle.controller.api;

import io.heddle.controller.loop.SwitchStatus;
import java.util.List;

/** Knows what it is told. */
public record FixedInventory(
        List<SwitchStatus> switches, List<HostEntry> hosts, List<LeaseEntry> leases, long nowMillis)
        implements Inventory {}
