/**
 * Frames in direct memory: the packet, the pool that it comes from, and the batch that it travels in.
 *
 * <p>Nothing is allocated after a pool has been made. A pool, its packets and a batch belong to one poll loop.
 */
@NullMarked
package io.heddle.datapath.buffer;

import org.jspecify.annotations.NullMarked;
