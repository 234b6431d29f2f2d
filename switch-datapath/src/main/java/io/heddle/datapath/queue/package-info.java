/**
 * What limits the rate of a port: queues for what leaves, a policer for what comes in.
 *
 * <p>A port without either has none of this on its way. Threading: made by the control loop, worked by the poll loop that owns the port;
 * counters are read by any thread.
 */
@NullMarked
package io.heddle.datapath.queue;

import org.jspecify.annotations.NullMarked;
