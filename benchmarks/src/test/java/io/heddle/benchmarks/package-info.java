/** Says whether the benchmarks run; what they measure is not a test's business. */
@NullMarked
package io.heddle.benchmarks;

import org.jspecify.annotations.NullMarked;
