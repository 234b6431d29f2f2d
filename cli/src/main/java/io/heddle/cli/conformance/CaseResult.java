package io.heddle.cli.conformance;

/**
 * What a case showed.
 *
 * @param test the case
 * @param passed whether the runner said OK
 * @param detail what the runner said otherwise; empty for a pass
 */
record CaseResult(SuiteCase test, boolean passed, String detail) {
    /** Why it failed, in a few words; empty for a pass. */
    String reason() {
        return passed ? "" : FailureReason.of(detail);
    }
}
