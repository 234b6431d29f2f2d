package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.port.PortSpec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntBiFunction;

/**
 * Checks a configuration as a whole and fills in what it leaves to the switch: port numbers and datapath ids.
 *
 * <p>Thread safety: none; for one use.
 */
final class ConfigurationResolver {
    private static final int MAX_NUMBER = 65279;

    private final ToIntBiFunction<String, String> numberNow;
    private final Map<String, String> bridgeOfDevice = new HashMap<>();
    private final Map<String, String> bridgeOfDatapathId = new HashMap<>();
    private final Set<String> bridgeNames = new HashSet<>();

    /** @param numberNow OpenFlow number of a port (bridge, name) that there is now, 0 for none */
    ConfigurationResolver(ToIntBiFunction<String, String> numberNow) {
        this.numberNow = numberNow;
    }

    SwitchConfiguration resolve(SwitchConfiguration given) throws ConfigurationException {
        List<BridgeConfiguration> bridges = new ArrayList<>();
        for (int i = 0; i < given.bridges().size(); i++) {
            bridges.add(resolve(given.bridges().get(i), "bridges[" + i + "]"));
        }
        given.conntrack().check("conntrack");
        SwitchConfiguration resolved = given.withBridges(bridges);
        checkPatches(resolved);
        return resolved;
    }

    private BridgeConfiguration resolve(BridgeConfiguration bridge, String path) throws ConfigurationException {
        if (bridge.name().isEmpty()) {
            throw invalid(path + ".name", "is empty: give the bridge a name");
        }
        if (!bridge.name().matches("[A-Za-z0-9_.:-]{1,64}") || bridge.name().startsWith(".")) {
            throw invalid(
                    path + ".name",
                    "\"" + bridge.name()
                            + "\" cannot be a bridge's name: 1 to 64 letters, digits, '_', '.', ':' or '-'");
        }
        if (!bridgeNames.add(bridge.name())) {
            throw invalid(path + ".name", "there is another bridge \"" + bridge.name() + "\": names are unique");
        }
        String datapathId = datapathId(bridge, path + ".datapath-id");
        String other = bridgeOfDatapathId.put(datapathId, bridge.name());
        if (other != null) {
            throw invalid(
                    path + ".datapath-id",
                    "%s is also the datapath id of bridge \"%s\": give each bridge its own"
                            .formatted(datapathId, other));
        }
        List<PortConfiguration> ports = resolvePorts(bridge, path);
        Layer2Check.check(bridge, path);
        return new BridgeConfiguration(
                bridge.name(),
                datapathId,
                bridge.failMode(),
                bridge.controllers(),
                bridge.listen(),
                bridge.protocols(),
                ports,
                bridge.layer2());
    }

    private static String datapathId(BridgeConfiguration bridge, String path) throws ConfigurationException {
        String given = bridge.datapathId().toLowerCase(Locale.ROOT);
        if (given.isEmpty()) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256")
                        .digest(bridge.name().getBytes(StandardCharsets.UTF_8));
                return "0000" + HexFormat.of().formatHex(digest, 0, 6);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
        if (!given.matches("[0-9a-f]{16}") || given.matches("0{16}")) {
            throw invalid(path, "\"" + given + "\" is not a datapath id: 16 hexadecimal digits, not all 0");
        }
        return given;
    }

    /** A port without a number keeps the one it has, unless another port is given just that one, and else gets a free one. */
    private List<PortConfiguration> resolvePorts(BridgeConfiguration bridge, String path)
            throws ConfigurationException {
        Set<Integer> taken = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < bridge.ports().size(); i++) {
            PortConfiguration port = bridge.ports().get(i);
            check(bridge, port, path + ".ports[" + i + "]", names, taken);
        }
        Map<String, Integer> kept = new HashMap<>();
        for (PortConfiguration port : bridge.ports()) {
            int now = numberNow.applyAsInt(bridge.name(), port.name());
            if (needsNumber(port) && now != 0 && taken.add(now)) {
                kept.put(port.name(), now);
            }
        }
        List<PortConfiguration> ports = new ArrayList<>();
        int next = 1;
        for (PortConfiguration port : bridge.ports()) {
            int number = port.number();
            if (needsNumber(port)) {
                number = kept.getOrDefault(port.name(), 0);
                if (number == 0) {
                    while (taken.contains(next)) {
                        next++;
                    }
                    number = next++;
                }
            }
            ports.add(port.withNumber(number));
        }
        return ports;
    }

    private static boolean needsNumber(PortConfiguration port) {
        return port.number() == 0 && port.type() != PortType.INTERNAL;
    }

    private void check(
            BridgeConfiguration bridge, PortConfiguration port, String path, Set<String> names, Set<Integer> taken)
            throws ConfigurationException {
        if (!names.add(port.name())) {
            throw invalid(
                    path + ".name", "bridge \"%s\" has another port \"%s\"".formatted(bridge.name(), port.name()));
        }
        if (port.type() == PortType.INTERNAL) {
            if (port.number() != 0) {
                throw invalid(path + ".number", "an internal port is the bridge's LOCAL port: leave the number out");
            }
            if (!taken.add(-1)) {
                throw invalid(path + ".type", "bridge \"" + bridge.name() + "\" has another internal port");
            }
        } else if (port.number() < 0 || port.number() > MAX_NUMBER) {
            throw invalid(path + ".number", port.number() + " is not in [1, " + MAX_NUMBER + "]");
        } else if (port.number() != 0 && !taken.add(port.number())) {
            throw invalid(
                    path + ".number", "bridge \"%s\" has another port %d".formatted(bridge.name(), port.number()));
        }
        PortSpec spec = PortSpecs.of(port, path);
        if (hasDevice(spec)) {
            String other = bridgeOfDevice.put(port.name(), bridge.name());
            if (other != null) {
                throw invalid(
                        path + ".name",
                        "\"%s\" is also a port of bridge \"%s\": an interface is in one bridge"
                                .formatted(port.name(), other));
            }
        }
    }

    private static boolean hasDevice(PortSpec spec) {
        return switch (spec) {
            case PortSpec.Tap s -> true;
            case PortSpec.Internal s -> true;
            case PortSpec.SystemDevice s -> true;
            case PortSpec.Veth s -> true;
            case PortSpec.Tun s -> true;
            case PortSpec.Tunnel s -> false;
            case PortSpec.Patch s -> false;
            case PortSpec.Memory s -> false;
        };
    }

    private static void checkPatches(SwitchConfiguration configuration) throws ConfigurationException {
        Map<String, PortConfiguration> patches = new HashMap<>();
        Map<String, PortType> types = new HashMap<>();
        configuration.bridges().forEach(bridge -> bridge.ports().forEach(port -> types.put(port.name(), port.type())));
        for (int i = 0; i < configuration.bridges().size(); i++) {
            List<PortConfiguration> ports = configuration.bridges().get(i).ports();
            for (int j = 0; j < ports.size(); j++) {
                PortConfiguration port = ports.get(j);
                if (port.type() != PortType.PATCH) {
                    continue;
                }
                PortType other = types.get(port.peer());
                if (other != null && other != PortType.PATCH) {
                    throw invalid(
                            "bridges[%d].ports[%d].peer".formatted(i, j),
                            "\"%s\" is a port of type %s: a patch port's peer is a patch port"
                                    .formatted(port.peer(), other.name().toLowerCase(Locale.ROOT)));
                }
                if (patches.put(port.name(), port) != null) {
                    throw invalid(
                            "bridges[%d].ports[%d].name".formatted(i, j),
                            "there is another patch port \"" + port.name()
                                    + "\": their names are unique in the switch");
                }
            }
        }
    }

    private static ConfigurationException invalid(String path, String message) {
        return new ConfigurationException(Kind.INVALID, path, message);
    }
}
