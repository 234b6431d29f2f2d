package io.heddle.controller.core;

/**
 * The time of an event, read once.
 *
 * @param nanos of a monotonic clock: for rates and ages
 * @param epochMillis since 1970, of the wall clock: for what outlives the process
 */
public record Now(long nanos, long epochMillis) {}
