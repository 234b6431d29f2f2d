package io.heddle.datapath.port;

import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;

/**
 * The UDP source port of a tunnel, made from the flow inside, so that the paths of the underlay share the load and one flow stays on one
 * path.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348 section 5</a>: 49152 to 65535, the dynamic ports of RFC 6335
 */
final class TunnelEntropy {
    static final int FIRST_PORT = 49_152;

    private static final int PORTS = 65_536 - FIRST_PORT;
    private static final long MULTIPLIER = 0x9e3779b97f4a7c15L;

    private TunnelEntropy() {}

    /** Returns the source port for an inner frame with these {@linkplain PacketLayers layers}. */
    static int sourcePort(MemorySegment memory, long frame, long layers) {
        long hash;
        if (PacketLayers.isIp(layers)) {
            long l3 = frame + PacketLayers.l3(layers);
            hash = PacketLayers.protocol(layers);
            if (PacketLayers.isIpv4(layers)) {
                hash = mix(hash, Octets.u64(memory, l3 + 12));
            } else {
                for (int i = 8; i < 40; i += 8) {
                    hash = mix(hash, Octets.u64(memory, l3 + i));
                }
            }
            // All fragments of a packet take one path, and only the first has ports.
            if (PacketLayers.fragment(layers) == 0 && PacketLayers.hasL4Header(layers)) {
                hash = mix(hash, hasPorts(layers) ? Octets.u32(memory, frame + PacketLayers.l4(layers)) : 0);
            }
        } else if (layers != 0) {
            hash = mix(mix(Octets.u48(memory, frame), Octets.u48(memory, frame + 6)), PacketLayers.type(layers));
        } else {
            hash = 0;
        }
        return FIRST_PORT + (int) (mix(hash, 1) >>> 48) % PORTS;
    }

    private static boolean hasPorts(long layers) {
        int protocol = PacketLayers.protocol(layers);
        return protocol == 6 || protocol == 17 || protocol == 132;
    }

    private static long mix(long hash, long word) {
        long product = (hash ^ word) * MULTIPLIER;
        return product ^ product >>> 29;
    }
}
