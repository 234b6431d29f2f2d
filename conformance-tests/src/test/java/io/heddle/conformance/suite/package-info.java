/** A short part of the public suites, as an ordinary test. */
@NullMarked
package io.heddle.conformance.suite;

import org.jspecify.annotations.NullMarked;
