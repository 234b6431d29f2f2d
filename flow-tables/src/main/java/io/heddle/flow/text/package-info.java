/**
 * The flow syntax of {@code ovs-ofctl}, parsed and printed: flows, matches, keys, actions, groups and meters. What is printed parses
 * to the same value.
 *
 * <p>Threading: parsers and formatters hold no state between calls; one may be used by any number of threads.
 */
@NullMarked
package io.heddle.flow.text;

import org.jspecify.annotations.NullMarked;
