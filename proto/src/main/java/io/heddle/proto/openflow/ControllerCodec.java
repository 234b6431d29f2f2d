package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;
import java.util.HexFormat;

/**
 * The actions {@code controller} and {@code delete_field} of Open vSwitch's extensions.
 *
 * <pre>
 *   controller    octets 16 | controller id 16 | reason 8 | 0 8
 *   controller 2  0 (48) | properties: octets, controller id, reason, userdata, pause, meter
 *   delete_field  field | 0 to 24 octets
 * </pre>
 *
 * @see <a href="https://www.openvswitch.org/support/dist-docs/ovs-actions.7.html">ovs-actions(7), "The controller action"</a>
 */
final class ControllerCodec {
    static final int CONTROLLER = 20;
    static final int CONTROLLER2 = 37;
    static final int DELETE_FIELD = 50;

    private static final int MAX_LENGTH = 0;
    private static final int CONTROLLER_ID = 1;
    private static final int REASON = 2;
    private static final int USERDATA = 3;
    private static final int PAUSE = 4;
    private static final int METER_ID = 5;

    private static final int OFPR_ACTION = 1;
    private static final int DELETE_FIELD_OCTETS = 24;
    private static final int HEADER = 4;

    private ControllerCodec() {}

    /** What the properties say so far. */
    private static final class Arguments {
        private int maxLength = Action.WHOLE_PACKET;
        private int reason = OFPR_ACTION;
        private int controllerId;
        private int meterId;
        private String userdata = "";
        private boolean isPaused;
    }

    static Action decode(Reader in, int subtype, String where) throws FlowException {
        if (subtype == CONTROLLER) {
            int maxLength = in.u16();
            int id = in.u16();
            return new Action.Controller(maxLength, in.u8(), id);
        }
        in.skip(6);
        Arguments said = new Arguments();
        Properties.read(in, where + ".controller", (type, value) -> property(said, type, value, where));
        return new Action.Controller(
                said.maxLength, said.reason, said.controllerId, said.meterId, said.userdata, said.isPaused);
    }

    private static void property(Arguments said, int type, Reader value, String where) throws FlowException {
        switch (type) {
            case MAX_LENGTH -> said.maxLength = value.u16();
            case CONTROLLER_ID -> said.controllerId = value.u16();
            case REASON -> said.reason = value.u8();
            case USERDATA ->
                said.userdata = HexFormat.of().formatHex(value.rest().array());
            case PAUSE -> said.isPaused = true;
            case METER_ID -> said.meterId = value.i32();
            default -> throw Properties.unknown(type, where + ".controller");
        }
    }

    static void encode(ByteBuf out, Action.Controller action) {
        boolean isFirstForm = action.userdata().isEmpty() && !action.isPaused() && action.meterId() == 0;
        int start = NiciraActions.begin(out, isFirstForm ? CONTROLLER : CONTROLLER2);
        if (isFirstForm) {
            out.writeShort(action.maxLength()).writeShort(action.controllerId());
            out.writeByte(action.reason()).writeByte(0);
            ActionCodec.close(out, start);
            return;
        }
        out.writeZero(6);
        if (action.maxLength() != Action.WHOLE_PACKET) {
            Properties.begin(out, MAX_LENGTH, HEADER + 2)
                    .writeShort(action.maxLength())
                    .writeZero(2);
        }
        if (action.controllerId() != 0) {
            Properties.begin(out, CONTROLLER_ID, HEADER + 2)
                    .writeShort(action.controllerId())
                    .writeZero(2);
        }
        if (action.reason() != OFPR_ACTION) {
            Properties.begin(out, REASON, HEADER + 1).writeByte(action.reason()).writeZero(3);
        }
        if (!action.userdata().isEmpty()) {
            byte[] userdata = HexFormat.of().parseHex(action.userdata());
            int length = HEADER + userdata.length;
            Properties.begin(out, USERDATA, length).writeBytes(userdata).writeZero((8 - length % 8) % 8);
        }
        if (action.isPaused()) {
            Properties.begin(out, PAUSE, HEADER).writeZero(4);
        }
        if (action.meterId() != 0) {
            Properties.begin(out, METER_ID, HEADER + 4).writeInt(action.meterId());
        }
        ActionCodec.close(out, start);
    }

    static void encode(ByteBuf out, Action.DeleteField delete) {
        int start = NiciraActions.begin(out, DELETE_FIELD);
        NiciraActions.field(out, delete.field(), delete.field().bits() - 1);
        out.writeZero(DELETE_FIELD_OCTETS - (out.writerIndex() - start));
        ActionCodec.close(out, start);
    }
}
