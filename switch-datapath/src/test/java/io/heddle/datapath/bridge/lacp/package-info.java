/** Tests of link aggregation. */
@NullMarked
package io.heddle.datapath.bridge.lacp;

import org.jspecify.annotations.NullMarked;
