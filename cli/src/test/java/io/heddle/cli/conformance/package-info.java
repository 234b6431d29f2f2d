/** Tests of {@code heddle conformance} without its lab. */
@NullMarked
package io.heddle.cli.conformance;

import org.jspecify.annotations.NullMarked;
