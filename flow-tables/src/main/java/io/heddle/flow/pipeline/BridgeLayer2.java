package io.heddle.flow.pipeline;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a bridge does as an Ethernet bridge.
 *
 * @param mirrors at most {@link #MAX_MIRRORS}
 * @param multicast who has asked for which multicast; null: multicast is flooded
 * @param inBand whose packets are forwarded before any table sees them; null: nobody's
 */
public record BridgeLayer2(
        List<Mirror> mirrors,
        @Nullable MulticastTable multicast,
        @Nullable InBand inBand) {
    /** Most mirrors of a bridge. */
    public static final int MAX_MIRRORS = 32;

    /** Neither mirrors nor snooping. */
    public static final BridgeLayer2 PLAIN = new BridgeLayer2(List.of(), null);

    /** One that reaches its controllers by other ways than its own ports. */
    public BridgeLayer2(List<Mirror> mirrors, @Nullable MulticastTable multicast) {
        this(mirrors, multicast, null);
    }

    public BridgeLayer2 {
        mirrors = List.copyOf(mirrors);
    }

    /** Says whether a port is for copies of packets only. */
    boolean isMirrorOutput(int port) {
        for (int i = 0; i < mirrors.size(); i++) {
            if (mirrors.get(i).outputPort() == port) {
                return true;
            }
        }
        return false;
    }
}
