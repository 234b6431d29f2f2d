/**
 * What {@code heddle demo} and {@code heddle conformance} make on a machine: namespaces, processes and files, all removed at the end.
 *
 * <p>Threading: a lab may be used and closed by several threads; everything else belongs to its caller's.
 */
@NullMarked
package io.heddle.cli.lab;

import org.jspecify.annotations.NullMarked;
