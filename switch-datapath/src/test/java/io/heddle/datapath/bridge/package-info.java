/** Tests of bridges: whole switches with ports in memory, driven by hand or by their threads. */
@NullMarked
package io.heddle.datapath.bridge;

import org.jspecify.annotations.NullMarked;
