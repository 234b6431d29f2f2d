package io.heddle.controller.core;

import java.util.Map;

/**
 * A bridge as apps see it.
 *
 * @param id its identity
 * @param bridge its name, unique in its switch process only
 * @param target where it was reached, as configured
 * @param ports by number
 */
public record SwitchView(SwitchId id, String bridge, String target, Map<Integer, SwitchPort> ports) {
    public SwitchView {
        ports = Map.copyOf(ports);
    }

    /** Name of a port; its number when the name is not known. */
    public String portName(int number) {
        SwitchPort port = ports.get(number);
        return port == null ? Integer.toUnsignedString(number) : port.name();
    }
}
