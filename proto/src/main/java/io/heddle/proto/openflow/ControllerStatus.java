package io.heddle.proto.openflow;

import io.heddle.proto.openflow.OpenFlowMessage.Role;

/**
 * How a switch's connection to one of its controllers is (OpenFlow 1.5).
 *
 * @param role that the controller has; EQUAL while there is no connection
 * @param reason {@code OFPCSR_*}: {@link #REQUESTED} or what has changed
 * @param isUp whether there is a connection
 * @param uri of the connection, such as {@code tcp:192.0.2.1:6653}
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 section 7.4.8</a>
 */
public record ControllerStatus(Role role, int reason, boolean isUp, String uri) {
    /** It was asked for. */
    public static final int REQUESTED = 0;

    /** The connection has come or gone. */
    public static final int CHANNEL_CHANGED = 1;

    /** The role has changed. */
    public static final int ROLE_CHANGED = 2;

    /** The switch has been told to connect to it. */
    public static final int ADDED = 3;

    /** The switch has been told to connect to it no more. */
    public static final int REMOVED = 4;
}
