package io.heddle.proto.openflow;

import java.util.Arrays;
import java.util.Optional;

/** A version of the protocol, in the order of their numbers on the wire. */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
public enum OpenFlowVersion {
    OPENFLOW_10("OpenFlow10"),
    OPENFLOW_11("OpenFlow11"),
    OPENFLOW_12("OpenFlow12"),
    OPENFLOW_13("OpenFlow13"),
    OPENFLOW_14("OpenFlow14"),
    OPENFLOW_15("OpenFlow15");

    private final String protocolName;

    OpenFlowVersion(String protocolName) {
        this.protocolName = protocolName;
    }

    /** The number in a message's first octet, 1 to 6. */
    public int wire() {
        return ordinal() + 1;
    }

    /** The name in configurations, such as {@code OpenFlow13}. */
    public String protocolName() {
        return protocolName;
    }

    /** Says whether this version is {@code other} or a later one. */
    public boolean isAtLeast(OpenFlowVersion other) {
        return compareTo(other) >= 0;
    }

    /** The version with that number, if there is one. */
    public static Optional<OpenFlowVersion> ofWire(int wire) {
        return wire >= 1 && wire <= values().length ? Optional.of(values()[wire - 1]) : Optional.empty();
    }

    /** The version of that name, if there is one. */
    public static Optional<OpenFlowVersion> byName(String name) {
        return Arrays.stream(values())
                .filter(version -> version.protocolName.equals(name))
                .findFirst();
    }
}
