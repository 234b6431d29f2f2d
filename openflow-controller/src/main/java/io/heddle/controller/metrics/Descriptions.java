package io.heddle.controller.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Map;

/** Gives meters the sentence that Prometheus shows as their help, so that apps need not. The table of docs/metrics-controller.md. */
final class Descriptions implements MeterFilter {
    private static final Map<String, String> SENTENCES = Map.ofEntries(
            Map.entry("heddle.dhcp.transactions", "DHCP messages of clients, by type and what became of them"),
            Map.entry("heddle.dhcp.pool.addresses", "Addresses that a network can hand out"),
            Map.entry("heddle.leases", "DHCP leases, by network and state"),
            Map.entry("heddle.learned.hosts", "Hosts that the learning switch knows"),
            Map.entry("heddle.learning.hosts", "Hosts that were learned, moved or refused"),
            Map.entry("heddle.arp.entries", "Addresses that the ARP proxy knows"),
            Map.entry("heddle.arp.requests", "ARP requests, by what became of them"),
            Map.entry("heddle.packet.ins", "Packets that switches sent to the controller"),
            Map.entry("heddle.packet.outs", "Packets that the controller sent through switches"),
            Map.entry("heddle.flow.writes", "Flow changes that were sent to switches, by result"),
            Map.entry("heddle.lease.writes.waiting", "Leases that wait to be written to the disk"),
            Map.entry("heddle.lease.writes.refused", "Leases that were not written because too many waited"),
            Map.entry("heddle.app.defects", "Events that an app failed on, and flows that it may not have"),
            Map.entry("heddle.switches.ready", "Bridges whose flows are as they should be"),
            Map.entry("heddle.switch.connected", "1 while there is a connection to the switch"),
            Map.entry("heddle.bridge.ready", "1 while the flows of the bridge are as they should be"),
            Map.entry("heddle.intended.flows", "Flows that the controller wants on the bridge"),
            Map.entry("heddle.controller.loop.stalled", "1 when the controller loop did not answer the last scrape"));

    @Override
    public Meter.Id map(Meter.Id id) {
        String sentence = SENTENCES.get(id.getName());
        return sentence == null
                ? id
                : new Meter.Id(id.getName(), Tags.of(id.getTags()), id.getBaseUnit(), sentence, id.getType());
    }
}
