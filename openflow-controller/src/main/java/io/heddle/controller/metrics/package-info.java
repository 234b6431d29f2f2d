/**
 * What the controller counts, for Prometheus.
 *
 * <p>Threading: one thread of its own answers scrapes; what belongs to the controller loop comes from there as an immutable copy.
 */
@NullMarked
package io.heddle.controller.metrics;

import org.jspecify.annotations.NullMarked;
