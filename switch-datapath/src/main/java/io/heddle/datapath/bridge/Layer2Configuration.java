package io.heddle.datapath.bridge;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a bridge does as an Ethernet bridge, for output to NORMAL and for the protocols of layer 2; in the words of Open vSwitch's
 * database.
 *
 * @param stpEnable takes part in the spanning tree as a bridge of IEEE 802.1D-1998
 * @param rstpEnable takes part in the spanning tree by the rapid protocol (IEEE 802.1D-2004)
 * @param mcastSnoopingEnable sends multicast only to where somebody has asked for it (RFC 4541)
 * @param otherConfig what else there is to set: the keys of {@link OtherConfig#BRIDGE}
 * @see <a href="https://www.openvswitch.org/support/dist-docs/ovs-vswitchd.conf.db.5.html">ovs-vswitchd.conf.db(5)</a>
 */
public record Layer2Configuration(
        boolean stpEnable,
        boolean rstpEnable,
        boolean mcastSnoopingEnable,
        Map<String, String> otherConfig,
        List<Mirror> mirrors,
        List<Bond> bonds) {
    /** Nothing but learning. */
    public static final Layer2Configuration NONE =
            new Layer2Configuration(false, false, false, Map.of(), List.of(), List.of());

    /**
     * Sends copies of packets to a port or a VLAN. Ports are named, a bond by its own name.
     *
     * @param selectAll all packets of all ports; else those below
     * @param selectSrcPort packets that come in by these
     * @param selectDstPort packets that leave by these
     * @param selectVlan only packets in these VLANs; empty: all
     * @param outputPort where the copies go; empty for {@code outputVlan}. The port is for copies only.
     * @param outputVlan VLAN that the copies are in; 0 for {@code outputPort}
     * @param snaplen octets of each copy, 14 to 65535; 0 for whole packets
     */
    public record Mirror(
            String name,
            boolean selectAll,
            Set<String> selectSrcPort,
            Set<String> selectDstPort,
            Set<Integer> selectVlan,
            String outputPort,
            int outputVlan,
            int snaplen) {
        public Mirror {
            selectSrcPort = Set.copyOf(selectSrcPort);
            selectDstPort = Set.copyOf(selectDstPort);
            selectVlan = Set.copyOf(selectVlan);
        }
    }

    /** How a bond spreads packets over its ports. */
    public enum BondMode {
        /** One port at a time. */
        ACTIVE_BACKUP,
        /** By source address and VLAN; the other side need not know of the bond. */
        BALANCE_SLB,
        /** By connection; needs LACP. */
        BALANCE_TCP;

        /** {@code active-backup}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Whether a bond speaks LACP (IEEE 802.1AX). */
    public enum LacpMode {
        OFF,
        /** Only when the other side begins. */
        PASSIVE,
        ACTIVE
    }

    /**
     * Several ports of the bridge that are one to NORMAL.
     *
     * @param name unique among the bridge's bonds and ports
     * @param ports names of two or more of the bridge's ports, which carry the same VLANs
     * @param updelayMs for which a link must be up before its port is used
     * @param downdelayMs for which a link must be down before its port is no longer used
     * @param otherConfig what else there is to set: the keys of {@link OtherConfig#BOND}
     */
    public record Bond(
            String name,
            List<String> ports,
            BondMode mode,
            LacpMode lacp,
            int updelayMs,
            int downdelayMs,
            Map<String, String> otherConfig) {
        public Bond {
            ports = List.copyOf(ports);
            otherConfig = Map.copyOf(otherConfig);
        }
    }

    /** The collections may be missing in what an earlier version has saved. */
    @SuppressWarnings("ConstantValue")
    public Layer2Configuration {
        otherConfig = Map.copyOf(Objects.requireNonNullElse(otherConfig, Map.of()));
        mirrors = List.copyOf(Objects.requireNonNullElse(mirrors, List.of()));
        bonds = List.copyOf(Objects.requireNonNullElse(bonds, List.of()));
    }
}
