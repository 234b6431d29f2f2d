/**
 * Programs that tests run, with a limit on their time.
 *
 * <p>The caller's thread waits for them.
 */
@NullMarked
package io.heddle.conformance.command;

import org.jspecify.annotations.NullMarked;
