/**
 * Meters: token buckets that flow entries refer to by number.
 *
 * <p>Threading: one writer (the control loop) for the table; a meter's buckets are filled and drained by poll loops.
 */
@NullMarked
package io.heddle.flow.meter;

import org.jspecify.annotations.NullMarked;
