package io.heddle.flow.pipeline;

import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;

/**
 * Forwards what a bridge and its controllers need to find and reach each other, before any table sees it, as Open vSwitch's hidden flows do:
 * DHCP of the local port, ARP of the local port and of controllers, and TCP to and from controllers.
 *
 * <p>Of addresses no more octets are looked at than it takes to tell them from those wanted, so that other packets need no more megaflows
 * than before.
 *
 * <p>Threading: none; for one use.
 *
 * @see <a href="https://docs.openvswitch.org/en/latest/topics/design/#in-band-control">Open vSwitch: Design Decisions, In-Band Control</a>
 */
final class InBandControl {
    private static final int ARP = 0x0806;
    private static final int IPV4 = 0x0800;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int DHCP_SERVER = 67;
    private static final int DHCP_CLIENT = 68;
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    private final Translator translator;

    InBandControl(Translator translator) {
        this.translator = translator;
    }

    /** Forwards a packet if it is one of these; false when it is to go to the tables. */
    boolean takes(BridgeView bridge) {
        InBand wanted = bridge.layer2().inBand();
        if (wanted == null) {
            return false;
        }
        String what = switch ((int) translator.read(MatchField.ETH_TYPE).low()) {
            case ARP -> arp(wanted);
            case IPV4 -> ipv4(wanted);
            default -> "";
        };
        if (what.isEmpty()) {
            return false;
        }
        translator.trace.begin(new TraceListener.Step.Note("in-band control: %s".formatted(what)));
        translator.actions.output(Ports.NORMAL, 0);
        translator.trace.end();
        return true;
    }

    private String arp(InBand wanted) {
        long operation = translator.read(MatchField.ARP_OP).low();
        if (operation == 1 && is(MatchField.ETH_SRC, wanted.localAddress())) {
            return "an ARP request of the local port";
        }
        if (operation == 2 && is(MatchField.ETH_DST, wanted.localAddress())) {
            return "an ARP reply to the local port";
        }
        for (InBand.Controller controller : wanted.controllers()) {
            long address = Integer.toUnsignedLong(controller.address());
            if (operation == 1 && is(MatchField.ARP_SPA, address)) {
                return "an ARP request of a controller";
            }
            if (operation == 2 && is(MatchField.ARP_TPA, address)) {
                return "an ARP reply to a controller";
            }
        }
        return "";
    }

    private String ipv4(InBand wanted) {
        return switch ((int) translator.read(MatchField.NW_PROTO).low()) {
            case UDP -> dhcp(wanted);
            case TCP -> tcp(wanted);
            default -> "";
        };
    }

    private String dhcp(InBand wanted) {
        long source = translator.read(MatchField.UDP_SRC).low();
        long destination = translator.read(MatchField.UDP_DST).low();
        if (translator.inPort() == Ports.LOCAL) {
            return source == DHCP_CLIENT && destination == DHCP_SERVER && is(MatchField.ETH_SRC, wanted.localAddress())
                    ? "DHCP of the local port"
                    : "";
        }
        if (source == DHCP_SERVER && destination == DHCP_CLIENT) {
            if (is(MatchField.ETH_DST, wanted.localAddress())) {
                return "DHCP to the local port";
            }
            if (is(MatchField.ETH_DST, BROADCAST)) {
                // It may be for the local port, or for anyone: the tables decide about the others.
                translator.trace.begin(
                        new TraceListener.Step.Note("in-band control: DHCP that may be for the local port"));
                translator.actions.output(Ports.LOCAL, 0);
                translator.trace.end();
            }
        }
        return "";
    }

    private String tcp(InBand wanted) {
        for (InBand.Controller controller : wanted.controllers()) {
            long address = Integer.toUnsignedLong(controller.address());
            if (is(MatchField.NW_DST, address)
                    && translator.read(MatchField.TCP_DST).low() == controller.port()) {
                return "to a controller";
            }
            if (is(MatchField.NW_SRC, address)
                    && translator.read(MatchField.TCP_SRC).low() == controller.port()) {
                return "from a controller";
            }
        }
        return "";
    }

    /** Compares an address, octet by octet. */
    private boolean is(MatchField field, long wanted) {
        long difference = translator.packet.key.getLong(field) ^ wanted;
        int bits = field.bits();
        int equal = difference == 0 ? bits : Long.numberOfLeadingZeros(difference) - (Long.SIZE - bits);
        int looked = Math.min(bits, (equal / Byte.SIZE + 1) * Byte.SIZE);
        long mask = ((1L << looked) - 1) << (bits - looked);
        translator.look(new FlowMask().add(field, Bits.of(mask)));
        return difference == 0;
    }
}
