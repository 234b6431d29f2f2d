/**
 * The switch process: ports, buffers, poll loops, caches, offload and control channels.
 *
 * <p>One control loop owns the tables; poll loops own ports, buffers and caches.
 */
@NullMarked
package io.heddle.datapath;

import org.jspecify.annotations.NullMarked;
