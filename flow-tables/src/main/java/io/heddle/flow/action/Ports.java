package io.heddle.flow.action;

/**
 * OpenFlow's reserved port numbers, as 32-bit values.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.2.1</a>
 */
public final class Ports {
    /** Largest number of a real port ({@code OFPP_MAX}). */
    public static final int MAX = 0xffffff00;

    public static final int IN_PORT = 0xfffffff8;
    public static final int TABLE = 0xfffffff9;
    public static final int NORMAL = 0xfffffffa;
    public static final int FLOOD = 0xfffffffb;
    public static final int ALL = 0xfffffffc;
    public static final int CONTROLLER = 0xfffffffd;
    public static final int LOCAL = 0xfffffffe;
    public static final int ANY = 0xffffffff;

    private Ports() {}

    /** Says whether {@code port} is one that packets can come from: a number of 1 to {@link #MAX}, or {@link #LOCAL}. */
    public static boolean isPhysicalOrLocal(int port) {
        return port == LOCAL || (port != 0 && Integer.compareUnsigned(port, MAX) <= 0);
    }
}
