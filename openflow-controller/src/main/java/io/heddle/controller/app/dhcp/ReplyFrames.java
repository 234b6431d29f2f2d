package io.heddle.controller.app.dhcp;

import io.heddle.controller.packet.Frame;
import io.heddle.controller.packet.Frames;
import io.heddle.flow.packet.EthernetView;

/**
 * Where a reply goes (RFC 2131 section 4.1):
 *
 * <pre>
 *   giaddr set         to the relay, port 67, at the Ethernet address that the request came from
 *   NAK                broadcast
 *   ciaddr set         to ciaddr
 *   broadcast flag     broadcast
 *   else               to yiaddr at the client's Ethernet address, although it has not got that address yet
 * </pre>
 */
final class ReplyFrames {
    private static final int BROADCAST_IP = -1;

    private ReplyFrames() {}

    static Frame of(DhcpMessage reply, DhcpMessage request, DhcpNetwork network, Frame requestFrame) {
        Integer size = request.options.get(DhcpOption.MAX_MESSAGE_SIZE);
        byte[] payload = reply.toOctets(size == null ? DhcpMessage.DEFAULT_MAX_LENGTH : Math.min(size, 1500) - 28);
        long client = request.mac() != 0 ? request.mac() : EthernetView.BROADCAST;
        long dst;
        int ip;
        int port = DhcpApp.CLIENT_PORT;
        if (request.giaddr != 0) {
            dst = requestFrame.src();
            ip = request.giaddr;
            port = DhcpApp.SERVER_PORT;
        } else if (reply.type() == MessageType.NAK) {
            dst = EthernetView.BROADCAST;
            ip = BROADCAST_IP;
        } else if (request.ciaddr != 0) {
            dst = client;
            ip = request.ciaddr;
        } else if (request.wantsBroadcast() || reply.yiaddr == 0) {
            dst = EthernetView.BROADCAST;
            ip = BROADCAST_IP;
        } else {
            dst = client;
            ip = reply.yiaddr;
        }
        return Frames.udp(
                dst,
                network.serverMac(),
                requestFrame.vlan(),
                network.serverAddress(),
                ip,
                DhcpApp.SERVER_PORT,
                port,
                payload);
    }
}
