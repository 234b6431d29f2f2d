package io.heddle.datapath.port;

import io.heddle.datapath.buffer.PacketPool;

/**
 * What every port of one poll loop works with.
 *
 * @param pool that packets come from which are not in a receive ring
 * @param offload for what a port's device cannot do
 * @param oversize is told of packets that do not fit a port
 */
public record PortContext(PacketPool pool, SoftwareOffload offload, OversizeHandler oversize) {}
