package io.heddle.datapath.bridge;

import java.util.List;

/**
 * What would happen to a packet.
 *
 * @param text the whole tree, for people
 * @param root the whole tree, for programs
 * @param megaflow bits that were looked at, one line
 * @param datapathActions what the datapath would do, one line
 * @param revision of the tables
 */
public record TraceReport(String text, Step root, String megaflow, String datapathActions, long revision) {
    /** One step, with the steps below it in order. */
    public record Step(Kind kind, String text, List<Step> children) {
        public Step {
            children = List.copyOf(children);
        }
    }

    /** Kind of step. */
    public enum Kind {
        BRIDGE,
        TABLE,
        ACTION,
        BUCKET,
        NOTE,
        ERROR
    }
}
