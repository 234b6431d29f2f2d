/**
 * The operating system: the only downcalls of the process (libc, ioctls, packet sockets, TUN devices, rtnetlink).
 *
 * <p>Nothing here knows what a packet or a port is. A call that cannot be made is a {@link NativeException} on the control path
 * and a negative errno on a packet's path. Any thread may use this package; an object belongs to one thread at a time.
 */
@NullMarked
package io.heddle.datapath.os;

import org.jspecify.annotations.NullMarked;
