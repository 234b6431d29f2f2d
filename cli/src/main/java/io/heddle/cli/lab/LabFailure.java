package io.heddle.cli.lab;

/** A step did not do what it should have; the message says what was expected and what was seen. */
public final class LabFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param message says what was expected and what was seen
     */
    public LabFailure(String message) {
        super(message);
    }
}
