/**
 * The {@code heddle} command: runs the processes and talks to them over gRPC.
 *
 * <p>One thread, the main one, unless a command says otherwise.
 */
@NullMarked
package io.heddle.cli;

import org.jspecify.annotations.NullMarked;
