/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.metrics;

import org.jspecify.annotations.NullMarked;
