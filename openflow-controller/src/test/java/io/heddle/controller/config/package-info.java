/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.config;

import org.jspecify.annotations.NullMarked;
