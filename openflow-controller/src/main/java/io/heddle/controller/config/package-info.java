/**
 * The controller's YAML file as frozen, validated records.
 *
 * <p>Threading: everything is immutable.
 */
@NullMarked
package io.heddle.controller.config;

import org.jspecify.annotations.NullMarked;
