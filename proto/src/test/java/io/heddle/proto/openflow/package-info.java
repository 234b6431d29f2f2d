/** Tests of the OpenFlow codec. */
@NullMarked
package io.heddle.proto.openflow;

import org.jspecify.annotations.NullMarked;
