/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.loop;

import org.jspecify.annotations.NullMarked;
