package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.TunnelMetadata;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.Arrays;

/**
 * Between a packet's metadata and the words of a key that no header brings: in_port, tunnel, marks, queue, recirculation id.
 *
 * <p>Thread safety: stateless.
 */
final class MetadataRewriter {
    /** Words 1 to 20 are headers. */
    private static final long HEADER_WORDS = ((1L << 21) - 1) & ~1L;

    private MetadataRewriter() {}

    static boolean touchesFrame(Match rewrite) {
        return (rewrite.map() & HEADER_WORDS) != 0;
    }

    /** Fills the words of the key that are not headers. */
    static void extract(Packet packet, FlowKey key) {
        long[] words = key.words();
        words[KeyLayout.W_PORT] = portWord(packet.inPort());
        words[KeyLayout.W_RECIRC_MARK] = (long) packet.recirculationId() << 32 | packet.mark() & 0xffffffffL;
        words[KeyLayout.W_HASH_PRIORITY] = (long) packet.hash() << 32 | packet.queue() & 0xffffffffL;
        TunnelMetadata tunnel = packet.tunnel();
        for (int word = KeyLayout.W_TUN_ID; word <= KeyLayout.W_TUN_EXT; word++) {
            words[word] = tunnelWord(tunnel, word);
        }
        if (packet.isTracked()) {
            System.arraycopy(packet.connection(), 0, words, KeyLayout.W_CT, ConnectionTracker.WORDS);
        } else {
            Arrays.fill(words, KeyLayout.W_CT, KeyLayout.W_TUN_OPTIONS, 0L);
        }
        if (tunnel.hasOptions()) {
            System.arraycopy(tunnel.options(), 0, words, KeyLayout.W_TUN_OPTIONS, KeyLayout.TUN_OPTION_WORDS);
        } else if (words[KeyLayout.W_TUN_OPTIONS] != 0) {
            Arrays.fill(words, KeyLayout.W_TUN_OPTIONS, KeyLayout.PACKET_WORDS, 0L);
        }
    }

    /** Gives a packet what {@link #extract} has read of one; queue, hash and recirculation id are none. */
    static void restore(FlowKey key, Packet packet) {
        long[] words = key.words();
        packet.setInPort((int) (words[KeyLayout.W_PORT] >>> 32));
        packet.setMark((int) words[KeyLayout.W_RECIRC_MARK]);
        for (int word = KeyLayout.W_TUN_ID; word <= KeyLayout.W_TUN_EXT; word++) {
            if (words[word] != 0) {
                setTunnelWord(packet.tunnel(), word, words[word]);
            }
        }
        for (int option = 0; words[KeyLayout.W_TUN_OPTIONS] != 0 && option < KeyLayout.TUN_OPTION_WORDS; option++) {
            packet.tunnel().setOptionWord(option, words[KeyLayout.W_TUN_OPTIONS + option]);
        }
        if (key.getLong(MatchField.CT_STATE) != 0) {
            System.arraycopy(words, KeyLayout.W_CT, packet.connection(), 0, ConnectionTracker.WORDS);
            // The tracker looks for the connection by what the packet says.
            packet.connection()[ConnectionTracker.WORDS] = 0;
            packet.setTracked(true);
        }
    }

    /** Word 0 of {@link KeyLayout} holds in_port in its upper half. */
    private static long portWord(int inPort) {
        return (long) inPort << 32;
    }

    private static long tunnelWord(TunnelMetadata tunnel, int word) {
        return switch (word) {
            case KeyLayout.W_TUN_ID -> tunnel.id();
            case KeyLayout.W_TUN_IPV4 -> (long) tunnel.source() << 32 | tunnel.destination() & 0xffffffffL;
            case KeyLayout.W_TUN_MISC ->
                (long) tunnel.flags() << 48
                        | (tunnel.tos() & 0xffL) << 40
                        | (tunnel.ttl() & 0xffL) << 32
                        | (tunnel.sourcePort() & 0xffffL) << 16
                        | tunnel.destinationPort() & 0xffffL;
            case KeyLayout.W_TUN_IPV6_SRC -> tunnel.source6High();
            case KeyLayout.W_TUN_IPV6_SRC + 1 -> tunnel.source6Low();
            case KeyLayout.W_TUN_IPV6_DST -> tunnel.destination6High();
            case KeyLayout.W_TUN_IPV6_DST + 1 -> tunnel.destination6Low();
            case KeyLayout.W_TUN_EXT -> (tunnel.gbpId() & 0xffffL) << 48 | (tunnel.gbpFlags() & 0xffL) << 40;
            default -> 0;
        };
    }

    /** Writes tunnel, mark and queue; other words are left to the header editor. */
    static void rewrite(Match rewrite, Packet packet) {
        int at = 0;
        for (long rest = rewrite.map(); rest != 0; rest &= rest - 1, at++) {
            int word = Long.numberOfTrailingZeros(rest);
            long mask = rewrite.maskAt(at);
            long value = rewrite.valueAt(at);
            if (word == KeyLayout.W_RECIRC_MARK) {
                packet.setMark((int) (packet.mark() & ~mask | value));
            } else if (word == KeyLayout.W_HASH_PRIORITY) {
                packet.setQueue((int) (packet.queue() & ~mask | value));
            } else if (word >= KeyLayout.W_TUN_ID && word <= KeyLayout.W_TUN_EXT) {
                setTunnelWord(packet.tunnel(), word, tunnelWord(packet.tunnel(), word) & ~mask | value);
            } else if (word >= KeyLayout.W_TUN_OPTIONS && word < KeyLayout.PACKET_WORDS) {
                int option = word - KeyLayout.W_TUN_OPTIONS;
                packet.tunnel().setOptionWord(option, packet.tunnel().options()[option] & ~mask | value);
            }
        }
    }

    private static void setTunnelWord(TunnelMetadata tunnel, int word, long value) {
        switch (word) {
            case KeyLayout.W_TUN_ID -> tunnel.setId(value);
            case KeyLayout.W_TUN_IPV4 -> tunnel.setAddresses((int) (value >>> 32), (int) value);
            case KeyLayout.W_TUN_MISC -> {
                tunnel.setFlags((int) (value >>> 48));
                tunnel.setTos((int) (value >>> 40) & 0xff);
                tunnel.setTtl((int) (value >>> 32) & 0xff);
                tunnel.setPorts((int) (value >>> 16) & 0xffff, (int) value & 0xffff);
            }
            case KeyLayout.W_TUN_IPV6_SRC -> tunnel.setSource6(value, tunnel.source6Low());
            case KeyLayout.W_TUN_IPV6_SRC + 1 -> tunnel.setSource6(tunnel.source6High(), value);
            case KeyLayout.W_TUN_IPV6_DST -> tunnel.setDestination6(value, tunnel.destination6Low());
            case KeyLayout.W_TUN_IPV6_DST + 1 -> tunnel.setDestination6(tunnel.destination6High(), value);
            case KeyLayout.W_TUN_EXT -> tunnel.setGbp((int) (value >>> 48), (int) (value >>> 40) & 0xff);
            default -> {}
        }
    }
}
