/**
 * Counters that poll loops write and everybody reads: the one thing that flow entries, tables, groups, buckets and meters share.
 *
 * <p>Threading: any thread writes, any thread reads.
 */
@NullMarked
package io.heddle.flow.counter;

import org.jspecify.annotations.NullMarked;
