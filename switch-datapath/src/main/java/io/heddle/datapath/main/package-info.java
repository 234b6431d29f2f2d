/**
 * The switch process: its configuration file, its wiring, its start and its end.
 *
 * <p>Threading: the main thread starts and stops everything; it owns nothing afterwards.
 */
@NullMarked
package io.heddle.datapath.main;

import org.jspecify.annotations.NullMarked;
