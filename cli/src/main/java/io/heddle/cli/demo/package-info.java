/**
 * {@code heddle demo}: real switches, a real controller and real hosts in network namespaces, checked step by step.
 *
 * <p>Threading: one thread walks through the steps; a shutdown hook takes the lab down when the user interrupts it.
 */
@NullMarked
package io.heddle.cli.demo;

import org.jspecify.annotations.NullMarked;
