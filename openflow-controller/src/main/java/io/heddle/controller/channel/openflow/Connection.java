package io.heddle.controller.channel.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a switch below requests and answers: hello, echo, messages in and out.
 *
 * <p>What the loop has not handled yet is bounded: with {@value #MOST_WAITING} messages waiting the switch is not read any more, so
 * that it queues, and drops packets in, by its own rules.
 *
 * <p>Threading: the event loop's, but for {@link #send}, {@link #close} and {@link #isWritable}, which are for any thread. The
 * listener is called on the executor that is given, in the order of the messages.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive or in a listener
final class Connection extends ChannelInboundHandlerAdapter {
    /** The apps' pipeline needs several tables and OXM: earlier versions cannot say it. */
    static final Set<OpenFlowVersion> VERSIONS = OpenFlowCodec.SUPPORTED.stream()
            .filter(version -> version.compareTo(OpenFlowVersion.OPENFLOW_13) >= 0)
            .collect(Collectors.toUnmodifiableSet());

    /** Silence before an echo request, and again before the connection is given up, in milliseconds. */
    static final long PROBE_MILLIS = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final long HELLO_MILLIS = 10_000;
    private static final int MOST_WAITING = 1024;
    private static final int FEW_WAITING = 256;
    private static final int ERROR_DATA_OCTETS = 64;

    /** {@code ofp_multipart_reply}: number of its type, place of its flags, {@code OFPMPF_REPLY_MORE}. */
    private static final int MULTIPART_REPLY = 19;

    private static final int FLAGS_AT = 10;
    private static final int MULTIPART_MORE = 1;

    private static final OpenFlowVersion NEWEST =
            VERSIONS.stream().max(Comparator.naturalOrder()).orElseThrow();

    /** Hears what comes. */
    interface Listener {
        /** A version has been agreed on. */
        void onUp(OpenFlowVersion version);

        void onMessage(Frame frame);

        /**
         * A message could not be decoded.
         *
         * @param xid of its header
         * @param more it is a part of an answer, and more parts follow
         * @param reason for people
         */
        void onUndecodable(int xid, boolean more, String reason);

        /** It is over; {@code reason} for people. Nothing comes after it. */
        void onDown(String reason);
    }

    private final String peer;
    private final Channel channel;
    private final Executor executor;
    private final Listener listener;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile @Nullable OpenFlowCodec codec;
    private volatile String closeReason = "closed by the switch";
    private boolean isProbing;

    /**
     * A connection that has just been accepted.
     *
     * @param peer for people: the other side
     * @param executor calls the listener
     */
    Connection(String peer, Channel channel, Executor executor, Listener listener) {
        this.peer = peer;
        this.channel = channel;
        this.executor = executor;
        this.listener = listener;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        Set<Integer> wires = VERSIONS.stream().map(OpenFlowVersion::wire).collect(Collectors.toSet());
        write(OpenFlowCodec.of(NEWEST), 0, new OpenFlowMessage.Hello(wires));
        context.executor()
                .schedule(
                        () -> {
                            if (codec == null) {
                                close("no hello within " + HELLO_MILLIS + " ms");
                            }
                        },
                        HELLO_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        String reason = closeReason;
        executor.execute(() -> listener.onDown(reason));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error("{}: closing the connection after an unexpected failure", peer, cause);
        }
        close(String.valueOf(cause.getMessage()));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        OpenFlowCodec agreed = codec;
        if (event instanceof IdleStateEvent idle && idle.state() == IdleState.READER_IDLE && agreed != null) {
            if (!channel.config().isAutoRead()) {
                return; // it is we who do not listen
            }
            if (isProbing) {
                close("no answer to an echo request within " + PROBE_MILLIS + " ms");
            } else {
                isProbing = true;
                write(agreed, 0, new OpenFlowMessage.EchoRequest(Octets.EMPTY));
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            isProbing = false;
            if (channel.isActive()) {
                receive(in);
            }
        } finally {
            in.release();
        }
    }

    private void receive(ByteBuf in) {
        int start = in.readerIndex();
        int xid = in.getInt(start + 4);
        byte[] head = new byte[Math.min(ERROR_DATA_OCTETS, in.readableBytes())];
        in.getBytes(start, head);
        OpenFlowCodec agreed = codec;
        try {
            if (in.getUnsignedShort(start + 2) < OpenFlowCodec.HEADER_OCTETS) {
                end(OpenFlowCodec.of(NEWEST), xid, ErrorCode.BAD_REQUEST_BAD_LEN, head, "this is not OpenFlow");
            } else if (agreed == null) {
                negotiate(in, xid, head);
            } else {
                Frame frame = agreed.decode(in);
                if (frame.message() instanceof OpenFlowMessage.EchoRequest(Octets data)) {
                    write(agreed, xid, new OpenFlowMessage.EchoReply(data));
                } else if (!(frame.message() instanceof OpenFlowMessage.EchoReply)) {
                    handOver(() -> listener.onMessage(frame));
                }
            }
        } catch (FlowException e) {
            if (agreed == null || e.error().code() == ErrorCode.BAD_REQUEST_BAD_VERSION) {
                OpenFlowCodec any = agreed == null ? OpenFlowCodec.of(NEWEST) : agreed;
                end(any, xid, e.error().code(), head, e.error().message());
            } else {
                String reason = e.error().message();
                boolean more = head.length > FLAGS_AT + 1
                        && head[1] == MULTIPART_REPLY
                        && (head[FLAGS_AT + 1] & MULTIPART_MORE) != 0;
                handOver(() -> listener.onUndecodable(xid, more, reason));
            }
        }
    }

    private void negotiate(ByteBuf in, int xid, byte[] head) throws FlowException {
        int wire = in.getUnsignedByte(in.readerIndex());
        OpenFlowCodec newest = OpenFlowCodec.of(NEWEST);
        if (wire == 0 || in.getUnsignedByte(in.readerIndex() + 1) != 0) {
            end(newest, xid, ErrorCode.BAD_REQUEST_BAD_TYPE, head, "the first message is no OpenFlow hello");
            return;
        }
        Set<Integer> theirs = newest.decode(in).message() instanceof OpenFlowMessage.Hello(Set<Integer> versions)
                ? versions
                : Set.of();
        Optional<OpenFlowVersion> agreed = VERSIONS.stream()
                .filter(version -> theirs.isEmpty()
                        ? version.wire() == Math.min(wire, NEWEST.wire())
                        : theirs.contains(version.wire()))
                .max(Comparator.naturalOrder());
        if (agreed.isEmpty()) {
            List<String> ours = VERSIONS.stream()
                    .sorted()
                    .map(OpenFlowVersion::protocolName)
                    .toList();
            String text = "no common OpenFlow version: this controller speaks %s, the switch %s"
                    .formatted(
                            String.join(", ", ours), theirs.isEmpty() ? "up to version " + wire : "versions " + theirs);
            end(
                    newest,
                    xid,
                    ErrorCode.HELLO_FAILED_INCOMPATIBLE,
                    text.getBytes(StandardCharsets.US_ASCII),
                    text + "; for Open vSwitch: ovs-vsctl set bridge BRIDGE protocols=" + ours.getLast());
            return;
        }
        OpenFlowVersion version = agreed.get();
        codec = OpenFlowCodec.of(version);
        handOver(() -> listener.onUp(version));
    }

    /** Tells the other side why, then closes. */
    private void end(OpenFlowCodec with, int xid, ErrorCode error, byte[] data, String reason) {
        LOG.warn("{}: closing the connection: {}", peer, reason);
        closeReason = reason;
        write(with, xid, new OpenFlowMessage.ErrorReply(error, Octets.of(data)));
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    private void handOver(Runnable call) {
        if (waiting.incrementAndGet() >= MOST_WAITING) {
            channel.config().setAutoRead(false);
            if (waiting.get() <= FEW_WAITING) {
                channel.config().setAutoRead(true); // the loop was faster
            }
        }
        executor.execute(() -> {
            try {
                call.run();
            } finally {
                if (waiting.decrementAndGet() == FEW_WAITING) {
                    channel.config().setAutoRead(true);
                }
            }
        });
    }

    /** Says whether the other side reads what it is sent. Any thread. */
    boolean isWritable() {
        return channel.isWritable();
    }

    /** Sends a message; for a connection that is up. Any thread; those of one thread go in order. */
    void send(int xid, OpenFlowMessage message) {
        OpenFlowCodec agreed = codec;
        if (agreed == null) {
            throw new IllegalStateException(peer + ": nothing can be sent before the hello");
        }
        write(agreed, xid, message);
    }

    private void write(OpenFlowCodec with, int xid, OpenFlowMessage message) {
        ByteBuf out = channel.alloc().buffer();
        try {
            with.encode(out, xid, message);
        } catch (RuntimeException e) {
            out.release();
            throw e;
        }
        channel.writeAndFlush(out);
    }

    /** Ends it; {@code reason} for people. Any thread. */
    void close(String reason) {
        closeReason = reason;
        channel.close();
    }
}
