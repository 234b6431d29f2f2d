package io.heddle.flow.pipeline;

import org.jspecify.annotations.Nullable;

/**
 * What a port is to the protocols of layer 2.
 *
 * @param spanning what the spanning tree lets it do
 * @param bond that it is a member of, or null
 * @param floodsMulticast gets all multicast although the bridge snoops
 * @param floodsReports gets all membership reports although the bridge snoops
 * @param protocols those that the switch itself speaks at the port: a sum of {@link #STP}, {@link #LACP} and {@link #LLDP}
 */
public record PortLayer2(
        SpanningState spanning, @Nullable Bond bond, boolean floodsMulticast, boolean floodsReports, int protocols) {
    /** Bridge protocol data units: to 01:80:c2:00:00:00. */
    public static final int STP = 1;

    /** Ethernet type 0x8809, to 01:80:c2:00:00:02. */
    public static final int LACP = 2;

    /** Ethernet type 0x88cc, to 01:80:c2:00:00:0e, 03 or 00. */
    public static final int LLDP = 4;

    /** A port of its own, without any protocol. */
    public static final PortLayer2 PLAIN = new PortLayer2(SpanningState.OFF, null, false, false, 0);
}
