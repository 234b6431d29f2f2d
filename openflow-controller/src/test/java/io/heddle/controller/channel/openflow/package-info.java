/**
 * Tests of the package of the same name.
 *
 * <p>Threading: each test its own.
 */
@NullMarked
package io.heddle.controller.channel.openflow;

import org.jspecify.annotations.NullMarked;
