/** Tests of the caches against maps. */
@NullMarked
package io.heddle.datapath.cache;

import org.jspecify.annotations.NullMarked;
