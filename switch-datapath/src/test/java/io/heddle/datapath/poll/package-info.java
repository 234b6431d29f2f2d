/** Tests of the poll loop's parts, driven by hand. */
@NullMarked
package io.heddle.datapath.poll;

import org.jspecify.annotations.NullMarked;
