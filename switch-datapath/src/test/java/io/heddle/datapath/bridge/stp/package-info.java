/** Tests of the spanning tree. */
@NullMarked
package io.heddle.datapath.bridge.stp;

import org.jspecify.annotations.NullMarked;
