package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.flow.text.AddressText;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Settings with a name and a text, as in Open vSwitch's {@code other_config}: which there are, and what they may be. Stateless. */
public final class OtherConfig {
    /** Of bridges. */
    public static final Map<String, Value> BRIDGE = new TreeMap<>();

    /** Of ports. */
    public static final Map<String, Value> PORT = new TreeMap<>();

    /** Of bonds. */
    public static final Map<String, Value> BOND = new TreeMap<>();

    /** What a setting may be. */
    public sealed interface Value {
        /** {@code true} or {@code false}. */
        record Flag() implements Value {}

        /** A number in [{@code least}, {@code most}]. */
        record Range(long least, long most) implements Value {}

        /** An Ethernet address. */
        record Address() implements Value {}

        /** One of two words. */
        record Choice(String one, String other) implements Value {}

        /** Any text. */
        record Text() implements Value {}
    }

    static {
        Value flag = new Value.Flag();
        BRIDGE.put("mac-aging-time", new Value.Range(15, 3600));
        BRIDGE.put("mac-table-size", new Value.Range(10, 1_000_000));
        BRIDGE.put("mcast-snooping-table-size", new Value.Range(1, 1_000_000));
        BRIDGE.put("mcast-snooping-aging-time", new Value.Range(1, 86_400));
        BRIDGE.put("mcast-snooping-disable-flood-unregistered", flag);
        BRIDGE.put("mcast-snooping-fast-leave", flag);
        BRIDGE.put("connection-mode", new Value.Choice("in-band", "out-of-band"));
        BRIDGE.put("auxiliary-connections", new Value.Range(0, 8));
        for (String protocol : new String[] {"stp", "rstp"}) {
            BRIDGE.put(protocol + "-priority", new Value.Range(0, 61_440));
            BRIDGE.put(protocol + "-max-age", new Value.Range(6, 40));
            BRIDGE.put(protocol + "-forward-delay", new Value.Range(4, 30));
            PORT.put(protocol + "-enable", flag);
            PORT.put(protocol + "-path-cost", new Value.Range(1, 200_000_000));
            PORT.put(protocol + "-port-priority", new Value.Range(0, 240));
        }
        BRIDGE.put("stp-hello-time", new Value.Range(1, 10));
        BRIDGE.put("rstp-force-protocol-version", new Value.Range(0, 2));
        BRIDGE.put("rstp-transmit-hold-count", new Value.Range(1, 10));
        PORT.put("rstp-port-admin-edge", flag);
        PORT.put("rstp-port-auto-edge", flag);
        PORT.put("mcast-snooping-flood", flag);
        PORT.put("mcast-snooping-flood-reports", flag);
        PORT.put("lldp-enable", flag);
        PORT.put("lacp-port-id", new Value.Range(1, 65_535));
        PORT.put("lacp-port-priority", new Value.Range(1, 65_535));
        BOND.put("lacp-system-id", new Value.Address());
        BOND.put("lacp-system-priority", new Value.Range(1, 65_535));
        BOND.put("lacp-aggregation-key", new Value.Range(1, 65_535));
        BOND.put("lacp-time", new Value.Choice("fast", "slow"));
        BOND.put("lacp-fallback-ab", flag);
        BOND.put("bond-rebalance-interval", new Value.Range(0, 86_400_000));
        BOND.put("bond-primary", new Value.Text());
    }

    private OtherConfig() {}

    /** @param known one of the maps above */
    static void check(Map<String, String> given, Map<String, Value> known, String path) throws ConfigurationException {
        for (Map.Entry<String, String> each : new TreeMap<>(given).entrySet()) {
            String at = path + ".other-config";
            Value value = known.get(each.getKey());
            if (value == null) {
                throw invalid(
                        at,
                        "there is no setting \"%s\": %s are"
                                .formatted(each.getKey(), String.join(", ", new TreeSet<>(known.keySet()))));
            }
            String wrong = wrong(value, each.getValue());
            if (!wrong.isEmpty()) {
                throw invalid(at, "%s: \"%s\" is not %s".formatted(each.getKey(), each.getValue(), wrong));
            }
        }
    }

    /** What the text should be and is not; empty if it is right. */
    private static String wrong(Value value, String text) {
        return switch (value) {
            case Value.Flag v -> text.equals("true") || text.equals("false") ? "" : "true or false";
            case Value.Range v ->
                text.matches("[0-9]{1,10}") && Long.parseLong(text) >= v.least() && Long.parseLong(text) <= v.most()
                        ? ""
                        : "a number from %d to %d".formatted(v.least(), v.most());
            case Value.Address v ->
                AddressText.parseEthernet(text).isPresent() ? "" : "an Ethernet address such as 02:00:00:00:00:07";
            case Value.Choice v -> text.equals(v.one()) || text.equals(v.other()) ? "" : v.one() + " or " + v.other();
            case Value.Text v -> text.isEmpty() ? "a text" : "";
        };
    }

    static boolean flag(Map<String, String> config, String key, boolean otherwise) {
        String text = config.get(key);
        return text == null ? otherwise : text.equals("true");
    }

    static int number(Map<String, String> config, String key, int otherwise) {
        String text = config.get(key);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    private static ConfigurationException invalid(String path, String message) {
        return new ConfigurationException(Kind.INVALID, path, message);
    }
}
