/**
 * The OpenFlow pipeline, evaluated once per kind of packet: a key goes in, a {@link io.heddle.flow.pipeline.Translation} (datapath
 * actions and the mask of what was looked at) comes out.
 *
 * <p>Threading: a translation runs on the thread that asks for it, against the published version it is given.
 */
@NullMarked
package io.heddle.flow.pipeline;

import org.jspecify.annotations.NullMarked;
