/** Tests of the pipeline: flows in, one packet in, datapath actions and megaflow out. */
@NullMarked
package io.heddle.flow.trace;

import org.jspecify.annotations.NullMarked;
