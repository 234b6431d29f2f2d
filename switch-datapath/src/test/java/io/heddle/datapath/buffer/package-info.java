@NullMarked
package io.heddle.datapath.buffer;

import org.jspecify.annotations.NullMarked;
