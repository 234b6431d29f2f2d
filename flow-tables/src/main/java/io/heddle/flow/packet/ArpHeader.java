package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * An ARP message for IPv4 over Ethernet, as a value.
 *
 * @param operation {@link ArpView#REQUEST}, {@link ArpView#REPLY} or another, 0 to 65535
 * @param senderMac 48 bits
 * @param senderIp as a number, 10.0.0.1 is 0x0a000001
 * @param targetMac 48 bits, 0 in a request
 * @param targetIp as a number
 * @see <a href="https://www.rfc-editor.org/rfc/rfc826">RFC 826</a>
 */
public record ArpHeader(int operation, long senderMac, int senderIp, long targetMac, int targetIp) {
    public ArpHeader {
        if (operation < 0 || operation > 0xffff) {
            throw new IllegalArgumentException("operation " + operation + " is not in 0-65535");
        }
        if (senderMac >>> 48 != 0 || targetMac >>> 48 != 0) {
            throw new IllegalArgumentException("an Ethernet address has more than 48 bits");
        }
    }

    /** Reads the message of an ARP frame; empty when it is none, cut short, or not for IPv4 over Ethernet. */
    public static Optional<ArpHeader> ofFrame(MemorySegment memory, long frame, int length) {
        long layers = PacketLayers.parse(memory, frame, length);
        int at = PacketLayers.l3(layers);
        if (PacketLayers.type(layers) != EtherTypes.ARP || !ArpView.check(memory, frame + at, length - at)) {
            return Optional.empty();
        }
        long message = frame + at;
        return Optional.of(new ArpHeader(
                ArpView.operation(memory, message),
                ArpView.sha(memory, message),
                ArpView.spa(memory, message),
                ArpView.tha(memory, message),
                ArpView.tpa(memory, message)));
    }

    /** Says whether somebody asks whether an address is in use, before taking it (RFC 5227 section 2.1.1). */
    public boolean isProbe() {
        return operation == ArpView.REQUEST && senderIp == 0;
    }

    /** Says whether somebody tells all others its own address (RFC 5227 section 2.3, and gratuitous replies). */
    public boolean isGratuitous() {
        return senderIp == targetIp && senderIp != 0;
    }

    /** The reply to this request: {@code mac} has the address that was asked for. */
    public ArpHeader replyFrom(long mac) {
        return new ArpHeader(
                ArpView.REPLY,
                /* senderMac= */ mac,
                /* senderIp= */ targetIp,
                /* targetMac= */ senderMac,
                /* targetIp= */ senderIp);
    }

    /** Writes {@link ArpView#LENGTH} octets. */
    public void write(MemorySegment memory, long offset) {
        ArpView.setIpv4OverEthernet(memory, offset);
        ArpView.setOperation(memory, offset, operation);
        ArpView.setSha(memory, offset, senderMac);
        ArpView.setSpa(memory, offset, senderIp);
        ArpView.setTha(memory, offset, targetMac);
        ArpView.setTpa(memory, offset, targetIp);
    }
}
