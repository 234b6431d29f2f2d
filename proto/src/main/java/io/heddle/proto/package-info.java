/**
 * The wire forms of the model in {@code io.heddle.flow}: the {@code heddle.v1} gRPC services and OpenFlow.
 *
 * <p>Stateless: any thread may use what is in here.
 */
@NullMarked
package io.heddle.proto;

import org.jspecify.annotations.NullMarked;
