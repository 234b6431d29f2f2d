/**
 * The link aggregation control protocol: state machines without ports, threads or clock.
 *
 * <p>Threading: the control loop.
 */
@NullMarked
package io.heddle.datapath.bridge.lacp;

import org.jspecify.annotations.NullMarked;
