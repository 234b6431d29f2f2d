package io.heddle.datapath.bridge;

/** The bridge has been removed while someone still held it. */
public final class BridgeGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BridgeGoneException(String bridge) {
        super("bridge " + bridge + " has been removed", null, false, false);
    }
}
