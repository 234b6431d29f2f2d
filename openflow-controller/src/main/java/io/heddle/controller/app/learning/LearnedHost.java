package io.heddle.controller.app.learning;

import io.heddle.controller.core.SwitchId;

/**
 * A host behind a port.
 *
 * @param id the bridge
 * @param vlan 0 for untagged
 * @param mac lower 48 bits
 * @param port OpenFlow port number
 * @param sinceMillis when it came to this port, since 1970
 * @param seenMillis when the controller last saw a packet of it, since 1970
 */
public record LearnedHost(SwitchId id, int vlan, long mac, int port, long sinceMillis, long seenMillis) {}
