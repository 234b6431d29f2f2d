package io.heddle.controller.channel.openflow;

import io.heddle.controller.channel.SessionListener;
import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bridge that has connected by OpenFlow.
 *
 * <pre>
 *   features known --> description --> ports --> role MASTER --> flows --> bridge up
 *                                                    +-- stale --> another controller is the primary
 * </pre>
 *
 * <p>The master is the controller with the highest generation id. A switch tells nobody that it is master no more: a write that is
 * refused for that reason is how this one finds out.
 *
 * <p>A write ends with a barrier, and its errors are those that came before the barrier's reply. With Open vSwitch packets may still
 * go by older rules for a moment then.
 *
 * <p>Thread: the controller loop.
 */
final class OpenFlowSwitchSession implements SwitchSession {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFlowSwitchSession.class);

    /** A switch that does not answer within this has a defect; the connection itself is watched by echo requests. */
    private static final long ANSWER_SECONDS = 30;

    private static final long LOSS_LOG_MILLIS = 5_000;

    /** Packets in are sent whole when their flow does not say how much of them. */
    private static final int MISS_SEND_LENGTH = 0xffff;

    private static final int PORT_DOWN = 1;
    private static final int LINK_DOWN = 1;
    private static final int PORT_DELETED = 1;

    /** {@code OFPRR_*} (OpenFlow 1.4.1 section 7.4.3). */
    private static final int REMOVED_IDLE = 0;

    private static final int REMOVED_HARD = 1;
    private static final int REMOVED_EVICTION = 5;

    /** What was asked, until all of the answer is there. */
    private static final class Question {
        final List<MultipartBody.Reply> parts = new ArrayList<>();
        final BiConsumer<OpenFlowMessage, List<MultipartBody.Reply>> answered;

        Question(BiConsumer<OpenFlowMessage, List<MultipartBody.Reply>> answered) {
            this.answered = answered;
        }
    }

    /** Flow mods on their way: those with transaction ids from {@code first}. */
    private record Writing(int first, List<FlowMod> mods, List<String> errors, Consumer<WriteResult> result) {}

    private final String target;
    private final SwitchId id;
    private final long generationId;
    private final Connection connection;
    private final ScheduledExecutorService loop;
    private final Map<Integer, Question> questions = new HashMap<>();
    private final Map<Integer, Writing> writings = new HashMap<>();
    private final Map<Integer, SwitchPort> ports = new HashMap<>();
    private @Nullable SessionListener listener;
    private String name = "";
    private SwitchView view;
    private boolean isUp;
    private boolean isEnded;
    private int lastXid;
    private long unsentPackets;
    private boolean lossAnnounced;

    /**
     * A session that is not started.
     *
     * @param target the other side, for people
     * @param generationId of this controller; the highest is the master
     * @param connection that is up
     */
    OpenFlowSwitchSession(
            String target, SwitchId id, long generationId, Connection connection, ScheduledExecutorService loop) {
        this.target = target;
        this.id = id;
        this.generationId = generationId;
        this.connection = connection;
        this.loop = loop;
        this.view = new SwitchView(id, id.toString(), target, ports);
    }

    SwitchId id() {
        return id;
    }

    @Override
    public String target() {
        return target;
    }

    private SessionListener listener() {
        if (listener == null) {
            throw new IllegalStateException("session with " + target + " was not started");
        }
        return listener;
    }

    // ---- coming up

    @Override
    public void start(SessionListener newListener) {
        listener = newListener;
        newListener.onState(this, SessionListener.State.CONNECTED, "");
        send(new OpenFlowMessage.SetConfig(0, MISS_SEND_LENGTH));
        ask(new MultipartBody.DescriptionRequest(), parts -> {
            name = parts.stream()
                    .filter(MultipartBody.Description.class::isInstance)
                    .map(part -> ((MultipartBody.Description) part).datapath())
                    .findFirst()
                    .orElse("");
            ask(new MultipartBody.PortDescRequest(), this::onPorts);
        });
    }

    private void onPorts(List<MultipartBody.Reply> parts) {
        ports.clear();
        for (MultipartBody.Reply part : parts) {
            if (part instanceof MultipartBody.PortDescReply(List<OpenFlowMessage.PortDescription> descriptions)) {
                descriptions.forEach(port -> ports.put(port.port(), port(port)));
            }
        }
        view = view();
        ask(new OpenFlowMessage.RoleRequest(OpenFlowMessage.Role.MASTER, generationId), (answer, _) -> {
            if (answer instanceof OpenFlowMessage.ErrorReply error && is(error, ErrorCode.ROLE_REQUEST_FAILED_STALE)) {
                becomeSecondary();
                return;
            }
            if (answer instanceof OpenFlowMessage.ErrorReply error) {
                LOG.debug("{}: without roles: {}", target, describe(error));
            }
            readFlows(id, flows -> {
                isUp = true;
                listener().onBridgeUp(this, view, flows);
            });
        });
    }

    /**
     * The bridge's name: that of its local port, which is the bridge's with Open vSwitch and Heddle, else what the switch says of
     * itself, else the datapath id.
     */
    private SwitchView view() {
        SwitchPort local = ports.get(Ports.LOCAL);
        String described = name.isEmpty() || name.equals("None") ? id.toString() : name;
        return new SwitchView(id, local == null ? described : local.name(), target, ports);
    }

    private static SwitchPort port(OpenFlowMessage.PortDescription port) {
        boolean up = (port.config() & PORT_DOWN) == 0 && (port.state() & LINK_DOWN) == 0;
        return new SwitchPort(port.port(), port.name(), up);
    }

    private void becomeSecondary() {
        isUp = false;
        listener().onBridgeDown(this, view, true);
    }

    // ---- requests

    private int send(OpenFlowMessage message) {
        int xid = ++lastXid;
        connection.send(xid, message);
        return xid;
    }

    private void ask(OpenFlowMessage message, BiConsumer<OpenFlowMessage, List<MultipartBody.Reply>> answered) {
        if (isEnded) {
            return;
        }
        int xid = send(message);
        questions.put(xid, new Question(answered));
        expect(questions, xid);
    }

    private void ask(MultipartBody.Request request, Consumer<List<MultipartBody.Reply>> answered) {
        ask(new OpenFlowMessage.MultipartRequest(false, request), (answer, parts) -> {
            if (answer instanceof OpenFlowMessage.ErrorReply error) {
                LOG.warn("{}: {} refused: {}", target, request.getClass().getSimpleName(), describe(error));
            }
            answered.accept(parts);
        });
    }

    private void expect(Map<Integer, ?> open, int xid) {
        ScheduledFuture<?> _ = loop.schedule(
                () -> {
                    if (open.containsKey(xid)) {
                        connection.close("no answer within " + ANSWER_SECONDS + " s");
                    }
                },
                ANSWER_SECONDS,
                TimeUnit.SECONDS);
    }

    @Override
    public void write(SwitchId bridge, List<FlowMod> mods, Consumer<WriteResult> result) {
        if (!isUp || isEnded) {
            result.accept(new WriteResult(List.of(), false));
            return;
        }
        int first = lastXid + 1;
        for (FlowMod mod : mods) {
            send(new OpenFlowMessage.FlowModRequest(mod, OpenFlowMessage.NO_BUFFER));
        }
        int barrier = send(new OpenFlowMessage.BarrierRequest());
        writings.put(barrier, new Writing(first, mods, new ArrayList<>(), result));
        expect(writings, barrier);
    }

    @Override
    public void readFlows(SwitchId bridge, Consumer<List<FlowMod>> result) {
        MultipartBody.FlowSelection all =
                new MultipartBody.FlowSelection(FlowMod.ALL_TABLES, Ports.ANY, FlowMod.ANY_GROUP, 0, 0, Match.ANY);
        ask(new MultipartBody.FlowRequest(all), parts -> {
            List<FlowMod> flows = new ArrayList<>();
            for (MultipartBody.Reply part : parts) {
                if (part instanceof MultipartBody.FlowReply(List<MultipartBody.FlowEntry> entries)) {
                    entries.forEach(entry -> flows.add(flow(entry)));
                }
            }
            result.accept(flows);
        });
    }

    private static FlowMod flow(MultipartBody.FlowEntry entry) {
        return new FlowMod(
                FlowMod.Command.ADD,
                entry.tableId(),
                entry.match(),
                entry.priority(),
                entry.cookie(),
                0,
                entry.idleTimeoutSeconds(),
                entry.hardTimeoutSeconds(),
                0,
                entry.flags(),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                entry.instructions());
    }

    @Override
    public void sendPacket(SwitchId bridge, int inPort, List<Action> actions, Frame frame) {
        if (!isUp || isEnded) {
            return;
        }
        if (!connection.isWritable()) {
            unsent();
            return;
        }
        send(new OpenFlowMessage.PacketOut(
                OpenFlowMessage.NO_BUFFER,
                inPort == 0 ? Ports.CONTROLLER : inPort,
                actions,
                Octets.of(frame.octets())));
    }

    /** Adds up what could not be sent, and says so at most once in a while. */
    private void unsent() {
        unsentPackets++;
        if (!lossAnnounced) {
            lossAnnounced = true;
            ScheduledFuture<?> _ = loop.schedule(
                    () -> {
                        lossAnnounced = false;
                        LOG.warn("{}: the switch reads too slowly, {} packets were not sent", target, unsentPackets);
                        unsentPackets = 0;
                    },
                    LOSS_LOG_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    // ---- what comes

    /** A message from the switch, after its features. */
    void onMessage(int xid, OpenFlowMessage message) {
        switch (message) {
            case OpenFlowMessage.PacketIn packet -> onPacketIn(packet);
            case OpenFlowMessage.PortStatus status -> onPortStatus(status);
            case OpenFlowMessage.FlowRemoved removed -> onFlowRemoved(removed);
            case OpenFlowMessage.ErrorReply error -> onError(xid, error);
            case OpenFlowMessage.MultipartReply reply -> onPart(xid, reply);
            case OpenFlowMessage.BarrierReply _ -> onBarrier(xid);
            default -> answer(xid, message);
        }
    }

    private void answer(int xid, OpenFlowMessage message) {
        Question question = questions.remove(xid);
        if (question != null) {
            question.answered.accept(message, question.parts);
        }
    }

    private void onPart(int xid, OpenFlowMessage.MultipartReply reply) {
        Question question = questions.get(xid);
        if (question != null) {
            question.parts.add(reply.body());
            if (!reply.more()) {
                answer(xid, reply);
            }
        }
    }

    private void onBarrier(int barrier) {
        Writing writing = writings.remove(barrier);
        if (writing != null) {
            writing.result().accept(new WriteResult(writing.errors(), true));
        }
    }

    private void onError(int xid, OpenFlowMessage.ErrorReply error) {
        if (questions.containsKey(xid)) {
            answer(xid, error);
            return;
        }
        for (Writing writing : writings.values()) {
            int index = xid - writing.first();
            if (index >= 0 && index < writing.mods().size()) {
                writing.errors().add(describe(error));
                if (isUp && is(error, ErrorCode.BAD_REQUEST_IS_SLAVE)) {
                    becomeSecondary();
                }
                return;
            }
        }
        LOG.warn("{}: the switch says {}", target, describe(error));
    }

    /**
     * A message could not be read: a flow of somebody else's with an extension that this program does not know, for one. What waits
     * for it goes on without it.
     */
    void onUndecodable(int xid, boolean more, String reason) {
        LOG.warn("{}: a message of the switch was left out: {}", target, reason);
        onPart(xid, new OpenFlowMessage.MultipartReply(more, new MultipartBody.FlowReply(List.of())));
    }

    private static boolean is(OpenFlowMessage.ErrorReply error, ErrorCode code) {
        return error.errorType() == code.type() && error.code() == code.code();
    }

    private static String describe(OpenFlowMessage.ErrorReply error) {
        return ErrorCode.of(error.errorType(), error.code())
                .map(ErrorCode::openFlowName)
                .orElseGet(() -> "error type %d, code %d".formatted(error.errorType(), error.code()));
    }

    private void onPacketIn(OpenFlowMessage.PacketIn packet) {
        if (isUp) {
            int inPort = (int) packet.match().valueOf(MatchField.IN_PORT).low();
            Frame frame = Frame.of(packet.frame().array());
            listener().onPacketIn(this, view, inPort, packet.tableId(), frame);
        }
    }

    private void onPortStatus(OpenFlowMessage.PortStatus status) {
        SwitchPort port = port(status.port());
        boolean isGone = status.reason() == PORT_DELETED;
        SwitchPort before = isGone ? ports.remove(port.number()) : ports.put(port.number(), port);
        view = view();
        if (isUp && isGone) {
            listener().onPortRemoved(this, view, port);
        } else if (isUp && !port.equals(before)) {
            listener().onPortChanged(this, view, port);
        }
    }

    private void onFlowRemoved(OpenFlowMessage.FlowRemoved removed) {
        if (!isUp) {
            return;
        }
        FlowMod flow = new FlowMod(
                FlowMod.Command.ADD,
                removed.tableId(),
                removed.match(),
                removed.priority(),
                removed.cookie(),
                0,
                removed.idleTimeoutSeconds(),
                removed.hardTimeoutSeconds(),
                0,
                Set.of(),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                List.of());
        SessionListener.Removal reason = switch (removed.reason()) {
            case REMOVED_IDLE, REMOVED_HARD -> SessionListener.Removal.TIMEOUT;
            case REMOVED_EVICTION -> SessionListener.Removal.EVICTED;
            default -> SessionListener.Removal.DELETED;
        };
        listener().onFlowRemoved(this, id, flow, reason);
    }

    // ---- the end

    /** The connection is gone for good: the switch makes a new one. */
    void onDown(String reason) {
        if (isEnded) {
            return;
        }
        isEnded = true;
        isUp = false;
        questions.clear();
        List<Writing> lost = List.copyOf(writings.values());
        writings.clear();
        listener().onBridgeDown(this, view, false);
        lost.forEach(writing -> writing.result().accept(new WriteResult(List.of(), false)));
        listener().onState(this, SessionListener.State.ENDED, reason);
    }

    @Override
    public void close() {
        isEnded = true;
        connection.close("the controller stops");
    }
}
