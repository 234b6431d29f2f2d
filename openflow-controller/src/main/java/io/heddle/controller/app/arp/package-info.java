/**
 * The ARP proxy: answers for hosts that DHCP or traffic taught it.
 *
 * <p>Threading: the controller loop's thread.
 */
@NullMarked
package io.heddle.controller.app.arp;

import org.jspecify.annotations.NullMarked;
