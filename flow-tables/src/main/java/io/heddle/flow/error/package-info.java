/**
 * Why a request is refused: OpenFlow's error types and codes as values, for every layer above.
 *
 * <p>Threading: everything is immutable.
 */
@NullMarked
package io.heddle.flow.error;

import org.jspecify.annotations.NullMarked;
