/**
 * What the fast path remembers of translations: the exact-match cache in front of the megaflow cache, both in flat tables.
 *
 * <p>Threading: each poll loop has its own caches and alone touches them; counters may be read from any thread. Lookups allocate
 * nothing.
 */
@NullMarked
package io.heddle.datapath.cache;

import org.jspecify.annotations.NullMarked;
