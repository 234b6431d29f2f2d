/**
 * What the switch counts, by name.
 *
 * <p>Counters have one writer, the thread that owns what they count; any thread may read them.
 */
@NullMarked
package io.heddle.datapath.metrics;

import org.jspecify.annotations.NullMarked;
