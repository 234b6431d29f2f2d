/**
 * Flow tables: entries, versions, flow-mods and the rules of adding, modifying, deleting and expiring.
 *
 * <p>Threading: one writer (the control loop); readers on any thread see the entries of a published version.
 */
@NullMarked
package io.heddle.flow.table;

import org.jspecify.annotations.NullMarked;
