/**
 * The whole product on real interfaces with real clients: switch and controller processes started by the launcher, hosts in
 * network namespaces.
 *
 * <p>Threading: each test's own thread.
 */
@NullMarked
package io.heddle.conformance.e2e;

import org.jspecify.annotations.NullMarked;
