/**
 * Frames as the controller sees and makes them: whole, on the heap, parsed once.
 *
 * <p>Threading: everything is immutable.
 */
@NullMarked
package io.heddle.controller.packet;

import org.jspecify.annotations.NullMarked;
