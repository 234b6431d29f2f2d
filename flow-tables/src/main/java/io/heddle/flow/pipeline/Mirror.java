package io.heddle.flow.pipeline;

import java.util.Set;

/**
 * Sends copies of packets to a port or a VLAN, as Open vSwitch's Mirror. Ports are OpenFlow numbers, that of a bond its first member's.
 *
 * @param selectAll packets that come in or leave by any port
 * @param sources packets that come in by these
 * @param destinations packets that leave by these
 * @param vlans only packets in these VLANs; empty: all
 * @param outputPort where copies go; 0: to a VLAN
 * @param outputVlan VLAN that copies are in; valid iff {@code outputPort} is 0
 * @param snaplen octets of a copy; 0: all
 */
public record Mirror(
        String name,
        boolean selectAll,
        Set<Integer> sources,
        Set<Integer> destinations,
        Set<Integer> vlans,
        int outputPort,
        int outputVlan,
        int snaplen) {
    public Mirror {
        sources = Set.copyOf(sources);
        destinations = Set.copyOf(destinations);
        vlans = Set.copyOf(vlans);
    }

    boolean selects(int port, boolean isIngress) {
        return selectAll || (isIngress ? sources : destinations).contains(port);
    }

    boolean hasOutputOf(Mirror other) {
        return outputPort == other.outputPort && outputVlan == other.outputVlan;
    }
}
