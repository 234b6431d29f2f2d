/**
 * What a flow entry or a group bucket does with a packet: OpenFlow actions and instructions as immutable values.
 *
 * <p>Threading: everything is immutable.
 */
@NullMarked
package io.heddle.flow.action;

import org.jspecify.annotations.NullMarked;
