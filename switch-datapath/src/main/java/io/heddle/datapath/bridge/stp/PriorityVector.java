package io.heddle.datapath.bridge.stp;

/**
 * How good a way to the root is; less is better.
 *
 * @param root identifier of the root bridge: priority in the upper 16 bits, address below
 * @param cost of the way to the root
 * @param bridge identifier of the bridge that says so
 * @param port of that bridge: priority and number
 * @param receiver port of this bridge that has heard it
 * @see <a href="https://standards.ieee.org/ieee/802.1D/3387/">IEEE 802.1D-2004 section 17.5</a>
 */
record PriorityVector(long root, long cost, long bridge, int port, int receiver) implements Comparable<PriorityVector> {
    /** As much as a message can say. */
    static final long MAX_COST = 0xffffffffL;

    @Override
    public int compareTo(PriorityVector other) {
        int compared = Long.compareUnsigned(root, other.root);
        compared = compared != 0 ? compared : Long.compare(cost, other.cost);
        compared = compared != 0 ? compared : Long.compareUnsigned(bridge, other.bridge);
        compared = compared != 0 ? compared : Integer.compare(port, other.port);
        return compared != 0 ? compared : Integer.compare(receiver, other.receiver);
    }

    /** Says whether a message with this vector replaces what is known: it is better, or from the same port (section 17.6). */
    boolean isSuperiorTo(PriorityVector known) {
        return compareTo(known) < 0
                || (bridge & 0xffffffffffffL) == (known.bridge & 0xffffffffffffL)
                        && (port & 0xfff) == (known.port & 0xfff);
    }
}
