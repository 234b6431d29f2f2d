/**
 * What apps are made of: events in, commands out, the flows that should be (intents) and their difference to what is.
 *
 * <p>Threading: values are immutable; apps, intents and limits belong to the controller loop's thread.
 */
@NullMarked
package io.heddle.controller.core;

import org.jspecify.annotations.NullMarked;
