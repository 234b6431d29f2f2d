package io.heddle.controller.core;

/**
 * A broadcast domain: where an IPv4 address means one host.
 *
 * @param name a configured network's name, or {@code DATAPATH_ID/VLAN} where none is configured
 */
public record Segment(String name) {}
