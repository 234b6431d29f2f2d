/**
 * The first table: what people add by hand goes before everything else; all other packets pass on.
 *
 * <p>Threading: the controller loop's thread.
 */
@NullMarked
package io.heddle.controller.app.admission;

import org.jspecify.annotations.NullMarked;
