/**
 * The DHCP server (RFC 2131, 2132, 3046): messages and options, address pools, the server's state machine.
 *
 * <p>Threading: the controller loop's thread.
 */
@NullMarked
package io.heddle.controller.app.dhcp;

import org.jspecify.annotations.NullMarked;
