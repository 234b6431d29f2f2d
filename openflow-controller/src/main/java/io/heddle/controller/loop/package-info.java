/**
 * The controller loop: takes events from sessions, runs the apps, carries their commands out.
 *
 * <p>Threading: one thread, the loop's own; other threads hand it tasks.
 */
@NullMarked
package io.heddle.controller.loop;

import org.jspecify.annotations.NullMarked;
