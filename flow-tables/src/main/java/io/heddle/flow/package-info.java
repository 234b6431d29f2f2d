/**
 * The pure library that says what a switch does: packets, matches, actions, tables and the pipeline.
 *
 * <p>No I/O, no threads, no clock: time and randomness are parameters. Types here belong to one thread at a time
 * unless they say otherwise.
 */
@NullMarked
package io.heddle.flow;

import org.jspecify.annotations.NullMarked;
