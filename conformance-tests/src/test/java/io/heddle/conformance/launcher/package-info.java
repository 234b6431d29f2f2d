/**
 * The shell around the product: the launcher, the wrapper, what they install and how they count tests.
 *
 * <p>One thread.
 */
@NullMarked
package io.heddle.conformance.launcher;

import org.jspecify.annotations.NullMarked;
