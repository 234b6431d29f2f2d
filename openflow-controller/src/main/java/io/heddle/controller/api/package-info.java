/**
 * The controller's northbound: the gRPC service that lists switches, hosts and leases.
 *
 * <p>Threading: gRPC's threads call; what they read is asked of the controller loop.
 */
@NullMarked
package io.heddle.controller.api;

import org.jspecify.annotations.NullMarked;
