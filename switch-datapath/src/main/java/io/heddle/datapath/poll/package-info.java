/**
 * The packet's way through the switch: receive, find the megaflow, execute its actions, transmit.
 *
 * <p>Threading: everything here belongs to one poll loop, but for what a type says otherwise. Nothing is allocated for a packet whose
 * megaflow is known.
 */
@NullMarked
package io.heddle.datapath.poll;

import org.jspecify.annotations.NullMarked;
