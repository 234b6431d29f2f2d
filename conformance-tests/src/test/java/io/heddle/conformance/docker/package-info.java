/**
 * The images and the compose file, on a real Docker engine of the test's own.
 *
 * <p>One test class, one engine, one thread.
 */
@NullMarked
package io.heddle.conformance.docker;

import org.jspecify.annotations.NullMarked;
