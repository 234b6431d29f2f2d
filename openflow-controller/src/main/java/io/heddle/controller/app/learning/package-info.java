/**
 * The learning switch: which host is behind which port, per VLAN.
 *
 * <p>Threading: the controller loop's thread.
 */
@NullMarked
package io.heddle.controller.app.learning;

import org.jspecify.annotations.NullMarked;
