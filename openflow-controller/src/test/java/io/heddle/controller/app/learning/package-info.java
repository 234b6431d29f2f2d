/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.app.learning;

import org.jspecify.annotations.NullMarked;
