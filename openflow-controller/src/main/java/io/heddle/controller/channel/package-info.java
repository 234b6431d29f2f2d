/**
 * Connections to switches: a session is the same for apps and loop whatever protocol it speaks.
 *
 * <p>Threading: a session belongs to the controller loop, which is also the executor of its callbacks.
 */
@NullMarked
package io.heddle.controller.channel;

import org.jspecify.annotations.NullMarked;
