package io.heddle.cli.conformance;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what the Ryu runner prints:
 *
 * <pre>
 *   match: 17_SCTP_SRC (IPv4)                           title of a file
 *       ethernet/ipv4/sctp-->'sctp_src=11111'     OK    a case that passed
 *       ethernet/ipv4/sctp-->'sctp_src=1'         ERROR one that failed
 *           Received incorrect packet: ...              why
 *   ---  Test end  ---
 * </pre>
 *
 * <p>Dots before a line are the progress of packets sent at a rate.
 */
final class RunnerLog {
    private static final Pattern RESULT = Pattern.compile("^ {4}(\\S.*?)\\s+(OK|ERROR)$");
    private static final String CONTINUATION = "        ";

    private final Map<String, Map<String, SuiteCase>> known = new HashMap<>();

    RunnerLog(List<SuiteCase> cases) {
        for (SuiteCase test : cases) {
            known.computeIfAbsent(test.group(), _ -> new HashMap<>()).put(test.name(), test);
        }
    }

    /** Whether the runner has come to its end. */
    static boolean ended(String text) {
        return text.contains("---  Test end  ---") || text.contains("--- Test end ---");
    }

    /** The results in {@code text}, in their order; its last line may be incomplete. */
    List<CaseResult> parse(String text) {
        List<CaseResult> results = new ArrayList<>();
        Map<String, SuiteCase> group = Map.of();
        for (String raw : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
            String line = raw.replaceFirst("^\\.+\\r*", "").stripTrailing();
            if (line.contains("Test report ---")) {
                break;
            }
            Matcher result = RESULT.matcher(line);
            SuiteCase test = result.matches() ? group.get(result.group(1)) : null;
            if (test != null) {
                results.add(new CaseResult(test, result.group(2).equals("OK"), ""));
            } else if (line.startsWith(CONTINUATION) && !results.isEmpty()) {
                CaseResult last = results.removeLast();
                results.add(new CaseResult(last.test(), last.passed(), last.detail() + line.strip()));
            } else {
                group = known.getOrDefault(line, group);
            }
        }
        return results;
    }
}
