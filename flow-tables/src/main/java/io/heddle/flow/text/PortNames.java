package io.heddle.flow.text;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Names of a bridge's ports, for flows that say {@code output:eth0} rather than a number. */
public interface PortNames {
    /** Knows no name: only numbers and OpenFlow's reserved ports are understood and printed. */
    PortNames NONE = new PortNames() {
        @Override
        public OptionalInt number(String name) {
            return OptionalInt.empty();
        }

        @Override
        public Optional<String> name(int number) {
            return Optional.empty();
        }
    };

    /** The OpenFlow port number of the port of that name, empty if there is none. */
    OptionalInt number(String name);

    /** The name to print for an OpenFlow port number; empty to print the number. */
    Optional<String> name(int number);

    /** Understands the names of {@code numbers}, prints numbers ({@code ovs-ofctl} does so unless asked for names). */
    static PortNames parsing(Map<String, Integer> numbers) {
        Map<String, Integer> copy = Map.copyOf(numbers);
        return new PortNames() {
            @Override
            public OptionalInt number(String name) {
                Integer number = copy.get(name);
                return number == null ? OptionalInt.empty() : OptionalInt.of(number);
            }

            @Override
            public Optional<String> name(int number) {
                return Optional.empty();
            }
        };
    }
}
