/**
 * The tables as data: who owns which table and what its flows may look at; flows are verified against it.
 *
 * <p>Threading: everything is immutable.
 */
@NullMarked
package io.heddle.controller.pipeline;

import org.jspecify.annotations.NullMarked;
