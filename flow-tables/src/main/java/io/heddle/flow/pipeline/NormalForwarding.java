package io.heddle.flow.pipeline;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.pipeline.Translation.DropCause;
import org.jspecify.annotations.Nullable;

/**
 * Output to NORMAL: what a learning Ethernet bridge does (IEEE 802.1D and 802.1Q). A port carries the VLANs of its {@link PortVlans};
 * addresses are learned per VLAN.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class NormalForwarding {
    /** Addresses 01:80:c2:00:00:00 to 0f, which bridges do not forward. */
    private static final long LINK_LOCAL = 0x0180c2000000L;

    private static final long GROUP_BIT = 1L << 40;
    private static final long BROADCAST = 0xffffffffffffL;
    private static final long PRIORITY = 0xe000;

    private final Translator translator;
    private final ActionExecution actions;
    private final Bonding bonding;
    private final MulticastForwarding multicast;

    private boolean hasChangedTag;
    private long firstTci;
    private int firstTpid;

    NormalForwarding(Translator translator, ActionExecution actions) {
        this.translator = translator;
        this.actions = actions;
        this.bonding = new Bonding(translator, actions);
        this.multicast = new MulticastForwarding(translator, this);
    }

    void forward() {
        // Over a patch port NORMAL may be inside of NORMAL.
        boolean outerHasChanged = hasChangedTag;
        long outerTci = firstTci;
        int outerTpid = firstTpid;
        hasChangedTag = false;
        forwardHere();
        hasChangedTag = outerHasChanged;
        firstTci = outerTci;
        firstTpid = outerTpid;
    }

    private void forwardHere() {
        BridgeView bridge = translator.bridge();
        if (bridge == null) {
            return;
        }
        long source = translator.packet.read(MatchField.ETH_SRC);
        long destination = translator.packet.read(MatchField.ETH_DST);
        int tci = (int) translator.packet.read(MatchField.VLAN_VID);
        int id = (tci & KeyLayout.VLAN_PRESENT) != 0 ? tci & 0xfff : 0;
        PortInfo from = translator.world.topology().port(bridge.id(), translator.inPort());
        int vlan = from == null ? id : from.vlans().vlanOf(id);
        if (from != null && vlan == PortVlans.NOT_ADMITTED) {
            translator.problem(
                    DropCause.VLAN,
                    "dropping VLAN %d packet received on port %s configured as %s"
                            .formatted(id, from.name(), from.vlans()));
            return;
        }
        if (isLinkLocal(destination)) {
            translator.problem(DropCause.NO_OUTPUT, "a bridge does not forward link-local destinations");
            return;
        }
        if (from != null && !bonding.admits(bridge, from, vlan)) {
            translator.problem(DropCause.BOND, "the bond does not take the packet from port " + from.name());
            return;
        }
        learn(bridge, from, vlan, source);
        MulticastTable groups = bridge.layer2().multicast();
        if (groups != null
                && (destination & GROUP_BIT) != 0
                && destination != BROADCAST
                && multicast.forward(bridge, groups, vlan)) {
            restoreTag();
            return;
        }
        MacLearning.Entry known =
                (destination & GROUP_BIT) != 0 ? null : bridge.macs().find(vlan, destination);
        if ((destination & GROUP_BIT) == 0) {
            translator.saw(bridge.macs(), vlan, destination, known);
        }
        PortInfo port = known == null ? null : translator.world.topology().port(bridge.id(), known.port());
        if (port == null || !canSend(port) || !port.vlans().carries(vlan)) {
            translator.trace.note(
                    (destination & GROUP_BIT) != 0 ? "group address: flooding" : "no learned address: flooding");
            flood(bridge, vlan);
        } else if (port.number() == inBundle(bridge)) {
            translator.problem(DropCause.OUTPUT_TO_IN_PORT, "the destination is on the port that the packet came from");
        } else {
            translator.trace.note("forwarding to the learned port");
            send(bridge, port, vlan);
        }
        restoreTag();
    }

    /** Addresses of protocols between neighbours: IEEE 802.1Q table 8-1, and those that Open vSwitch keeps back with them. */
    private static boolean isLinkLocal(long destination) {
        return (destination & ~0xfL) == LINK_LOCAL
                || destination == 0x00e02b000000L // EDP
                || destination == 0x00e02b000004L // EAPS
                || destination == 0x00e02b000006L
                || destination == 0x01000c000000L // ISL
                || destination == 0x01000cccccccL // CDP, VTP, UDLD, PAgP, DTP
                || destination == 0x01000ccccccdL // PVST+
                || destination == 0x01000ccdcdcdL // UplinkFast
                || (destination & ~7L) == 0x01000cccccc0L; // Cisco's CFM
    }

    private void learn(BridgeView bridge, @Nullable PortInfo from, int vlan, long source) {
        if ((source & GROUP_BIT) != 0 || from == null) {
            return;
        }
        MacLearning.Entry entry = translator.world.isReal()
                ? bridge.macs().learn(vlan, source, from.bundle(), translator.world.nowNs())
                : bridge.macs().find(vlan, source);
        if (entry == null) {
            translator.restOnAllAddresses(); // it is learned when there is room
        } else {
            translator.saw(bridge.macs(), vlan, source, entry);
        }
        if (entry != null && entry.port() == from.bundle()) {
            translator.count(entry.used());
        }
    }

    /** A bond says itself whether it can. */
    private static boolean canSend(PortInfo port) {
        return port.layer2().bond() != null || port.canSend();
    }

    private int inBundle(BridgeView bridge) {
        PortInfo from = translator.world.topology().port(bridge.id(), translator.inPort());
        return from == null ? translator.inPort() : from.bundle();
    }

    private void flood(BridgeView bridge, int vlan) {
        for (PortInfo port : translator.world.topology().ports(bridge.id())) {
            if (!port.config().noFlood() && !bridge.layer2().isMirrorOutput(port.number())) {
                sendUnlessSource(bridge, port, vlan);
            }
        }
    }

    /** Sends the packet to a port, or the bond that it stands for, that can take it and that it did not come from. */
    void sendUnlessSource(BridgeView bridge, PortInfo port, int vlan) {
        if (port.isBundle()
                && port.number() != inBundle(bridge)
                && canSend(port)
                && port.vlans().carries(vlan)) {
            send(bridge, port, vlan);
        }
    }

    private void send(BridgeView bridge, PortInfo port, int vlan) {
        PortInfo member = bonding.sender(bridge, port, vlan);
        if (member != null && member.canSend()) {
            setTag(port.vlans().isTagged(vlan), vlan);
            actions.send(member);
        }
    }

    /** Sends a copy for a mirror; the packet stays as it was. */
    void sendCopy(PortInfo port, int vlan, int snaplen) {
        BridgeView bridge = translator.bridge();
        PortInfo member = bridge == null ? null : bonding.sender(bridge, port, vlan);
        if (member == null || !member.canSend()) {
            return;
        }
        boolean outerHasChanged = hasChangedTag;
        long outerTci = firstTci;
        int outerTpid = firstTpid;
        hasChangedTag = false;
        setTag(port.vlans().isTagged(vlan), vlan);
        if (snaplen > 0 && member.peer() == 0) {
            translator.packet.commit(translator.out, member.isTunnel());
            translator.out.add(new DatapathAction.Truncate(snaplen));
        }
        actions.send(member);
        restoreTag();
        hasChangedTag = outerHasChanged;
        firstTci = outerTci;
        firstTpid = outerTpid;
    }

    /** Gives the packet the tag that it is to leave with, if it has another. A tag of VLAN 0 stays if it says a priority. */
    private void setTag(boolean isTagged, int vlan) {
        PacketState packet = translator.packet;
        int now = (int) packet.read(MatchField.VLAN_VID);
        boolean isUntagged = now == 0 && !hasChangedTag;
        if (isTagged && vlan != 0 ? now == (KeyLayout.VLAN_PRESENT | vlan) : isUntagged) {
            return;
        }
        if (!hasChangedTag) {
            hasChangedTag = true;
            firstTci = packet.read(MatchField.VLAN_TCI);
            firstTpid = packet.vlanTpid();
        }
        long tci = isTagged ? firstTci & PRIORITY | vlan : 0;
        writeTci(tci == 0 ? 0 : tci | KeyLayout.VLAN_PRESENT);
    }

    /** What comes after NORMAL has the packet as it was. */
    private void restoreTag() {
        if (hasChangedTag) {
            writeTci(firstTci);
            hasChangedTag = false;
        }
    }

    private void writeTci(long tci) {
        PacketState packet = translator.packet;
        if (tci == packet.read(MatchField.VLAN_TCI)) {
            return;
        }
        boolean isPresent = (packet.read(MatchField.VLAN_VID) & KeyLayout.VLAN_PRESENT) != 0;
        if (tci == 0) {
            packet.popVlan();
            return;
        }
        if (!isPresent) {
            if (packet.hasFullVlanQueue()) {
                packet.commit(translator.out, false);
            }
            packet.pushVlan(firstTpid == 0 ? EtherTypes.VLAN : firstTpid);
        }
        packet.write(MatchField.VLAN_TCI, Bits.of(tci), Bits.of(0xffff));
    }
}
