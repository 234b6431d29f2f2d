/**
 * Switches that connect by OpenFlow: one connection is one bridge.
 *
 * <p>Threading: {@link io.heddle.controller.channel.openflow.Connection} belongs to the network's event loop and hands over what it
 * has decoded; everything else is the controller loop's.
 */
@NullMarked
package io.heddle.controller.channel.openflow;

import org.jspecify.annotations.NullMarked;
