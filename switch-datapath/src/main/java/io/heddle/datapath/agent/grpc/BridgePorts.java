package io.heddle.datapath.agent.grpc;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.PortState;
import io.heddle.flow.text.PortNames;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Port names of a bridge in texts of clients. They are asked for when the first name occurs, not before: most texts say numbers.
 *
 * <p>Threading: a call's thread, which may wait; never the control loop's.
 */
final class BridgePorts implements PortNames {
    private final BridgeControl bridge;
    private @Nullable Map<String, Integer> numbers;

    BridgePorts(BridgeControl bridge) {
        this.bridge = bridge;
    }

    @Override
    public OptionalInt number(String name) {
        if (numbers == null) {
            Map<String, Integer> read = new HashMap<>();
            for (PortState port : bridge.read(BridgeReader::ports).join()) {
                read.put(port.name(), port.number());
            }
            numbers = read;
        }
        Integer number = numbers.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** Numbers are printed: a client reads them more easily. */
    @Override
    public Optional<String> name(int number) {
        return Optional.empty();
    }
}
