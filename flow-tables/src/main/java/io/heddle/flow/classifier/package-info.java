/**
 * Tuple-space search: finds the visible rule of highest priority that matches a key, and says which bits of the key decided.
 *
 * <p>Threading: one writer (the control loop); any thread looks up without a lock, in the version that it has read.
 */
@NullMarked
package io.heddle.flow.classifier;

import org.jspecify.annotations.NullMarked;
