package io.heddle.controller.app.dhcp;

import io.heddle.controller.packet.Frame;
import io.heddle.controller.packet.Frames;
import io.heddle.flow.packet.EthernetView;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/** Makes a client's messages and the frames that carry them. */
final class DhcpClient {
    final long mac;
    int vlan;
    int giaddr;

    DhcpClient(long mac) {
        this.mac = mac;
    }

    DhcpMessage message(MessageType type) {
        DhcpMessage message = new DhcpMessage();
        message.op = DhcpMessage.REQUEST_OP;
        message.xid = 0x12345678;
        message.giaddr = giaddr;
        message.chaddr = Arrays.copyOfRange(ByteBuffer.allocate(8).putLong(mac).array(), 2, 8);
        message.options.put(DhcpOption.MESSAGE_TYPE, type.code());
        return message;
    }

    Frame frame(MessageType type, Consumer<DhcpMessage> with) {
        DhcpMessage message = message(type);
        with.accept(message);
        return frame(message);
    }

    Frame frame(DhcpMessage message) {
        return Frames.udp(EthernetView.BROADCAST, mac, vlan, message.ciaddr, -1, 68, 67, message.toOctets(1472));
    }

    Frame discover() {
        return frame(MessageType.DISCOVER, message -> {});
    }

    Frame select(int ip, int server) {
        return frame(
                MessageType.REQUEST,
                message -> message.options
                        .put(DhcpOption.SERVER_IDENTIFIER, server)
                        .put(DhcpOption.REQUESTED_ADDRESS, ip));
    }

    Frame reboot(int ip) {
        return frame(MessageType.REQUEST, message -> message.options.put(DhcpOption.REQUESTED_ADDRESS, ip));
    }

    Frame renew(int ip) {
        return frame(MessageType.REQUEST, message -> message.ciaddr = ip);
    }
}
