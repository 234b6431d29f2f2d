package io.heddle.datapath.bridge;

/** The bridge has been removed while someone still held it. */
public final class BridgeGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String bridge;

    public BridgeGoneException(String bridge) {
        super(null, null, false, false);
        this.bridge = bridge;
    }

    @Override
    public String getMessage() {
        return "bridge " + bridge + " has been removed";
    }
}
