/**
 * Ports: where frames come in and leave.
 *
 * <p>A port is received from and transmitted to by one poll loop; opening, closing and what is watched of the system's devices
 * happen on the control loop.
 */
@NullMarked
package io.heddle.datapath.port;

import org.jspecify.annotations.NullMarked;
