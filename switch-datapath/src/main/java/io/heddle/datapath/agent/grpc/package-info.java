/**
 * The switch's end of {@code heddle.v1}: a gRPC server on Unix and TCP sockets, on top of {@link io.heddle.datapath.bridge.SwitchControl}.
 *
 * <p>Threading: Netty's event loops move octets; each message of a call is handled on a virtual thread, those of one call one after
 * the other. Nothing here waits on the control loop's thread.
 */
@NullMarked
package io.heddle.datapath.agent.grpc;

import org.jspecify.annotations.NullMarked;
