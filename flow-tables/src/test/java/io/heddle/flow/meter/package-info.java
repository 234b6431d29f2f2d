/** Tests of meters. */
@NullMarked
package io.heddle.flow.meter;

import org.jspecify.annotations.NullMarked;
