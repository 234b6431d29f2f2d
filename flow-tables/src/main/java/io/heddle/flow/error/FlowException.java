package io.heddle.flow.error;

/** Carries a {@link FlowError} out of a parser, a validator or a commit. Nothing has been changed when it is thrown. */
public final class FlowException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient FlowError error;

    public FlowException(FlowError error) {
        super(error.toString(), null, false, false);
        this.error = error;
    }

    public FlowException(ErrorCode code, String path, String message) {
        this(new FlowError(code, path, message));
    }

    public FlowError error() {
        return error;
    }
}
