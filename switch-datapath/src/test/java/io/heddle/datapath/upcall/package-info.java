/** Tests of the way to the controllers. */
@NullMarked
package io.heddle.datapath.upcall;

import org.jspecify.annotations.NullMarked;
