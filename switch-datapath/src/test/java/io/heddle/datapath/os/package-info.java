@NullMarked
package io.heddle.datapath.os;

import org.jspecify.annotations.NullMarked;
