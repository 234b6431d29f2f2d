package io.heddle.datapath.bridge;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The ports of a bridge by OpenFlow number and by name. Threading: the control loop. */
final class PortTable {
    private final Map<Integer, BridgePort> byNumber = new TreeMap<>(Integer::compareUnsigned);
    private final Map<String, BridgePort> byName = new HashMap<>();

    /** Bits {@code CONFIG_*} of {@link PortState} by name, without those that are 0. */
    private final Map<String, Integer> settings = new HashMap<>();

    @Nullable
    BridgePort byNumber(int number) {
        return byNumber.get(number);
    }

    @Nullable
    BridgePort byName(String name) {
        return byName.get(name);
    }

    /**
     * Adds a port.
     *
     * @throws IllegalStateException when there is one of its number or name, which the check of the configuration is to refuse
     */
    void add(BridgePort port) {
        if (byNumber.containsKey(port.number()) || byName.containsKey(port.name())) {
            throw new IllegalStateException("there is a port %s or a port number %s already"
                    .formatted(port.name(), Integer.toUnsignedString(port.number())));
        }
        byNumber.put(port.number(), port);
        byName.put(port.name(), port);
        port.setConfig(settings.getOrDefault(port.name(), 0));
    }

    /** Settings that ports of these names get when they are added. */
    void setSettings(Map<String, Integer> saved) {
        settings.clear();
        settings.putAll(saved);
    }

    /** Changes the settings of a port, also for when it is made again. */
    void setConfig(BridgePort port, int config) {
        port.setConfig(config);
        if (config == 0) {
            settings.remove(port.name());
        } else {
            settings.put(port.name(), config);
        }
    }

    /** Forgets the settings of ports that are not there; returns whether there were some. */
    boolean forgetSettingsOfOthers() {
        return settings.keySet().retainAll(byName.keySet());
    }

    /** Settings of ports that are not the usual ones. */
    Map<String, Integer> settings() {
        return Map.copyOf(settings);
    }

    void remove(BridgePort port) {
        byNumber.remove(port.number());
        byName.remove(port.name());
    }

    /** By number. */
    Collection<BridgePort> all() {
        return byNumber.values();
    }

    /** A copy, by number. */
    List<BridgePort> copy() {
        return new ArrayList<>(byNumber.values());
    }

    /** The lowest number that is neither used nor in {@code taken}. */
    int freeNumber(Collection<Integer> taken) {
        int number = 1;
        while (byNumber.containsKey(number) || taken.contains(number)) {
            number++;
        }
        return number;
    }

    int size() {
        return byNumber.size();
    }
}
