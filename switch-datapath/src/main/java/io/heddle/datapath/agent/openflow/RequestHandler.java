package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.BridgeGoneException;
import io.heddle.datapath.bridge.BridgeReader;
import io.heddle.datapath.bridge.SwitchStoppedException;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.datapath.bridge.UpdateFailure;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.OxmId;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.pipeline.BridgeView.FragmentHandling;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.ContinuationCodec;
import io.heddle.proto.openflow.Extensions;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.Octets;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what a client asks for.
 *
 * <p>Changes that arrive together go to the bridge as one batch. Whatever comes after a change goes to the bridge after it, and the
 * bridge does everything in order; so the reply to a barrier comes after the errors of all that stood before it.
 *
 * <p>Threading: the session's event loop.
 */
final class RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);

    private static final int MOST_IN_A_BATCH = 1024;

    /** FLOW_STATS, TABLE_STATS, PORT_STATS, GROUP_STATS, QUEUE_STATS. */
    private static final int CAPABILITIES = 0x4f;

    private static final int TABLES = FlowMod.MAX_TABLE + 1;

    /** {@code OFPC_FRAG_NX_MATCH}. */
    private static final int NX_MATCH = 3;

    /** A change that waits to be submitted. */
    private record Pending(int xid, Octets head, TableUpdate update, boolean hasBuffer) {}

    private final Session session;
    private final BridgeControl bridge;
    private final Roles roles;
    private final EventSender events;
    private final Bundles bundles;
    private final FlowMonitors monitors;
    private final MultipartJoiner joiner = new MultipartJoiner();
    private List<Pending> batch = new ArrayList<>();

    RequestHandler(
            Session session,
            BridgeControl bridge,
            Roles roles,
            EventSender events,
            AgentCounters counters,
            Timing timing) {
        this.session = session;
        this.bridge = bridge;
        this.roles = roles;
        this.events = events;
        this.bundles = new Bundles(session, this, bridge, counters, timing.bundleMs());
        this.monitors = new FlowMonitors(session, this);
    }

    /**
     * Handles one message.
     *
     * @param head its first octets, for an error
     * @throws FlowException when it is refused at once
     */
    void handle(int xid, Octets head, OpenFlowMessage message) throws FlowException {
        TableUpdate update = Updates.of(message, session.version(), sourceOf(xid));
        if (update == null) {
            flush();
            handleOther(xid, head, message);
        } else {
            change(xid, head, update, Updates.hasBuffer(message));
        }
    }

    private void change(int xid, Octets head, TableUpdate update, boolean hasBuffer) throws FlowException {
        requireNoSlave();
        batch.add(new Pending(xid, head, update, hasBuffer));
        if (batch.size() >= MOST_IN_A_BATCH) {
            flush();
        }
    }

    private void requireNoSlave() throws FlowException {
        if (session.role() == Role.SLAVE) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_IS_SLAVE, "", "a slave changes nothing: ask for another role");
        }
    }

    /** Submits the changes that wait. */
    void flush() {
        if (batch.isEmpty()) {
            return;
        }
        List<Pending> submitted = batch;
        batch = new ArrayList<>();
        List<TableUpdate> updates = submitted.stream().map(Pending::update).toList();
        Pending first = submitted.getFirst();
        answer(
                first.xid,
                first.head,
                () -> bridge.write(updates, Atomicity.CONTINUE_ON_ERROR, false),
                result -> report(submitted, result.failures()));
    }

    private void report(List<Pending> submitted, List<UpdateFailure> failures) {
        boolean[] failed = new boolean[submitted.size()];
        for (UpdateFailure failure : failures) {
            Pending pending = submitted.get(failure.index());
            failed[failure.index()] = true;
            LOG.debug("{}: {}: refused: {}", bridge.name(), session.peer(), failure.error());
            session.sendError(pending.xid, pending.head, failure.error());
        }
        for (int i = 0; i < failed.length; i++) {
            Pending pending = submitted.get(i);
            if (!failed[i]) {
                forward(pending.xid, pending.update);
            }
            if (pending.hasBuffer && !failed[i]) {
                session.sendError(pending.xid, pending.head, unknownBuffer().error());
            }
        }
    }

    /** Tells other clients of a change of a group or a meter that was done. */
    void forward(int xid, TableUpdate update) {
        switch (update) {
            case TableUpdate.GroupUpdate group ->
                roles.forward(session.main(), xid, new OpenFlowMessage.GroupModRequest(group.mod()));
            case TableUpdate.MeterUpdate meter ->
                roles.forward(session.main(), xid, new OpenFlowMessage.MeterModRequest(meter.mod()));
            case TableUpdate.FlowUpdate _,
                    TableUpdate.PortUpdate _,
                    TableUpdate.PolicyUpdate _,
                    TableUpdate.PacketSend _ -> {
                // Others hear of these in other ways.
            }
        }
    }

    static FlowException unknownBuffer() {
        return new FlowException(
                ErrorCode.BAD_REQUEST_BUFFER_UNKNOWN,
                "buffer_id",
                "this switch holds no packets: send the whole packet");
    }

    /** The session is over. */
    void close() {
        bundles.close();
        monitors.close();
    }

    /** The client reads again. */
    void drain() {
        monitors.drain();
    }

    TableUpdate.Source sourceOf(int xid) {
        return monitors.sourceOf(xid);
    }

    interface Call<T> {
        CompletableFuture<T> begin();
    }

    /** Begins something, and goes on with its result on the event loop. */
    <T> void answer(int xid, Octets head, Call<T> call, Consumer<T> then) {
        answer(xid, head, call, then, () -> {});
    }

    /** As above; what has failed is answered with an error before {@code failed} runs. */
    private <T> void answer(int xid, Octets head, Call<T> call, Consumer<T> then, Runnable failed) {
        CompletableFuture<T> future;
        try {
            future = call.begin();
        } catch (BridgeGoneException e) {
            session.close(e.getMessage());
            return;
        }
        session.began();
        var _ = future.whenCompleteAsync(
                (result, failure) -> {
                    session.ended();
                    if (failure == null) {
                        then.accept(result);
                    } else {
                        fail(xid, head, failure);
                        failed.run();
                    }
                    session.flush();
                },
                session.eventLoop());
    }

    private void fail(int xid, Octets head, Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        switch (cause) {
            case FlowException e -> session.sendError(xid, head, e.error());
            case BridgeGoneException e -> session.close(e.getMessage());
            case SwitchStoppedException e -> session.close(e.getMessage());
            default -> session.internalError(xid, head, cause);
        }
    }

    private void handleOther(int xid, Octets head, OpenFlowMessage message) throws FlowException {
        switch (message) {
            case OpenFlowMessage.Hello _, OpenFlowMessage.EchoReply _ -> {
                // Nothing to do.
            }
            case OpenFlowMessage.ErrorReply error ->
                LOG.info(
                        "{}: {} sent error type {} code {}",
                        bridge.name(),
                        session.peer(),
                        error.errorType(),
                        error.code());
            case OpenFlowMessage.EchoRequest echo -> session.send(xid, new OpenFlowMessage.EchoReply(echo.data()));
            case OpenFlowMessage.Experimenter other -> throw unknown(other);
            case OpenFlowMessage.SetControllerId id -> events.setControllerId(id.controllerId());
            case OpenFlowMessage.SetFlowFormat _,
                    OpenFlowMessage.SetTableIdInCommand _,
                    OpenFlowMessage.SetPacketInFormat _ -> extend(message);
            case OpenFlowMessage.CtFlushZone flush -> {
                requireNoSlave();
                answer(xid, head, () -> bridge.flushConnections(ConnectionFilter.ofZone(flush.zone())), done -> {});
            }
            case OpenFlowMessage.CtFlush flush -> {
                requireNoSlave();
                answer(xid, head, () -> bridge.flushConnections(flush.filter()), done -> {});
            }
            case OpenFlowMessage.TlvTableMod mod -> {
                requireNoSlave();
                answer(xid, head, () -> bridge.mapTunnelOptions(mod.mod()), done -> {});
            }
            case OpenFlowMessage.TlvTableRequest _ ->
                ask(xid, head, reader -> tunnelOptions(reader.tunnelOptions()), reply -> session.send(xid, reply));
            case OpenFlowMessage.FeaturesRequest _ -> ask(xid, head, this::features, reply -> session.send(xid, reply));
            case OpenFlowMessage.GetConfigRequest _ ->
                ask(
                        xid,
                        head,
                        BridgeReader::fragments,
                        handling -> session.send(
                                xid, new OpenFlowMessage.GetConfigReply(flagOf(handling), events.missSendLength())));
            case OpenFlowMessage.SetConfig config -> setConfig(xid, head, config);
            case OpenFlowMessage.PacketOut packet -> packetOut(xid, head, packet);
            case OpenFlowMessage.Resume resume -> resume(xid, head, resume);
            case OpenFlowMessage.TableModRequest mod -> tableMod(mod);
            case OpenFlowMessage.BarrierRequest _ ->
                answer(xid, head, bridge::barrier, revision -> {
                    monitors.drainAll();
                    session.send(xid, new OpenFlowMessage.BarrierReply());
                });
            case OpenFlowMessage.RoleRequest request -> role(xid, request);
            case OpenFlowMessage.GetAsyncRequest _ ->
                session.send(xid, new OpenFlowMessage.GetAsyncReply(events.configuration()));
            case OpenFlowMessage.SetAsync async ->
                events.configure(events.configuration().withFirst(async.configuration()));
            case OpenFlowMessage.ChangeAsync async ->
                events.configure(events.configuration().with(async.masks()));
            case OpenFlowMessage.QueueGetConfigRequest request ->
                ask(xid, head, reader -> Answers.queues(reader, request), reply -> session.send(xid, reply));
            case OpenFlowMessage.MultipartRequest request -> {
                MultipartBody.Request whole = joiner.add(xid, lengthIn(head), request);
                if (whole != null) {
                    multipart(xid, head, whole);
                }
            }
            case OpenFlowMessage.FlowMonitorCancel cancel -> monitors.cancel(xid, head, cancel.id());
            case OpenFlowMessage.BundleControl control -> {
                requireNoSlave();
                bundles.control(xid, head, control);
            }
            case OpenFlowMessage.BundleAdd add -> {
                requireNoSlave();
                bundles.add(xid, head, add);
            }
            case OpenFlowMessage.FlowModRequest _,
                    OpenFlowMessage.GroupModRequest _,
                    OpenFlowMessage.MeterModRequest _,
                    OpenFlowMessage.PortModRequest _ ->
                throw new IllegalStateException("a change is handled elsewhere");
            case OpenFlowMessage.FeaturesReply _,
                    OpenFlowMessage.TlvTableReply _,
                    OpenFlowMessage.GetConfigReply _,
                    OpenFlowMessage.PacketIn _,
                    OpenFlowMessage.ExtendedPacketIn _,
                    OpenFlowMessage.FlowRemoved _,
                    OpenFlowMessage.PortStatus _,
                    OpenFlowMessage.BarrierReply _,
                    OpenFlowMessage.RoleReply _,
                    OpenFlowMessage.GetAsyncReply _,
                    OpenFlowMessage.QueueGetConfigReply _,
                    OpenFlowMessage.RoleStatus _,
                    OpenFlowMessage.ControllerStatusChanged _,
                    OpenFlowMessage.TableStatus _,
                    OpenFlowMessage.RequestForward _,
                    OpenFlowMessage.FlowMonitorPaused _,
                    OpenFlowMessage.FlowMonitorResumed _,
                    OpenFlowMessage.MultipartReply _ ->
                throw new FlowException(ErrorCode.BAD_REQUEST_BAD_TYPE, "", "only a switch sends this message");
        }
    }

    /** The length in a message's header. */
    private static int lengthIn(Octets head) {
        byte[] octets = head.array();
        return (octets[2] & 0xff) << 8 | octets[3] & 0xff;
    }

    private static FlowException unknown(OpenFlowMessage.Experimenter message) {
        return message.experimenter() != OxmId.NICIRA
                ? new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_EXPERIMENTER,
                        "",
                        "experimenter 0x%08x is not known".formatted(message.experimenter()))
                : new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_EXP_TYPE,
                        "",
                        "Nicira's message " + message.experimenterType() + " is not supported");
    }

    /** Turns an extension on or off; for all but one of them the later versions have something of their own. */
    private void extend(OpenFlowMessage message) throws FlowException {
        boolean isForAll = message instanceof OpenFlowMessage.SetPacketInFormat;
        if (!isForAll && session.version() != OpenFlowVersion.OPENFLOW_10) {
            throw new FlowException(ErrorCode.BAD_REQUEST_BAD_EXP_TYPE, "", "this extension is for OpenFlow 1.0 only");
        }
        Extensions now = session.extensions();
        session.setExtensions(
                switch (message) {
                    case OpenFlowMessage.SetFlowFormat format -> now.withNxm(format.isNxm());
                    case OpenFlowMessage.SetTableIdInCommand wanted -> now.withTableId(wanted.isWanted());
                    case OpenFlowMessage.SetPacketInFormat(int format)
                    when format >= 0 && format <= Replies.NXPIF_NXT_PACKET_IN2 -> now.withPacketInFormat(format);
                    default ->
                        throw new FlowException(
                                ErrorCode.BAD_REQUEST_EPERM, "format", "packets come as format 0, 1 or 2");
                });
    }

    private static OpenFlowMessage tunnelOptions(TunnelOptions table) {
        return new OpenFlowMessage.TlvTableReply(
                TunnelOptions.SLOTS * TunnelOptions.MAX_LENGTH, TunnelOptions.SLOTS, table.options());
    }

    private OpenFlowMessage features(BridgeReader reader) {
        List<OpenFlowMessage.PortDescription> ports = session.version().isAtLeast(OpenFlowVersion.OPENFLOW_13)
                ? List.of()
                : reader.ports().stream().map(Replies::port).toList();
        return new OpenFlowMessage.FeaturesReply(
                bridge.datapathId(), 0, TABLES, session.auxiliaryId(), CAPABILITIES, ports);
    }

    private void setConfig(int xid, Octets head, OpenFlowMessage.SetConfig config) throws FlowException {
        FragmentHandling handling = switch (config.flags()) {
            case 0 -> FragmentHandling.NORMAL;
            case 1 -> FragmentHandling.DROP;
            case NX_MATCH -> FragmentHandling.NX_MATCH;
            default ->
                throw new FlowException(
                        ErrorCode.SWITCH_CONFIG_FAILED_BAD_FLAGS,
                        "flags",
                        "flags 0x%x are not supported: fragments are handled as normal (0), drop (1) or nx-match (3)"
                                .formatted(config.flags()));
        };
        events.setMissSendLength(config.missSendLength());
        if (session.role() != Role.SLAVE) {
            answer(xid, head, () -> bridge.handleFragments(handling), done -> {});
        }
    }

    private static int flagOf(FragmentHandling handling) {
        return switch (handling) {
            case NORMAL -> 0;
            case DROP -> 1;
            case NX_MATCH -> NX_MATCH;
        };
    }

    private void packetOut(int xid, Octets head, OpenFlowMessage.PacketOut packet) throws FlowException {
        requireNoSlave();
        BridgeControl.PacketOut sent = packetOf(packet);
        answer(xid, head, () -> bridge.packetOut(sent), done -> {});
    }

    /** The packet that the switch has given away comes back with all that it needs to go on. */
    private void resume(int xid, Octets head, OpenFlowMessage.Resume resume) throws FlowException {
        requireNoSlave();
        FrozenState state = ContinuationCodec.decode(
                session.version(), resume.continuation(), bridge.number(), bridge.datapathId(), resume.match());
        answer(xid, head, () -> bridge.resume(resume.frame().array(), state), done -> {});
    }

    static BridgeControl.PacketOut packetOf(OpenFlowMessage.PacketOut packet) throws FlowException {
        if (packet.bufferId() != OpenFlowMessage.NO_BUFFER) {
            throw unknownBuffer();
        }
        return new BridgeControl.PacketOut(
                packet.frame().array(),
                packet.inPort() == Ports.ANY ? Ports.CONTROLLER : packet.inPort(),
                packet.actions());
    }

    /** Before OpenFlow 1.4: what happens to packets that a table does not match is said by a flow, or goes to the controllers. */
    private void tableMod(OpenFlowMessage.TableModRequest mod) throws FlowException {
        requireNoSlave();
        int table = mod.table().tableId();
        if (table > FlowMod.MAX_TABLE && table != FlowMod.ALL_TABLES) {
            throw new FlowException(
                    ErrorCode.TABLE_MOD_FAILED_BAD_TABLE, "table_id", "table " + table + " is not in 0-253");
        }
    }

    private void role(int xid, OpenFlowMessage.RoleRequest request) throws FlowException {
        if (!roles.request(session.main(), request.role(), request.generationId())) {
            throw new FlowException(
                    ErrorCode.ROLE_REQUEST_FAILED_STALE,
                    "generation_id",
                    "generation %d is older than %d"
                            .formatted(request.generationId().orElse(0), roles.generationId()));
        }
        session.send(xid, new OpenFlowMessage.RoleReply(session.role(), roles.generationId()));
    }

    /** A question that may be refused. */
    interface Question<T> {
        T ask(BridgeReader reader) throws FlowException;
    }

    <T> void ask(int xid, Octets head, Question<T> question, Consumer<T> then) {
        ask(xid, head, question, then, () -> {});
    }

    /** As above; what has failed is answered with an error before {@code failed} runs. */
    <T> void ask(int xid, Octets head, Question<T> question, Consumer<T> then, Runnable failed) {
        answer(
                xid,
                head,
                () -> bridge.read(reader -> {
                    try {
                        return question.ask(reader);
                    } catch (FlowException e) {
                        throw new CompletionException(e);
                    }
                }),
                then,
                failed);
    }

    private void multipart(int xid, Octets head, MultipartBody.Request body) throws FlowException {
        switch (body) {
            case MultipartBody.ExperimenterRequest other ->
                throw new FlowException(
                        other.experimenter() == OxmId.NICIRA
                                ? ErrorCode.BAD_REQUEST_BAD_EXP_TYPE
                                : ErrorCode.BAD_REQUEST_BAD_EXPERIMENTER,
                        "",
                        "experimenter 0x%08x has no multipart message %d here"
                                .formatted(other.experimenter(), other.experimenterType()));
            case MultipartBody.FlowMonitorRequest request -> {
                monitors.request(xid, head, request.monitors());
                return;
            }
            case MultipartBody.TableFeaturesRequest tables -> {
                if (!tables.tables().isEmpty()) {
                    requireNoSlave();
                    throw new FlowException(
                            ErrorCode.TABLE_FEATURES_FAILED_EPERM, "tables", "what a table can do cannot be changed");
                }
            }
            default -> {
                // Answered below.
            }
        }
        session.hold();
        ask(
                xid,
                head,
                reader -> Answers.answer(reader, body, session.version()),
                answer -> session.answer(xid, answer, session::release),
                session::release);
    }
}
