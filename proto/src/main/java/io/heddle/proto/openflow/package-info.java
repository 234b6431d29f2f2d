/**
 * OpenFlow messages as values, and their form on the wire, in both directions. What differs between versions stands in tables of
 * numbers ({@link io.heddle.proto.openflow.MessageType}, {@link io.heddle.proto.openflow.ActionType}).
 *
 * <p>Threading: messages and codecs are immutable; a buffer belongs to the caller.
 */
@NullMarked
package io.heddle.proto.openflow;

import org.jspecify.annotations.NullMarked;
