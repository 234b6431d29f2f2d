/**
 * Where switch and controller listen: gRPC on Unix sockets and TCP ports, metrics over HTTP.
 *
 * <p>Threading: each type says.
 */
@NullMarked
package io.heddle.proto.transport;

import org.jspecify.annotations.NullMarked;
