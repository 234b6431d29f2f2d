/**
 * Packets as octets: views that read and write header fields in place, values that build and parse whole headers, checksums,
 * rewriting, segmentation and a one-line printer.
 *
 * <p>Threading: everything is stateless or belongs to one thread at a time. Views, layers, editor and segmentation allocate
 * nothing; builders, header values and the printer do.
 */
@NullMarked
package io.heddle.flow.packet;

import org.jspecify.annotations.NullMarked;
