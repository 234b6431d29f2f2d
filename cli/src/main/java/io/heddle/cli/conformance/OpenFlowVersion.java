package io.heddle.cli.conformance;

import java.util.Arrays;

/** A version of OpenFlow that the runner knows. */
enum OpenFlowVersion {
    V1_0("1.0"),
    V1_3("1.3"),
    V1_4("1.4"),
    V1_5("1.5");

    private final String number;

    OpenFlowVersion(String number) {
        this.number = number;
    }

    /** Such as {@code 1.3}. */
    String number() {
        return number;
    }

    /** As bridges are told: {@code OpenFlow13}. */
    String bridgeName() {
        return "OpenFlow" + number.replace(".", "");
    }

    /** As the runner is told: {@code openflow13}. */
    String runnerName() {
        return "openflow" + number.replace(".", "");
    }

    /** Folder of the version's cases: {@code of13}. */
    String folder() {
        return "of" + number.replace(".", "");
    }

    /**
     * Returns the version that a user names, such as {@code 1.3}.
     *
     * @throws IllegalArgumentException when the runner knows no such version
     */
    static OpenFlowVersion of(String number) {
        return Arrays.stream(values())
                .filter(version -> version.number.equals(number))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "OpenFlow " + number + ": the runner knows 1.0, 1.3, 1.4 and 1.5"));
    }
}
