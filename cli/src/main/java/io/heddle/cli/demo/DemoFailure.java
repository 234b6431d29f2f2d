package io.heddle.cli.demo;

/** A step did not do what it should have; the message says what was expected and what was seen. */
final class DemoFailure extends Exception {
    private static final long serialVersionUID = 1L;

    DemoFailure(String message) {
        super(message);
    }
}
