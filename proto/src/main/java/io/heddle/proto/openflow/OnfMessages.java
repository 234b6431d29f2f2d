package io.heddle.proto.openflow;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.OxmId;
import io.netty.buffer.ByteBuf;

/**
 * Messages of the Open Networking Foundation's extensions of OpenFlow 1.3: what 1.4 took over.
 *
 * <pre>
 *   0x4f4e4600 | subtype 32 | body ...
 * </pre>
 */
final class OnfMessages {
    private static final int FLOW_MONITOR_CANCEL = 1870;
    private static final int FLOW_MONITOR_PAUSED = 1871;
    private static final int FLOW_MONITOR_RESUMED = 1872;
    private static final int ROLE_STATUS = 1911;
    private static final int REQUEST_FORWARD = 2350;
    private static final int BUNDLE_CONTROL = 2300;
    private static final int BUNDLE_ADD_MESSAGE = 2301;

    private final OpenFlowVersion version;

    OnfMessages(OpenFlowVersion version) {
        this.version = version;
    }

    /** Says whether the version makes the message one of these. */
    boolean says(OpenFlowMessage message) {
        return version == OpenFlowVersion.OPENFLOW_13
                && switch (message) {
                    case OpenFlowMessage.RoleStatus _,
                            OpenFlowMessage.RequestForward _,
                            OpenFlowMessage.BundleControl _,
                            OpenFlowMessage.BundleAdd _,
                            OpenFlowMessage.FlowMonitorCancel _,
                            OpenFlowMessage.FlowMonitorPaused _,
                            OpenFlowMessage.FlowMonitorResumed _ -> true;
                    default -> false;
                };
    }

    /** Reads a message from its subtype on. */
    OpenFlowMessage decode(Reader in) throws FlowException {
        if (version != OpenFlowVersion.OPENFLOW_13) {
            return new OpenFlowMessage.Experimenter(OxmId.ONF, in.remaining() < 4 ? 0 : in.i32(), in.rest());
        }
        int subtype = in.i32();
        return switch (subtype) {
            case FLOW_MONITOR_CANCEL ->
                new OpenFlowMessage.FlowMonitorCancel(
                        StandardBodies.exactly(in, 4).i32());
            case FLOW_MONITOR_PAUSED -> StandardBodies.empty(new OpenFlowMessage.FlowMonitorPaused(), in);
            case FLOW_MONITOR_RESUMED -> StandardBodies.empty(new OpenFlowMessage.FlowMonitorResumed(), in);
            case ROLE_STATUS -> StatusCodec.roleStatus(in);
            case REQUEST_FORWARD -> StatusCodec.requestForward(in);
            case BUNDLE_CONTROL -> BundleCodec.control(in);
            case BUNDLE_ADD_MESSAGE -> BundleCodec.add(in);
            default -> new OpenFlowMessage.Experimenter(OxmId.ONF, subtype, in.rest());
        };
    }

    /** Writes a message that {@link #says} is one of these, from the experimenter id on. */
    void encode(ByteBuf out, OpenFlowMessage message) {
        switch (message) {
            case OpenFlowMessage.FlowMonitorCancel cancel ->
                begin(out, FLOW_MONITOR_CANCEL).writeInt(cancel.id());
            case OpenFlowMessage.FlowMonitorPaused _ -> begin(out, FLOW_MONITOR_PAUSED);
            case OpenFlowMessage.FlowMonitorResumed _ -> begin(out, FLOW_MONITOR_RESUMED);
            case OpenFlowMessage.RoleStatus status -> StatusCodec.roleStatus(begin(out, ROLE_STATUS), status);
            case OpenFlowMessage.RequestForward forward ->
                StatusCodec.requestForward(begin(out, REQUEST_FORWARD), forward);
            case OpenFlowMessage.BundleControl control -> BundleCodec.control(begin(out, BUNDLE_CONTROL), control);
            case OpenFlowMessage.BundleAdd add -> BundleCodec.add(begin(out, BUNDLE_ADD_MESSAGE), add);
            default -> throw new IllegalStateException(message + " is written elsewhere");
        }
    }

    private static ByteBuf begin(ByteBuf out, int subtype) {
        return out.writeInt(OxmId.ONF).writeInt(subtype);
    }
}
