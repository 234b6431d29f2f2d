package io.heddle.cli.conformance;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sorts what the Ryu runner says of a failed case into a few reasons.
 *
 * <p>The runner's library gives SCTP packets a CRC32c in the wrong byte order (RFC 4960, appendix B). A switch that rewrites a field
 * computes the right one, so a difference in an SCTP checksum and in nothing else is the runner's.
 */
final class FailureReason {
    static final String SCTP_CHECKSUM = "the runner expects a wrong CRC32c of SCTP";
    static final String PADDING = "the runner expects other padding";
    static final String LOST_BY_TESTER = "the tester received the packet and did not report it in time";
    static final String NOT_RUN = "the runner did not get to it";

    private static final Pattern ERROR =
            Pattern.compile("OFPErrorMsg\\[type=0x([0-9a-f]+), code=0x([0-9a-f]+)\\]", Pattern.CASE_INSENSITIVE);
    private static final Pattern ONLY_SCTP_CHECKSUM = Pattern.compile("sctp\\([^/]*csum=\\d+[^/]*\\)");
    private static final Pattern ONLY_PADDING = Pattern.compile("str\\(b'(\\\\x00)*'\\)");
    private static final String[] TYPES = {
        "HELLO_FAILED",
        "BAD_REQUEST",
        "BAD_ACTION",
        "BAD_INSTRUCTION",
        "BAD_MATCH",
        "FLOW_MOD_FAILED",
        "GROUP_MOD_FAILED"
    };

    private FailureReason() {}

    /** Returns the reason behind {@code detail}, in a few words. */
    static String of(String detail) {
        if (detail.startsWith(NOT_RUN)) {
            return detail;
        }
        Matcher error = ERROR.matcher(detail);
        if (error.find()) {
            int type = Integer.parseInt(error.group(1), 16);
            int code = Integer.parseInt(error.group(2), 16);
            return "refused: %s code %d".formatted(type < TYPES.length ? TYPES[type] : "error type " + type, code);
        }
        int colon = detail.indexOf(": ");
        String what = colon < 0 ? detail : detail.substring(colon + 2);
        if (detail.startsWith("Received incorrect packet")) {
            return ofDifference(what);
        }
        if (what.startsWith("increment in rx_packets in tester")) {
            return LOST_BY_TESTER;
        }
        return detail.isBlank() ? "no reason given" : lowerFirst(shortened(detail));
    }

    private static String ofDifference(String difference) {
        if (ONLY_SCTP_CHECKSUM.matcher(difference).matches()) {
            return SCTP_CHECKSUM;
        }
        if (ONLY_PADDING.matcher(difference).matches()) {
            return PADDING;
        }
        return "another packet: " + shortened(difference);
    }

    private static String shortened(String text) {
        return text.length() <= 160 ? text : text.substring(0, 157) + "...";
    }

    private static String lowerFirst(String text) {
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }
}
