package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import com.google.rpc.Status;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.datapath.bridge.TableUpdate.Precondition;
import io.heddle.datapath.bridge.UpdateFailure;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.mapping.StatusMapping;
import io.heddle.proto.mapping.SwitchUpdate;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.mapping.UpdateMapping;
import io.heddle.proto.v1.UpdateError;
import io.heddle.proto.v1.WriteRequest;
import io.heddle.proto.v1.WriteResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** One {@code Write}: the updates that can be read go to the bridge; the errors of both are put together by their index. */
final class WriteCall {
    private final BridgeControl bridge;
    private final WriteRequest request;
    private final Runnable permission;
    private final SortedMap<Integer, Status> failures = new TreeMap<>();
    private final List<TableUpdate> updates = new ArrayList<>();
    private final List<Integer> indexes = new ArrayList<>();

    /** @param permission is asked on the control loop, right before the commit */
    WriteCall(BridgeControl bridge, WriteRequest request, Runnable permission) {
        this.bridge = bridge;
        this.request = request;
        this.permission = permission;
    }

    /** The answer; complete when no packet is forwarded by older rules any more. */
    CompletableFuture<WriteResponse> run() {
        BridgeControl.Atomicity atomicity = switch (request.getAtomicity()) {
            case ATOMICITY_UNSPECIFIED, CONTINUE_ON_ERROR -> BridgeControl.Atomicity.CONTINUE_ON_ERROR;
            case ROLLBACK_ON_ERROR -> BridgeControl.Atomicity.ROLLBACK_ON_ERROR;
            case DATAPLANE_ATOMIC -> BridgeControl.Atomicity.DATAPLANE_ATOMIC;
            case UNRECOGNIZED ->
                throw Failures.refusal(
                        Code.INVALID_ARGUMENT,
                        "atomicity",
                        "%d is no atomicity: CONTINUE_ON_ERROR, ROLLBACK_ON_ERROR or DATAPLANE_ATOMIC"
                                .formatted(request.getAtomicityValue()));
        };
        readUpdates();
        // An update that cannot be read fails the whole of an atomic batch; what else is wrong with the batch is found
        // out all the same.
        boolean doomed = !failures.isEmpty() && atomicity != BridgeControl.Atomicity.CONTINUE_ON_ERROR;
        boolean dry = request.getValidateOnly() || doomed;
        CompletableFuture<BridgeControl.CommitResult> written =
                bridge.write(updates, doomed ? BridgeControl.Atomicity.CONTINUE_ON_ERROR : atomicity, dry, permission);
        CompletableFuture<Long> barrier = dry ? CompletableFuture.completedFuture(0L) : bridge.barrier();
        return written.thenCombine(barrier, (result, revision) -> response(result, revision, doomed));
    }

    private void readUpdates() {
        TextForms texts = new TextForms(new BridgePorts(bridge));
        for (int i = 0; i < request.getUpdatesCount(); i++) {
            try {
                updates.add(update(UpdateMapping.toModel(request.getUpdates(i), texts)));
                indexes.add(i);
            } catch (FlowException e) {
                failures.put(i, StatusMapping.toProto(e.error().under("updates[" + i + "]")));
            }
        }
    }

    private static TableUpdate update(SwitchUpdate update) {
        return switch (update) {
            case SwitchUpdate.FlowChange flow ->
                new TableUpdate.FlowUpdate(flow.mod(), precondition(flow.presence(), Precondition.NONE));
            case SwitchUpdate.GroupChange group ->
                new TableUpdate.GroupUpdate(
                        group.mod(),
                        precondition(
                                group.presence(),
                                group.mod().command() == io.heddle.flow.group.GroupMod.Command.ADD
                                        ? Precondition.UPSERT
                                        : Precondition.NONE));
            case SwitchUpdate.MeterChange meter ->
                new TableUpdate.MeterUpdate(
                        meter.mod(),
                        precondition(
                                meter.presence(),
                                meter.mod().command() == io.heddle.flow.meter.MeterMod.Command.ADD
                                        ? Precondition.UPSERT
                                        : Precondition.NONE));
            case SwitchUpdate.PortChange port ->
                new TableUpdate.PortUpdate(port.number(), port.config(), port.mask(), -1);
        };
    }

    private static Precondition precondition(SwitchUpdate.Presence presence, Precondition any) {
        return switch (presence) {
            case ANY -> any;
            case MUST_EXIST -> Precondition.PRESENT;
            case MUST_NOT_EXIST -> Precondition.ABSENT;
        };
    }

    private WriteResponse response(BridgeControl.CommitResult result, long barrierRevision, boolean doomed) {
        for (UpdateFailure failure : result.failures()) {
            int index = indexes.get(failure.index());
            failures.put(index, Failures.update(new UpdateFailure(index, failure.kind(), failure.error())));
        }
        if (doomed) {
            int first = failures.firstKey();
            for (int index : indexes) {
                failures.putIfAbsent(
                        index,
                        Failures.of(
                                Code.ABORTED,
                                "",
                                "not done, because update %d of the batch was refused".formatted(first)));
            }
        }
        WriteResponse.Builder response =
                WriteResponse.newBuilder().setRevision(Math.max(result.revision(), barrierRevision));
        failures.forEach((index, status) ->
                response.addErrors(UpdateError.newBuilder().setIndex(index).setStatus(status)));
        return response.build();
    }
}
