package io.heddle.datapath.bridge;

import io.heddle.flow.error.FlowError;

/**
 * Why an update of a batch was refused.
 *
 * @param index in the batch, from 0
 * @param error OpenFlow's type and code, path below the update ({@code flow.match.nw_src}), sentence
 */
public record UpdateFailure(int index, Kind kind, FlowError error) {
    /** Coarse kind, for APIs that do not speak OpenFlow's codes. */
    public enum Kind {
        INVALID,
        NOT_FOUND,
        ALREADY_EXISTS,
        /** A table is full. */
        EXHAUSTED,
        /** It was right, but another update of an atomic batch was refused. */
        ABORTED
    }
}
