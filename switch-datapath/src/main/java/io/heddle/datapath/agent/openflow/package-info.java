/**
 * OpenFlow's control channel: connections to controllers, listeners for management clients, and the requests of both.
 *
 * <p>Threading: one event loop thread for all connections of the process. It hands work to the bridges' control loop and never waits
 * for it.
 */
@NullMarked
package io.heddle.datapath.agent.openflow;

import org.jspecify.annotations.NullMarked;
