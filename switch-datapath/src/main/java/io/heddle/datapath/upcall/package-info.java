/**
 * What happens to packets that the caches do not know: translation by the pipeline, and the way to the controllers.
 *
 * <p>Threading: a miss is translated on the poll loop that has the packet. Punts go through a bounded queue to the control loop.
 */
@NullMarked
package io.heddle.datapath.upcall;

import org.jspecify.annotations.NullMarked;
