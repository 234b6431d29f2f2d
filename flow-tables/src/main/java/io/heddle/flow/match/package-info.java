/**
 * What a packet looks like to a flow table: the registry of match fields, the flat key that is extracted from a packet,
 * the mask over it, and the immutable {@link io.heddle.flow.match.Match} that flow entries and megaflows carry.
 *
 * <p>Threading: {@code FlowKey} and {@code FlowMask} belong to one thread at a time; everything else is immutable.
 */
@NullMarked
package io.heddle.flow.match;

import org.jspecify.annotations.NullMarked;
