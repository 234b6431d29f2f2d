/** Tests of the package of the same name. */
@NullMarked
package io.heddle.controller.channel;

import org.jspecify.annotations.NullMarked;
