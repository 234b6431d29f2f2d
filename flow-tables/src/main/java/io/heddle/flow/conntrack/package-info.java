/**
 * Connection tracking and network address translation: which connection a packet belongs to, in which state that is, and what its
 * addresses become.
 *
 * <p>Threading: a tracker and everything in it is used by one thread at a time.
 */
@NullMarked
package io.heddle.flow.conntrack;

import org.jspecify.annotations.NullMarked;
