package io.heddle.cli.conformance;

/** The switch that is tested. */
enum Target {
    /** This program. */
    HEDDLE("Heddle"),
    /** Debian's Open vSwitch with its userspace datapath. */
    OVS("Open vSwitch");

    private final String title;

    Target(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }
}
