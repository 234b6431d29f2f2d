/**
 * Tests of the whole product: real hosts and clients, a real Open vSwitch as oracle, and the import rules.
 *
 * <p>Each test makes its own namespaces, paths and processes, and removes them.
 */
@NullMarked
package io.heddle.conformance;

import org.jspecify.annotations.NullMarked;
