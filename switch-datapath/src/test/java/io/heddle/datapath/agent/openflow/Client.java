package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Set;

/** The other side of a connection, with plain blocking sockets. */
final class Client implements AutoCloseable {
    static final OpenFlowCodec CODEC = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_13);

    private final OpenFlowCodec codec;
    private final SocketChannel channel;
    private final DataInputStream in;

    Client(SocketChannel channel) throws IOException {
        this(channel, CODEC);
    }

    Client(SocketChannel channel, OpenFlowCodec codec) throws IOException {
        this.codec = codec;
        this.channel = channel;
        this.in = new DataInputStream(Channels.newInputStream(channel));
    }

    static Client connect(SocketAddress address) throws IOException {
        return new Client(SocketChannel.open(address));
    }

    /** Connects and exchanges hellos. */
    static Client greet(SocketAddress address) throws IOException, FlowException {
        Client client = connect(address);
        client.greet();
        return client;
    }

    void greet() throws IOException, FlowException {
        assertThat(receive().message()).isInstanceOf(OpenFlowMessage.Hello.class);
        send(1, new OpenFlowMessage.Hello(Set.of(codec.version().wire())));
    }

    void send(int xid, OpenFlowMessage message) throws IOException {
        ByteBuf out = Unpooled.buffer();
        codec.encode(out, xid, message);
        sendOctets(out);
    }

    void sendOctets(ByteBuf out) throws IOException {
        while (out.isReadable()) {
            out.readBytes(channel, out.readableBytes());
        }
    }

    /** The next message; an end of the connection is an {@link EOFException}. */
    Frame receive() throws IOException, FlowException {
        byte[] header = new byte[OpenFlowCodec.HEADER_OCTETS];
        in.readFully(header);
        int length = (header[2] & 0xff) << 8 | header[3] & 0xff;
        byte[] whole = Arrays.copyOf(header, length);
        in.readFully(whole, header.length, length - header.length);
        return codec.decode(Unpooled.wrappedBuffer(whole));
    }

    /** The next message that is an answer to {@code xid}. */
    OpenFlowMessage answer(int xid) throws IOException, FlowException {
        while (true) {
            Frame frame = receive();
            if (frame.message() instanceof OpenFlowMessage.EchoRequest echo) {
                send(frame.xid(), new OpenFlowMessage.EchoReply(echo.data()));
            } else if (frame.xid() == xid) {
                return frame.message();
            }
        }
    }

    OpenFlowMessage ask(int xid, OpenFlowMessage message) throws IOException, FlowException {
        send(xid, message);
        return answer(xid);
    }

    /** Waits for the other side to end the connection. */
    void awaitEnd() throws IOException, FlowException {
        try {
            while (true) {
                receive();
            }
        } catch (EOFException e) {
            assertThat(channel.isOpen()).isTrue();
        }
    }

    /** Ends the connection from this side. */
    void end() throws IOException {
        channel.close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
