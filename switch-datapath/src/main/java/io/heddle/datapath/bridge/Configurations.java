package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Changes and compares configurations. Stateless. */
public final class Configurations {
    private Configurations() {}

    /**
     * Checks a configuration without a switch.
     *
     * @throws ConfigurationException with the path of the first part that cannot be
     */
    public static void check(SwitchConfiguration configuration) throws ConfigurationException {
        new ConfigurationResolver((bridge, port) -> 0).resolve(configuration);
    }

    /** The configuration after the changes. */
    public static SwitchConfiguration apply(SwitchConfiguration before, List<ConfigurationChange> changes)
            throws ConfigurationException {
        SwitchConfiguration now = before;
        for (int i = 0; i < changes.size(); i++) {
            now = apply(now, changes.get(i), "changes[" + i + "]");
        }
        return now;
    }

    private static SwitchConfiguration apply(SwitchConfiguration now, ConfigurationChange change, String path)
            throws ConfigurationException {
        return switch (change) {
            case ConfigurationChange.Replace replace -> replace.configuration();
            case ConfigurationChange.PutBridge put -> putBridge(now, put.bridge());
            case ConfigurationChange.DeleteBridge delete -> {
                requireBridge(now, delete.name(), path);
                yield now.withBridges(now.bridges().stream()
                        .filter(bridge -> !bridge.name().equals(delete.name()))
                        .toList());
            }
            case ConfigurationChange.PutConntrack put -> new SwitchConfiguration(now.bridges(), put.conntrack());
            case ConfigurationChange.PutPort put -> {
                requireBridge(now, put.bridge(), path);
                yield changePorts(now, put.bridge(), ports -> putPort(ports, put.port()));
            }
            case ConfigurationChange.DeletePort delete -> {
                BridgeConfiguration bridge = requireBridge(now, delete.bridge(), path);
                if (bridge.ports().stream().noneMatch(port -> port.name().equals(delete.port()))) {
                    throw new ConfigurationException(
                            Kind.NOT_FOUND,
                            path + ".port",
                            "bridge \"%s\" has no port \"%s\"".formatted(delete.bridge(), delete.port()));
                }
                yield changePorts(
                        now,
                        delete.bridge(),
                        ports -> ports.stream()
                                .filter(port -> !port.name().equals(delete.port()))
                                .toList());
            }
        };
    }

    private static BridgeConfiguration requireBridge(SwitchConfiguration now, String name, String path)
            throws ConfigurationException {
        BridgeConfiguration bridge = bridge(now, name);
        if (bridge == null) {
            throw new ConfigurationException(Kind.NOT_FOUND, path + ".bridge", "there is no bridge \"" + name + "\"");
        }
        return bridge;
    }

    private static SwitchConfiguration putBridge(SwitchConfiguration now, BridgeConfiguration bridge) {
        List<BridgeConfiguration> bridges = new ArrayList<>(now.bridges());
        for (int i = 0; i < bridges.size(); i++) {
            if (bridges.get(i).name().equals(bridge.name())) {
                bridges.set(i, bridge);
                return now.withBridges(bridges);
            }
        }
        bridges.add(bridge);
        return now.withBridges(bridges);
    }

    private static SwitchConfiguration changePorts(
            SwitchConfiguration now, String name, UnaryOperator<List<PortConfiguration>> change) {
        BridgeConfiguration bridge = Objects.requireNonNull(bridge(now, name));
        return putBridge(now, withPorts(bridge, change.apply(bridge.ports())));
    }

    private static List<PortConfiguration> putPort(List<PortConfiguration> ports, PortConfiguration port) {
        List<PortConfiguration> changed = new ArrayList<>(ports);
        for (int i = 0; i < changed.size(); i++) {
            if (changed.get(i).name().equals(port.name())) {
                changed.set(i, port);
                return changed;
            }
        }
        changed.add(port);
        return changed;
    }

    /** The bridge of that name, or null. */
    public static @Nullable BridgeConfiguration bridge(SwitchConfiguration configuration, String name) {
        for (BridgeConfiguration bridge : configuration.bridges()) {
            if (bridge.name().equals(name)) {
                return bridge;
            }
        }
        return null;
    }

    /** The port of that name, or null. */
    public static @Nullable PortConfiguration port(BridgeConfiguration bridge, String name) {
        for (PortConfiguration port : bridge.ports()) {
            if (port.name().equals(name)) {
                return port;
            }
        }
        return null;
    }

    /** The same bridge with other ports. */
    public static BridgeConfiguration withPorts(BridgeConfiguration bridge, List<PortConfiguration> ports) {
        return new BridgeConfiguration(
                bridge.name(),
                bridge.datapathId(),
                bridge.failMode(),
                bridge.controllers(),
                bridge.listen(),
                bridge.protocols(),
                ports,
                bridge.layer2());
    }

    /** The bridge's own settings. */
    public static BridgeConfiguration withoutPorts(BridgeConfiguration bridge) {
        return withPorts(bridge, List.of());
    }

    /**
     * What was changed in two places, merged bridge by bridge and port by port: what differs between {@code base} and {@code file} is as
     * in {@code file}, everything else is as in {@code current}.
     *
     * @param base what the file said when {@code current} grew out of it
     * @param file what it says now
     * @param current what there is, with changes made at run time
     */
    public static SwitchConfiguration merge(
            SwitchConfiguration base, SwitchConfiguration file, SwitchConfiguration current) {
        List<BridgeConfiguration> merged = new ArrayList<>();
        for (String name : bridgeNames(file, current)) {
            BridgeConfiguration was = bridge(base, name);
            BridgeConfiguration wants = bridge(file, name);
            BridgeConfiguration has = bridge(current, name);
            BridgeConfiguration settings = choose(settingsOf(was), settingsOf(wants), settingsOf(has));
            if (settings != null) {
                merged.add(withPorts(settings, mergePorts(portsOf(was), portsOf(wants), portsOf(has))));
            }
        }
        ConntrackConfiguration conntrack = choose(base.conntrack(), file.conntrack(), current.conntrack());
        return new SwitchConfiguration(merged, Objects.requireNonNull(conntrack));
    }

    private static List<String> bridgeNames(SwitchConfiguration file, SwitchConfiguration current) {
        List<String> names = new ArrayList<>();
        file.bridges().forEach(bridge -> names.add(bridge.name()));
        current.bridges().stream()
                .map(BridgeConfiguration::name)
                .filter(name -> !names.contains(name))
                .forEach(names::add);
        return names;
    }

    private static @Nullable BridgeConfiguration settingsOf(@Nullable BridgeConfiguration bridge) {
        return bridge == null ? null : withoutPorts(bridge);
    }

    private static List<PortConfiguration> portsOf(@Nullable BridgeConfiguration bridge) {
        return bridge == null ? List.of() : bridge.ports();
    }

    private static List<PortConfiguration> mergePorts(
            List<PortConfiguration> base, List<PortConfiguration> file, List<PortConfiguration> current) {
        List<String> names = new ArrayList<>();
        file.forEach(port -> names.add(port.name()));
        current.stream()
                .map(PortConfiguration::name)
                .filter(name -> !names.contains(name))
                .forEach(names::add);
        List<PortConfiguration> merged = new ArrayList<>();
        for (String name : names) {
            PortConfiguration chosen = choose(named(base, name), named(file, name), named(current, name));
            if (chosen != null) {
                merged.add(chosen);
            }
        }
        return merged;
    }

    private static @Nullable PortConfiguration named(List<PortConfiguration> ports, String name) {
        for (PortConfiguration port : ports) {
            if (port.name().equals(name)) {
                return port;
            }
        }
        return null;
    }

    private static <T> @Nullable T choose(@Nullable T was, @Nullable T wants, @Nullable T has) {
        return Objects.equals(was, wants) ? has : wants;
    }

    /** Each difference, for people. */
    static List<String> difference(SwitchConfiguration before, SwitchConfiguration after) {
        List<String> lines = new ArrayList<>();
        if (!before.conntrack().equals(after.conntrack())) {
            lines.add("conntrack: change settings");
        }
        for (BridgeConfiguration bridge : before.bridges()) {
            if (bridge(after, bridge.name()) == null) {
                lines.add(bridge.name() + ": remove bridge");
            }
        }
        for (BridgeConfiguration bridge : after.bridges()) {
            BridgeConfiguration was = bridge(before, bridge.name());
            if (was == null) {
                lines.add(bridge.name() + ": add bridge");
            } else if (!withoutPorts(was).equals(withoutPorts(bridge))) {
                lines.add(bridge.name() + ": change settings");
            }
            List<PortConfiguration> had = portsOf(was);
            for (PortConfiguration port : had) {
                PortConfiguration will = port(bridge, port.name());
                if (will == null || !will.isSameDevice(port)) {
                    lines.add("%s: remove port %s".formatted(bridge.name(), port.name()));
                } else if (!will.equals(port)) {
                    lines.add("%s: change settings of port %s".formatted(bridge.name(), port.name()));
                }
            }
            for (PortConfiguration port : bridge.ports()) {
                PortConfiguration there = named(had, port.name());
                if (there == null || !there.isSameDevice(port)) {
                    lines.add("%s: add port %s".formatted(bridge.name(), port.name()));
                }
            }
        }
        return lines;
    }
}
