/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.api;

import org.jspecify.annotations.NullMarked;
