/** Tests of connection tracking. */
@NullMarked
package io.heddle.flow.conntrack;

import org.jspecify.annotations.NullMarked;
