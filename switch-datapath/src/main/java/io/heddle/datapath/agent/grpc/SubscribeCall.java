package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeEvent;
import io.heddle.datapath.bridge.BridgeGoneException;
import io.heddle.datapath.bridge.EventInterest;
import io.heddle.datapath.bridge.EventSubscription;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.v1.Change;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.Restart;
import io.heddle.proto.v1.SubscribeResponse;
import io.heddle.proto.v1.Sync;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Subscribe}: for each bridge the state, then {@code sync}, then the changes from exactly there.
 *
 * <p>A client that reads more slowly than things change loses changes in the bridge's bounded queue; it is then sent {@code restart} and the
 * state anew, so that it ends up right however slow it is.
 *
 * <p>Who follows all bridges also follows those that are added later, from their state on; one that is removed ends with {@code restart}
 * and {@code sync}: an empty state. Who follows one bridge hears {@code NOT_FOUND} when it is removed.
 *
 * <p>Threading: everything runs on the serial executor, except what gRPC and the bridges call, which only hands over.
 */
final class SubscribeCall {
    private static final int MESSAGES_PER_DRAIN = 256;

    private final GrpcAgent.Limits limits;
    private final SerialExecutor serial;
    private final ServerCallStreamObserver<SubscribeResponse> client;
    private final AtomicBoolean isDrainScheduled = new AtomicBoolean();
    private final List<Followed> all = new ArrayList<>();
    private @Nullable AutoCloseable bridgeWatch;
    private volatile boolean isAll;
    private boolean ended;

    SubscribeCall(GrpcAgent.Limits limits, SerialExecutor serial, ServerCallStreamObserver<SubscribeResponse> client) {
        this.limits = limits;
        this.serial = serial;
        this.client = client;
        client.setOnReadyHandler(this::wake);
        client.setOnCancelHandler(() -> serial.execute(this::end));
    }

    /** One bridge of the subscription. */
    private static final class Followed {
        final BridgeControl bridge;
        final Queries queries;

        @Nullable
        EventSubscription events;

        @Nullable
        Iterator<Entity> initial;

        long revision;

        /** The bridge has been removed: what is left to say is that it has nothing any more. */
        boolean isGone;

        boolean saidRestart;

        Followed(BridgeControl bridge, Queries queries) {
            this.bridge = bridge;
            this.queries = queries;
        }
    }

    /** Says what is asked of a bridge. */
    interface Questions {
        Queries of(BridgeControl bridge) throws FlowException;
    }

    /** Follows every bridge, those that are added later too. */
    void followAll(SwitchControl control, Questions questions) {
        isAll = true;
        watch(control, bridge -> follow(bridge, questions), this::leave);
    }

    /** Follows one bridge, as long as there is one. */
    void followOne(SwitchControl control, BridgeControl followed, Questions questions) {
        watch(control, _ -> {}, bridge -> {
            if (bridge.equals(followed)) {
                fail(Failures.refusal(Code.NOT_FOUND, "bridge", "bridge " + bridge.name() + " has been removed"));
            }
        });
        serial.execute(() -> follow(followed, questions));
    }

    /** Both hear of bridges on the serial executor. */
    private void watch(SwitchControl control, Consumer<BridgeControl> onAdded, Consumer<BridgeControl> onRemoved) {
        AutoCloseable watch = control.watchBridges(new SwitchControl.BridgeListener() {
            @Override
            public void added(BridgeControl bridge) {
                serial.execute(() -> onAdded.accept(bridge));
            }

            @Override
            public void changed(BridgeControl bridge) {
                // Nothing that a subscription depends on.
            }

            @Override
            public void removed(BridgeControl bridge) {
                serial.execute(() -> onRemoved.accept(bridge));
            }
        });
        serial.execute(() -> {
            bridgeWatch = watch;
            if (ended) {
                closeWatch();
            }
        });
    }

    private void follow(BridgeControl bridge, Questions questions) {
        if (ended) {
            return;
        }
        try {
            Followed followed = new Followed(bridge, questions.of(bridge));
            all.add(followed);
            begin(followed);
        } catch (FlowException | RuntimeException e) {
            if (!isAll || !(cause(e) instanceof BridgeGoneException)) {
                fail(e);
            }
        }
    }

    private void leave(BridgeControl bridge) {
        for (Followed each : all) {
            if (each.bridge.equals(bridge)) {
                leave(each);
            }
        }
    }

    private void leave(Followed followed) {
        followed.isGone = true;
        if (followed.events != null) {
            followed.events.close();
            followed.events = null;
        }
        wake();
    }

    /** Ends the call with an error. */
    void fail(Throwable failure) {
        serial.execute(() -> {
            if (!ended) {
                end();
                client.onError(Failures.exception(failure));
            }
        });
    }

    private record Beginning(EventSubscription events, Snapshot snapshot) {}

    private void begin(Followed followed) {
        Set<BridgeEvent.Kind> kinds = EnumSet.of(BridgeEvent.Kind.TABLE_CHANGE, BridgeEvent.Kind.PORT_STATUS);
        EventInterest interest = new EventInterest(kinds, 1, limits.changeQueue(), 0, this::wake);
        var _ = followed.bridge
                .read(reader -> new Beginning(
                        reader.subscribe(interest), followed.queries.read(followed.bridge.name(), reader)))
                .whenComplete((beginning, failure) -> serial.execute(() -> {
                    if (failure != null && isAll && cause(failure) instanceof BridgeGoneException) {
                        leave(followed);
                    } else if (failure != null) {
                        fail(failure);
                    } else if (ended || followed.isGone) {
                        beginning.events().close();
                    } else {
                        followed.events = beginning.events();
                        followed.revision = beginning.snapshot().revision();
                        followed.initial = beginning.snapshot().entities();
                        wake();
                    }
                }));
    }

    private void wake() {
        if (isDrainScheduled.compareAndSet(false, true)) {
            serial.execute(this::drain);
        }
    }

    private void drain() {
        isDrainScheduled.set(false);
        for (int i = 0; !ended && client.isReady(); i++) {
            if (i == MESSAGES_PER_DRAIN) {
                wake();
                return;
            }
            SubscribeResponse next = next();
            if (next == null) {
                return;
            }
            client.onNext(next);
        }
    }

    private @Nullable SubscribeResponse next() {
        for (Followed followed : all) {
            SubscribeResponse next = next(followed);
            if (next != null) {
                return next;
            }
        }
        return null;
    }

    private @Nullable SubscribeResponse next(Followed followed) {
        if (followed.isGone) {
            return farewell(followed);
        }
        EventSubscription events = followed.events;
        if (events == null) {
            return null;
        }
        EventSubscription.Lost lost = events.takeLost();
        if (lost.tableChanges() + lost.portStatus() > 0) {
            events.close();
            followed.events = null;
            followed.initial = null;
            begin(followed);
            return response(followed)
                    .setRestart(Restart.newBuilder().setSkippedChanges(lost.tableChanges() + lost.portStatus()))
                    .build();
        }
        if (followed.initial != null) {
            if (followed.initial.hasNext()) {
                return change(followed, Change.Type.ADDED, followed.initial.next());
            }
            followed.initial = null;
            return response(followed).setSync(Sync.getDefaultInstance()).build();
        }
        while (true) {
            BridgeEvent event = events.poll();
            if (event == null) {
                return null;
            }
            SubscribeResponse response = changed(followed, event);
            if (response != null) {
                return response;
            }
        }
    }

    private SubscribeResponse farewell(Followed followed) {
        if (!followed.saidRestart) {
            followed.saidRestart = true;
            return response(followed).setRestart(Restart.getDefaultInstance()).build();
        }
        all.remove(followed);
        return response(followed).setSync(Sync.getDefaultInstance()).build();
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Null when the client has not asked for it. */
    private static @Nullable SubscribeResponse changed(Followed followed, BridgeEvent event) {
        Queries queries = followed.queries;
        return switch (event) {
            case BridgeEvent.FlowChanged changed -> {
                followed.revision = changed.revision();
                yield queries.follows(changed.flow())
                        ? change(
                                followed,
                                type(changed.change()),
                                queries.mapping().entity(changed.flow()))
                        : null;
            }
            case BridgeEvent.GroupChanged changed -> {
                followed.revision = changed.revision();
                yield queries.follows(changed.group())
                        ? change(
                                followed,
                                type(changed.change()),
                                queries.mapping().entity(changed.group()))
                        : null;
            }
            case BridgeEvent.MeterChanged changed -> {
                followed.revision = changed.revision();
                yield queries.follows(changed.meter())
                        ? change(
                                followed,
                                type(changed.change()),
                                queries.mapping().entity(changed.meter()))
                        : null;
            }
            case BridgeEvent.PortStatus changed ->
                queries.follows(changed.port())
                        ? change(
                                followed,
                                type(changed.change()),
                                queries.mapping().entity(changed.port()))
                        : null;
            case BridgeEvent.PacketIn _, BridgeEvent.FlowRemoved _, BridgeEvent.TableStatus _ -> null;
        };
    }

    private static SubscribeResponse.Builder response(Followed followed) {
        return SubscribeResponse.newBuilder().setBridge(followed.bridge.name()).setRevision(followed.revision);
    }

    private static SubscribeResponse change(Followed followed, Change.Type type, Entity entity) {
        return response(followed)
                .setChange(Change.newBuilder().setType(type).setEntity(entity))
                .build();
    }

    private static Change.Type type(BridgeEvent.Change change) {
        return switch (change) {
            case ADDED -> Change.Type.ADDED;
            case MODIFIED -> Change.Type.MODIFIED;
            case REMOVED -> Change.Type.REMOVED;
        };
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        for (Followed each : all) {
            if (each.events != null) {
                each.events.close();
            }
        }
        closeWatch();
    }

    private void closeWatch() {
        if (bridgeWatch != null) {
            try {
                bridgeWatch.close();
            } catch (Exception e) {
                Failures.status(e);
            }
            bridgeWatch = null;
        }
    }
}
