/**
 * {@code heddle conformance}: public OpenFlow test suites, run against Heddle or Open vSwitch in network namespaces.
 *
 * <p>Threading: one thread starts the lanes, follows their runners' logs and writes the report.
 */
@NullMarked
package io.heddle.cli.conformance;

import org.jspecify.annotations.NullMarked;
