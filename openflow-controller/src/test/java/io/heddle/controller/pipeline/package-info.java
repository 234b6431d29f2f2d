/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.pipeline;

import org.jspecify.annotations.NullMarked;
