/**
 * The spanning tree protocol, rapid and old: state machines without ports, threads or clock.
 *
 * <p>Threading: the control loop.
 */
@NullMarked
package io.heddle.datapath.bridge.stp;

import org.jspecify.annotations.NullMarked;
