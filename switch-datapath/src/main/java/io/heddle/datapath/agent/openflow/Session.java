package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.ControllerStatus;
import io.heddle.proto.openflow.Extensions;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.heddle.proto.openflow.ReplyParts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, from its hello to its end.
 *
 * <p>Nothing waits in it without bound: as long as the other side does not read its replies, or too many of its requests are with the
 * bridge, no further request is read; events wait in the subscription's bounded queues. The answer to a multipart request is written as it
 * is read, and what comes behind the request waits for that.
 *
 * <p>Threading: the event loop of its channel.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive or in a listener
final class Session extends ChannelInboundHandlerAdapter implements Roles.Holder {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    /** Octets of a request that its error repeats (OpenFlow 1.3.5 section 7.5.4). */
    static final int ERROR_DATA_OCTETS = 64;

    /** {@code OFPCRR_MASTER_REQUEST}. */
    private static final int MASTER_REQUEST = 0;

    /** {@code OFPRFR_*}. */
    private static final int GROUP_MOD = 0;

    private static final int METER_MOD = 1;
    private static final int MOST_OUTSTANDING = 128;

    /** Of requests whose turn has not come, before no further one is read. */
    private static final int MOST_WAITING_OCTETS = 64 << 10;

    private static final int CONTROLLER_MISS_SEND_LENGTH = 128;

    /** Hears how the session goes. */
    interface Listener {
        /** Versions have been agreed on. */
        void up(Session session);

        /** The role is another. */
        void roleChanged(Session session);

        /** It is over; {@code reason} for people. */
        void down(Session session, String reason);
    }

    private final SessionPlace place;
    private final String peer;
    private final BridgeControl bridge;
    private final Set<OpenFlowVersion> versions;
    private final Timing timing;
    private final Roles roles;
    private final AgentCounters counters;
    private final Listener listener;
    private final RequestHandler requests;
    private final EventSender events;
    private @Nullable Channel channel;
    private @Nullable OpenFlowCodec codec;
    private Role role = Role.EQUAL;
    private List<Session> auxiliaries = List.of();
    private final AnswerSender answers = new AnswerSender(this);
    private int outstanding;

    /** Requests whose turn has not come, in order, and how many octets they have. */
    private final Queue<ByteBuf> waiting = new ArrayDeque<>();

    private int waitingOctets;
    private boolean isHeld;
    private boolean isHandling;
    private boolean isProbing;

    // What waits for the client, when that was looked at last.
    private @Nullable Object firstWaiting;
    private int firstLeft;
    private String closeReason = "closed by the other side";

    Session(
            SessionPlace place,
            BridgeControl bridge,
            Set<OpenFlowVersion> versions,
            Timing timing,
            Roles roles,
            AgentCounters counters,
            Listener listener) {
        this.place = place;
        this.peer = place.peer();
        this.bridge = bridge;
        this.versions = versions;
        this.timing = timing;
        this.roles = roles;
        this.counters = counters;
        this.listener = listener;
        Session main = place.main();
        this.events = main == null
                ? new EventSender(this, bridge, counters, place.isPassive() ? 0 : CONTROLLER_MISS_SEND_LENGTH)
                : main.events;
        this.requests = new RequestHandler(this, bridge, roles, events, counters, timing);
    }

    /** For people: the other side. */
    String peer() {
        return peer;
    }

    boolean isPassive() {
        return place.isPassive();
    }

    /** 0 for a main connection. */
    int auxiliaryId() {
        return place.auxiliaryId();
    }

    /** The controller's main connection, which has the role and the asynchronous configuration of all. */
    Session main() {
        Session main = place.main();
        return main == null ? this : main;
    }

    /** Connections that packets for the controller go by; none: the main one. */
    void setAuxiliaries(List<Session> sessions) {
        auxiliaries = List.copyOf(sessions);
    }

    /** The connection for packets of a port: always the same one while it reads, so that they stay in order. */
    Session forPacketsOf(int port) {
        if (auxiliaries.isEmpty()) {
            return this;
        }
        Session chosen = auxiliaries.get(Math.floorMod(port, auxiliaries.size()));
        return chosen.isWritable() ? chosen : this;
    }

    @Override
    public Role role() {
        Session main = place.main();
        return main == null ? role : main.role();
    }

    @Override
    public void setRole(Role newRole) {
        if (role != newRole) {
            role = newRole;
            listener.roleChanged(this);
        }
    }

    @Override
    public void demoted(long generationId) {
        if (version().isAtLeast(OpenFlowVersion.OPENFLOW_13)
                && events.wants(events.configuration().roleStatus(), MASTER_REQUEST)) {
            send(0, new OpenFlowMessage.RoleStatus(role, MASTER_REQUEST, generationId));
        }
    }

    @Override
    public void controllerChanged(ControllerStatus status) {
        if (version().isAtLeast(OpenFlowVersion.OPENFLOW_15)
                && events.wants(events.configuration().controllerStatus(), status.reason())
                && mayTell()) {
            send(0, new OpenFlowMessage.ControllerStatusChanged(status));
        }
    }

    @Override
    public void requestForwarded(int xid, OpenFlowMessage request) {
        int reason = request instanceof OpenFlowMessage.GroupModRequest ? GROUP_MOD : METER_MOD;
        if (!events.wants(events.configuration().requestForward(), reason) || !mayTell()) {
            return;
        }
        ByteBuf inner = Unpooled.buffer();
        try {
            codec().encode(inner, xid, request);
        } catch (IllegalArgumentException e) {
            LOG.debug("{}: {}: a request is not forwarded: {}", bridge.name(), peer, e.getMessage());
            return;
        }
        byte[] octets = new byte[inner.readableBytes()];
        inner.readBytes(octets);
        send(0, new OpenFlowMessage.RequestForward(Octets.of(octets)));
    }

    /** Other clients' requests are told only to who reads: what would wait for a client that does not is lost, and counted. */
    private boolean mayTell() {
        boolean may = isWritable();
        if (!may) {
            counters.lost(0, 1);
        }
        return may;
    }

    /** The version that was agreed on; for a session that is up. */
    OpenFlowVersion version() {
        return codec().version();
    }

    /** What the client has asked for beyond the version. */
    Extensions extensions() {
        return codec().extensions();
    }

    /** From the next message on. */
    void setExtensions(Extensions wanted) {
        codec = codec().with(wanted);
    }

    /** Says whether it gets packets that no flow matched: before OpenFlow 1.3 there are no table-miss entries to ask for them. */
    boolean wantsMisses() {
        return !version().isAtLeast(OpenFlowVersion.OPENFLOW_13);
    }

    /** Reads a message that another one carries. */
    Frame decode(Octets message) throws FlowException {
        return codec().decode(Unpooled.wrappedBuffer(message.array()));
    }

    private OpenFlowCodec codec() {
        return codec == null ? OpenFlowCodec.of(newest()) : codec;
    }

    private Channel channel() {
        if (channel == null) {
            throw new IllegalStateException("the session has no channel yet");
        }
        return channel;
    }

    EventLoop eventLoop() {
        return channel().eventLoop();
    }

    private OpenFlowVersion newest() {
        return versions.stream().max(Comparator.naturalOrder()).orElseThrow();
    }

    // ---- life

    @Override
    public void channelActive(ChannelHandlerContext context) {
        channel = context.channel();
        Set<Integer> wires = new HashSet<>();
        versions.forEach(version -> wires.add(version.wire()));
        send(0, new OpenFlowMessage.Hello(wires));
        context.executor()
                .schedule(
                        () -> {
                            if (codec == null) {
                                close("no hello within " + timing.helloMs() + " ms");
                            }
                        },
                        timing.helloMs(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (place.main() == null) {
            roles.remove(this);
            events.close();
        }
        requests.close();
        answers.close();
        waiting.forEach(ByteBuf::release);
        waiting.clear();
        listener.down(this, closeReason);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof java.io.IOException) {
            close(String.valueOf(cause.getMessage()));
        } else {
            LOG.error("{}: {}: closing the connection after an unexpected failure", bridge.name(), peer, cause);
            close("internal error");
        }
    }

    /** Ends the session. */
    void close(String reason) {
        closeReason = reason;
        channel().close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent idle && idle.state() == IdleState.READER_IDLE && codec != null) {
            boolean isBusy = hasReadSome() || outstanding > 0;
            if (isProbing && !isBusy) {
                close("no answer to an echo request within " + timing.probeMs() + " ms");
            } else if (!isProbing && channel().config().isAutoRead()) {
                isProbing = true;
                send(0, new OpenFlowMessage.EchoRequest(Octets.EMPTY));
            }
        }
    }

    /**
     * Says whether the client has read something of what waits for it since this was asked last: it cannot answer an echo request that is
     * behind a long reply.
     */
    @SuppressWarnings("ReferenceEquality") // whether it is the very buffer, not one with the same octets
    private boolean hasReadSome() {
        ChannelOutboundBuffer out = channel().unsafe().outboundBuffer();
        Object first = out == null ? null : out.current();
        int left = first instanceof ByteBuf octets ? octets.readableBytes() : 0;
        boolean hasRead = firstWaiting != null && (first != firstWaiting || left < firstLeft);
        firstWaiting = first;
        firstLeft = left;
        return hasRead;
    }

    // ---- requests

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        isProbing = false;
        waiting.add(frame);
        waitingOctets += frame.readableBytes();
        handleWaiting();
    }

    /** Handles what has come, in order, as far as it is its turn. What it sends may call this again: the first call goes on then. */
    private void handleWaiting() {
        if (isHandling) {
            return;
        }
        isHandling = true;
        try {
            while (!isHeld && channel().isWritable()) {
                ByteBuf frame = waiting.poll();
                if (frame == null) {
                    break;
                }
                waitingOctets -= frame.readableBytes();
                try {
                    if (channel().isActive()) {
                        receive(frame);
                    }
                } finally {
                    frame.release();
                }
            }
        } finally {
            isHandling = false;
        }
        updateReading();
    }

    /** Has what comes wait until {@link #release}: a long answer is sent, and no second one is to be made meanwhile. */
    void hold() {
        isHeld = true;
    }

    void release() {
        isHeld = false;
        goOn();
    }

    private void goOn() {
        if (!isHandling) {
            handleWaiting();
            requests.flush();
            flush();
        }
    }

    private void receive(ByteBuf in) {
        Octets head = head(in);
        int xid = in.getInt(in.readerIndex() + 4);
        int lengthInHeader = in.getUnsignedShort(in.readerIndex() + 2);
        boolean isLost = lengthInHeader < OpenFlowCodec.HEADER_OCTETS;
        try {
            if (isLost) {
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_LEN,
                        "",
                        "a header says " + lengthInHeader + " octets, fewer than it has itself: this is not OpenFlow");
            }
            if (codec == null) {
                negotiate(in);
            } else {
                Frame frame = codec.decode(in);
                requests.handle(frame.xid(), head, frame.message());
            }
        } catch (FlowException e) {
            boolean isFatal = isLost || codec == null || e.error().code() == ErrorCode.BAD_REQUEST_BAD_VERSION;
            requests.flush();
            sendError(xid, head, e.error());
            if (isFatal) {
                LOG.warn(
                        "{}: {}: closing the connection: {}",
                        bridge.name(),
                        peer,
                        e.error().message());
                closeReason = e.error().message();
                channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            } else {
                LOG.debug("{}: {}: refused: {}", bridge.name(), peer, e.error());
            }
        }
    }

    private static Octets head(ByteBuf in) {
        byte[] octets = new byte[Math.min(ERROR_DATA_OCTETS, in.readableBytes())];
        in.getBytes(in.readerIndex(), octets);
        return Octets.of(octets);
    }

    private void negotiate(ByteBuf in) throws FlowException {
        int wire = in.getUnsignedByte(in.readerIndex());
        int type = in.getUnsignedByte(in.readerIndex() + 1);
        if (wire == 0 || type != 0) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_TYPE,
                    "",
                    "the first message is no OpenFlow hello (version %d, type %d)".formatted(wire, type));
        }
        OpenFlowMessage message = codec().decode(in).message();
        Set<Integer> theirs = message instanceof OpenFlowMessage.Hello hello ? hello.versions() : Set.of();
        Optional<OpenFlowVersion> agreed = versions.stream()
                .filter(version -> theirs.isEmpty()
                        ? version.wire() == Math.min(wire, newest().wire())
                        : theirs.contains(version.wire()))
                .max(Comparator.naturalOrder());
        if (agreed.isEmpty()) {
            String ours = String.join(
                    ", ",
                    versions.stream()
                            .sorted()
                            .map(OpenFlowVersion::protocolName)
                            .toList());
            String text = "this bridge speaks " + ours + ", the other side "
                    + (theirs.isEmpty() ? "up to version " + wire : "versions " + theirs);
            LOG.warn("{}: {}: no common OpenFlow version: {}", bridge.name(), peer, text);
            Octets data = Octets.of(text.getBytes(StandardCharsets.US_ASCII));
            send(in.getInt(4), new OpenFlowMessage.ErrorReply(ErrorCode.HELLO_FAILED_INCOMPATIBLE, data));
            closeReason = "no common OpenFlow version: " + text;
            channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        codec = OpenFlowCodec.of(agreed.get());
        if (place.main() == null) {
            roles.add(this);
            events.start();
        }
        listener.up(this);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        requests.flush();
        context.flush();
    }

    /** A request is with the bridge. */
    void began() {
        outstanding++;
        updateReading();
    }

    /** The bridge has answered. */
    void ended() {
        outstanding--;
        updateReading();
    }

    private void updateReading() {
        Channel current = channel();
        boolean reads = outstanding < MOST_OUTSTANDING && current.isWritable() && waitingOctets < MOST_WAITING_OCTETS;
        if (current.config().isAutoRead() != reads) {
            current.config().setAutoRead(reads);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        updateReading();
        if (context.channel().isWritable()) {
            answers.drain();
            goOn();
            if (place.main() == null) {
                events.drain();
            }
            requests.drain();
        }
    }

    // ---- replies

    boolean isWritable() {
        return channel().isWritable();
    }

    /** Writes a message; what is written goes out at the end of the reading or with {@link #flush}. */
    void send(int xid, OpenFlowMessage message) {
        ByteBuf out = channel().alloc().buffer();
        try {
            codec().encode(out, xid, message);
        } catch (IllegalArgumentException e) {
            out.release();
            LOG.error("{}: {}: a message could not be sent: {}", bridge.name(), peer, e.getMessage());
            return;
        }
        channel().write(out);
        flush();
    }

    /** Writes what is to be said at once, in as many messages as it needs. */
    void sendMultipart(int xid, MultipartBody.Reply reply) {
        try {
            ReplyParts parts = parts(xid, reply, false);
            while (parts.hasNext()) {
                write(parts.next());
            }
        } catch (IllegalArgumentException e) {
            refuse(xid, e);
        }
        flush();
    }

    /** Sends an answer as the client reads it; {@code then} runs when the channel has it all. */
    void answer(int xid, Answer answer, Runnable then) {
        answers.add(xid, answer, then);
    }

    ReplyParts parts(int xid, MultipartBody.Reply reply, boolean more) {
        return codec().parts(xid, reply, more);
    }

    void write(ByteBuf message) {
        channel().write(channel().alloc().buffer(message.readableBytes()).writeBytes(message));
    }

    /** One entry is longer than a message can be: who asked is not to wait for ever. */
    void refuse(int xid, IllegalArgumentException e) {
        String reason = String.valueOf(e.getMessage());
        LOG.warn("{}: {}: a reply could not be sent: {}", bridge.name(), peer, reason);
        sendError(xid, Octets.EMPTY, new FlowError(ErrorCode.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW, "", reason));
    }

    void flush() {
        channel().flush();
    }

    void sendError(int xid, Octets head, FlowError error) {
        send(xid, new OpenFlowMessage.ErrorReply(error.code(), head));
    }

    void internalError(int xid, Octets head, Throwable cause) {
        LOG.error("{}: {}: a request failed unexpectedly", bridge.name(), peer, cause);
        sendError(xid, head, new FlowError(ErrorCode.BAD_REQUEST_EPERM, "", "internal error"));
    }
}
