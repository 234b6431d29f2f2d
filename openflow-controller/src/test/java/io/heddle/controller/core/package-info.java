/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.core;

import org.jspecify.annotations.NullMarked;
