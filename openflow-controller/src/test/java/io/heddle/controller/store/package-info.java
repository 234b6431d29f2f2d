/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.store;

import org.jspecify.annotations.NullMarked;
