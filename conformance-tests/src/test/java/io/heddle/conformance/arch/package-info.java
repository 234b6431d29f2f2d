/**
 * The import rules of the architecture, and proof that each of them can fail.
 *
 * <p>Classes are read, not run: no threads.
 */
@NullMarked
package io.heddle.conformance.arch;

import org.jspecify.annotations.NullMarked;
