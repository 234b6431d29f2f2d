/**
 * The link layer discovery protocol: frames and neighbours, without ports, threads or clock.
 *
 * <p>Threading: the control loop.
 */
@NullMarked
package io.heddle.datapath.bridge.lldp;

import org.jspecify.annotations.NullMarked;
