/**
 * JMH benchmarks of the parts of a packet's path, in memory and on one core: no device, no system call, no other thread.
 *
 * <p>Threading: JMH's, one for each benchmark.
 */
@NullMarked
package io.heddle.benchmarks;

import org.jspecify.annotations.NullMarked;
