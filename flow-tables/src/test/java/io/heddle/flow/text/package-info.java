/** Tests of the flow syntax. */
@NullMarked
package io.heddle.flow.text;

import org.jspecify.annotations.NullMarked;
