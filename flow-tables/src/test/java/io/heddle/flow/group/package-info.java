/** Tests of group tables and bucket choice. */
@NullMarked
package io.heddle.flow.group;

import org.jspecify.annotations.NullMarked;
