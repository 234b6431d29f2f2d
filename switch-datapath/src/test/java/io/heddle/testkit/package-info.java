/**
 * What tests of several modules share: hosts in network namespaces and processes with deadlines.
 *
 * <p>A lab belongs to the test's thread; what a process prints is collected by a thread of its own.
 */
@NullMarked
package io.heddle.testkit;

import org.jspecify.annotations.NullMarked;
