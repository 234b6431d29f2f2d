package io.heddle.proto.mapping;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;

/** Ranges of plain numbers. */
final class Checks {
    private Checks() {}

    /** {@code value} if it is in {@code low} to {@code high}; a {@code uint32} beyond 2^31 is not. */
    static int range(String path, int value, int low, int high, ErrorCode code) throws FlowException {
        if (value < low || value > high) {
            throw new FlowException(
                    code,
                    path,
                    "%s is out of range, it must be %d to %d".formatted(Integer.toUnsignedString(value), low, high));
        }
        return value;
    }
}
