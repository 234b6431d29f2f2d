package io.heddle.flow.pipeline;

/**
 * What the spanning tree lets a port do.
 *
 * @see <a href="https://standards.ieee.org/ieee/802.1D/3387/">IEEE 802.1D-1998 section 8.4, IEEE 802.1D-2004 section 17.3</a>
 */
public enum SpanningState {
    /** The port takes no part in the spanning tree: it forwards. */
    OFF(true, true),
    /** Only BPDUs pass. */
    BLOCKING(false, false),
    /** As BLOCKING, on the way to FORWARDING. */
    LISTENING(false, false),
    /** Addresses are learned, nothing is forwarded. */
    LEARNING(true, false),
    FORWARDING(true, true);

    private final boolean learns;
    private final boolean forwards;

    SpanningState(boolean learns, boolean forwards) {
        this.learns = learns;
        this.forwards = forwards;
    }

    public boolean learns() {
        return learns;
    }

    public boolean forwards() {
        return forwards;
    }
}
