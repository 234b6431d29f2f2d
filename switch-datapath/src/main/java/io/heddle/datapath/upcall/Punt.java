package io.heddle.datapath.upcall;

import io.heddle.flow.pipeline.DatapathAction;

/**
 * A packet on its way to the controllers.
 *
 * @param action that sent it
 * @param frame cut to the action's length
 * @param totalLength of the whole frame in octets
 */
@SuppressWarnings("ArrayRecordComponent") // identity is never asked for
public record Punt(DatapathAction.Punt action, byte[] frame, int totalLength) {}
