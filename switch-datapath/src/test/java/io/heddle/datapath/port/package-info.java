@NullMarked
package io.heddle.datapath.port;

import org.jspecify.annotations.NullMarked;
