package io.heddle.datapath.bridge;

/** The switch was asked for something and has stopped, or stopped before it came to it: nothing was done. */
public final class SwitchStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SwitchStoppedException() {
        super(null, null, false, false);
    }

    @Override
    public String getMessage() {
        return "the switch has stopped: start it and ask again";
    }
}
