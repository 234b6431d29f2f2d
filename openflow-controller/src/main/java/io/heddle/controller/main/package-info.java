/**
 * The controller process: wiring, start, stop, metrics.
 *
 * <p>Threading: the main thread starts and stops; the controller loop does the work.
 */
@NullMarked
package io.heddle.controller.main;

import org.jspecify.annotations.NullMarked;
