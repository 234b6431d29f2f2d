package io.heddle.flow.action;

import io.heddle.flow.match.Bits;

/**
 * The {@code nat(...)} of a {@code ct} action: how the addresses of a connection are to be translated.
 *
 * <p>Without a direction it asks only that packets of connections that are translated already be translated; with one it also decides
 * the translation of a connection that this action commits.
 *
 * @param direction which end of the original direction is translated
 * @param isIpv6 family of the addresses; false where there are none
 * @param minAddress first address to translate to; zero where the address stays
 * @param maxAddress last one, not less than the first
 * @param minPort first port to translate to, 0 where the port stays if it is free and any other is taken if not
 * @param maxPort last one
 * @param selection how a port is looked for
 * @param isPersistent the address depends on the source address only, so that a host always gets the same one
 * @see <a href="https://man7.org/linux/man-pages/man7/ovs-actions.7.html">ovs-actions(7), the ct action</a>
 */
public record NatSpec(
        Direction direction,
        boolean isIpv6,
        Bits minAddress,
        Bits maxAddress,
        int minPort,
        int maxPort,
        Selection selection,
        boolean isPersistent) {
    /** {@code nat} without arguments: translate packets of translated connections. */
    public static final NatSpec EXISTING =
            new NatSpec(Direction.NONE, false, Bits.ZERO, Bits.ZERO, 0, 0, Selection.DEFAULT, false);

    /** Which end is translated. */
    public enum Direction {
        NONE,
        SOURCE,
        DESTINATION
    }

    /** How a port is looked for. */
    public enum Selection {
        /** The packet's own port if it is free. */
        DEFAULT,
        /** Begins at a place that depends on the packet's addresses and ports. */
        HASH,
        /** Begins at a random place. */
        RANDOM
    }

    public NatSpec {
        if (minPort < 0 || maxPort > 0xffff || minPort > maxPort) {
            throw new IllegalArgumentException("ports %d-%d are not a range in 0-65535".formatted(minPort, maxPort));
        }
        if (isGreater(minAddress, maxAddress)) {
            throw new IllegalArgumentException("the first address is after the last");
        }
        boolean hasArguments = !minAddress.isZero() || !maxAddress.isZero() || minPort != 0 || isPersistent;
        if (direction == Direction.NONE && (hasArguments || selection != Selection.DEFAULT)) {
            throw new IllegalArgumentException("addresses, ports and flags need src or dst");
        }
    }

    private static boolean isGreater(Bits a, Bits b) {
        int high = Long.compareUnsigned(a.high(), b.high());
        return high > 0 || high == 0 && Long.compareUnsigned(a.low(), b.low()) > 0;
    }

    /** Says whether there are addresses to translate to. */
    public boolean hasAddress() {
        return !maxAddress.isZero();
    }

    /** Says whether there are ports to translate to. */
    public boolean hasPorts() {
        return maxPort != 0;
    }
}
