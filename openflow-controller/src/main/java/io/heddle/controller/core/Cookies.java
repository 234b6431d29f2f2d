package io.heddle.controller.core;

/**
 * How flows are marked as the controller's.
 *
 * <pre>
 *   63             48 47             32 31              0
 *   +----------------+----------------+----------------+
 *   |  0x4864 "Hd"   |  app number    |  the app's own |
 *   +----------------+----------------+----------------+
 * </pre>
 *
 * <p>Flows with another prefix were added by somebody else and are never touched.
 */
public final class Cookies {
    /** The bits that say whose a flow is. */
    public static final long OWNER_MASK = 0xffff_0000_0000_0000L;

    /** The controller's prefix. */
    public static final long OWNER = 0x4864_0000_0000_0000L;

    private Cookies() {}

    /** Cookie of an app's flows; {@code app} 1 to 65535. */
    public static long of(int app, int detail) {
        return OWNER | (app & 0xffffL) << 32 | (detail & 0xffff_ffffL);
    }

    /** Says whether a flow is the controller's. */
    public static boolean isOwn(long cookie) {
        return (cookie & OWNER_MASK) == OWNER;
    }

    /** Number of the app that a flow of the controller's belongs to. */
    public static int app(long cookie) {
        return (int) (cookie >>> 32) & 0xffff;
    }
}
