package io.heddle.controller.channel;

import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.StatusMapping;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.PortState;
import io.heddle.proto.v1.Update;
import io.heddle.proto.v1.UpdateError;
import io.heddle.proto.v1.WriteResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a session knows about one bridge, and the spelling of its messages.
 *
 * <p>Thread: the controller loop.
 */
final class GrpcBridge {
    /** {@code google.rpc.Code.NOT_FOUND}. */
    private static final int NOT_FOUND = 5;

    private static final TextForms TEXTS = new TextForms(PortNames.NONE);

    final String name;
    final SwitchId id;
    private final String target;
    private final Map<Integer, SwitchPort> ports = new HashMap<>();
    private SwitchView view;

    /** Ports and flows have been read, and this controller is the primary. */
    boolean isUp;

    /** The listener knows that another controller is the primary. */
    boolean secondary;

    /** Numbers the readings of ports and flows: the answer to an older one is void. */
    int readings;

    GrpcBridge(String name, SwitchId id, String target) {
        this.name = name;
        this.id = id;
        this.target = target;
        this.view = new SwitchView(id, name, target, ports);
    }

    SwitchView view() {
        return view;
    }

    void setPorts(List<Entity> entities) {
        ports.clear();
        for (Entity entity : entities) {
            if (entity.hasPort()) {
                ports.put(entity.getPort().getNumber(), port(entity.getPort()));
            }
        }
        view = new SwitchView(id, name, target, ports);
    }

    /** Says whether a port's state differs from what is known. */
    boolean changes(PortState state) {
        return !port(state).equals(ports.get(state.getNumber()));
    }

    SwitchView put(PortState state) {
        ports.put(state.getNumber(), port(state));
        view = new SwitchView(id, name, target, ports);
        return view;
    }

    SwitchView remove(PortState state) {
        ports.remove(state.getNumber());
        view = new SwitchView(id, name, target, ports);
        return view;
    }

    static SwitchPort port(PortState state) {
        return new SwitchPort(state.getNumber(), state.getName(), state.getLinkUp() && !state.getDown());
    }

    static FlowMod flow(Flow flow) throws FlowException {
        return FlowMapping.toModel(FlowMod.Command.ADD, flow, TEXTS);
    }

    static Update update(FlowMod mod) {
        Update.Type type = switch (mod.command()) {
            case ADD -> Update.Type.UPSERT;
            case MODIFY, MODIFY_STRICT -> Update.Type.MODIFY;
            case DELETE, DELETE_STRICT -> Update.Type.DELETE;
        };
        return Update.newBuilder()
                .setType(type)
                .setFlow(FlowMapping.toProto(mod))
                .build();
    }

    /** Errors for people; that a flow to delete is gone already is none. */
    static List<String> errors(WriteResponse response, List<FlowMod> mods) {
        List<String> errors = new ArrayList<>();
        for (UpdateError error : response.getErrorsList()) {
            boolean delete = mods.get(error.getIndex()).command() == FlowMod.Command.DELETE_STRICT;
            if (!delete || error.getStatus().getCode() != NOT_FOUND) {
                errors.add(StatusMapping.describe(error.getStatus()));
            }
        }
        return errors;
    }
}
