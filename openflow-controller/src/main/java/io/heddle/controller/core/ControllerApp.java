package io.heddle.controller.core;

import java.util.List;

/**
 * A part of the controller's behaviour: a function from events to commands with state of its own.
 *
 * <p>An app does no input or output, starts no thread and reads no clock. Apps do not know one another; what one finds out and
 * others may use is published as an event.
 *
 * <p>Thread: the controller loop.
 */
public interface ControllerApp {
    /** Name in configuration, logs and metrics. */
    String name();

    /**
     * Takes part in an event.
     *
     * @return what to do, in order; empty for nothing
     */
    List<Command> onEvent(Event event, Now now);
}
