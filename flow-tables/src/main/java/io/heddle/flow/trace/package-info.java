/**
 * A translation told step by step: the tree of bridges, tables, actions and buckets, and its text in the form of
 * {@code ovs-appctl ofproto/trace}.
 *
 * <p>Threading: a tracer belongs to one translation; its result is immutable.
 */
@NullMarked
package io.heddle.flow.trace;

import org.jspecify.annotations.NullMarked;
