package io.heddle.controller.pipeline;

import io.heddle.flow.match.MatchField;
import java.util.Set;

/**
 * The tables of a bridge, in the order in which a packet passes them.
 *
 * <pre>
 *   0 ADMISSION    what people add by hand stands here, above the controller's one flow (priority 0: go on)
 *   1 SERVICE      what the controller answers itself: DHCP, ARP; reserved addresses are dropped
 *   2 SOURCE       who sends from where: a sender that is not known is copied to the controller, and the packet goes on
 *   3 DESTINATION  where to: the port of a known host, everywhere else a flood
 * </pre>
 *
 * <p>A packet is only ever forwarded by the switch: the controller gets copies to learn from. So the first packets of a flow are
 * neither duplicated nor overtaken while the controller learns.
 */
public enum PipelineTable {
    /** Verdicts of people and policies. */
    ADMISSION(0, Set.of("admission"), Set.of()),
    /** Packets for the controller. */
    SERVICE(
            1,
            Set.of("admission", "dhcp", "arp"),
            Set.of(
                    MatchField.ETH_TYPE,
                    MatchField.ETH_DST,
                    MatchField.VLAN_VID,
                    MatchField.NW_PROTO,
                    MatchField.NW_DST,
                    MatchField.UDP_DST,
                    MatchField.ARP_OP,
                    MatchField.ARP_TPA)),
    /** Senders. */
    SOURCE(2, Set.of("learning"), Set.of(MatchField.IN_PORT, MatchField.VLAN_VID, MatchField.ETH_SRC)),
    /** Receivers. */
    DESTINATION(3, Set.of("learning"), Set.of(MatchField.VLAN_VID, MatchField.ETH_DST));

    private final int id;
    private final Set<String> owners;
    private final Set<MatchField> fields;

    PipelineTable(int id, Set<String> owners, Set<MatchField> fields) {
        this.id = id;
        this.owners = owners;
        this.fields = fields;
    }

    /** Number of the table. */
    public int id() {
        return id;
    }

    /** Names of the apps that may have flows here. */
    public Set<String> owners() {
        return owners;
    }

    /** Fields that the apps' flows here may match; empty: none. */
    public Set<MatchField> fields() {
        return fields;
    }
}
