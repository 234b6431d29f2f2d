/**
 * State that outlives the process: DHCP leases in an SQLite file.
 *
 * <p>Threading: a store belongs to one thread; {@link io.heddle.controller.store.LeaseWriter} is that thread and takes work from any.
 */
@NullMarked
package io.heddle.controller.store;

import org.jspecify.annotations.NullMarked;
