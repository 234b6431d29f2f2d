/**
 * Tests of the command line in one process.
 *
 * <p>One thread, unless a test says otherwise.
 */
@NullMarked
package io.heddle.cli;

import org.jspecify.annotations.NullMarked;
