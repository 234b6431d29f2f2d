package io.heddle.controller.core;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;

/** Matches that several apps need. */
public final class Matches {
    private static final int VLAN_PRESENT = 0x1000;
    private static final Bits VLAN_ID = Bits.of(0xfff);

    private Matches() {}

    /**
     * Packets of a VLAN.
     *
     * @param vlan 1 to 4094; 0: untagged, and tagged with a priority only (IEEE 802.1Q section 6.9.1)
     */
    public static Match.Builder inVlan(int vlan) {
        return vlan == 0
                ? Match.builder().masked(MatchField.VLAN_VID, Bits.ZERO, VLAN_ID)
                : Match.builder().exact(MatchField.VLAN_VID, VLAN_PRESENT | vlan);
    }

    /** The VLAN that a match of {@link #inVlan} is about. */
    public static int vlanOf(Match match) {
        return (int) match.valueOf(MatchField.VLAN_VID).low() & 0xfff;
    }
}
