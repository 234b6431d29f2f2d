/**
 * Protobuf messages of {@code heddle.v1} to and from the domain model, and errors to {@code google.rpc.Status}.
 *
 * <p>What a client sends is checked here as far as the message alone allows; the first bad field is named by its path in the message
 * ({@code match.fields[1].value}).
 *
 * <p>Threading: no state; any thread.
 */
@NullMarked
package io.heddle.proto.mapping;

import org.jspecify.annotations.NullMarked;
