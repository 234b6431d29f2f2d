/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.main;

import org.jspecify.annotations.NullMarked;
