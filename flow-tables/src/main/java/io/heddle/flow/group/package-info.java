/**
 * Groups: sets of action buckets that flow entries refer to by number.
 *
 * <p>Threading: one writer (the control loop); readers on any thread see the groups of a published version.
 */
@NullMarked
package io.heddle.flow.group;

import org.jspecify.annotations.NullMarked;
