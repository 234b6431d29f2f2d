/** Tests of discovery. */
@NullMarked
package io.heddle.datapath.bridge.lldp;

import org.jspecify.annotations.NullMarked;
