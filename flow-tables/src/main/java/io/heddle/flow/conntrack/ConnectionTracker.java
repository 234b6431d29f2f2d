package io.heddle.flow.conntrack;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.conntrack.TcpTracking.Result;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.packet.IpProtocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Knows the connections that were committed, and says of each packet which one it belongs to.
 *
 * <pre>
 *   packet --> tuple --> find, by tuple and zone --> state machine of the protocol --> translate --> ct_* of the packet
 *                          '-- none: new, or invalid --> commit: choose the translation, remember
 * </pre>
 *
 * <ul>
 *   <li>TCP is followed by state and window ({@link TcpTracking}); UDP, ICMP queries and other protocols by who has sent.
 *   <li>An ICMP error is related to the connection of the packet inside of it.
 *   <li>Fragments, broken headers and wrong checksums are {@link CtState#INVALID}. So is a new connection whose translation finds no free
 *       address and port. A connection that would be one too many is not remembered: its packets stay {@link CtState#NEW}, and do not
 *       go on where they were to be translated ({@link #FULL}).
 * </ul>
 *
 * <p>A packet costs a lookup of constant time and no allocation. Connections are forgotten when their time is over: a lookup finds none
 * that is, and {@link #expire} takes them out, some at each call. A connection takes about 200 octets.
 *
 * <p>Threading: one owner, which is a poll loop. Where there are several, each packet has to be given to the tracker that has its
 * connection: both directions, and translated ones, to the same.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ovs-fields.7.html">ovs-fields(7), connection tracking fields</a>
 */
public final class ConnectionTracker {
    /** Words of a key that tell what the tracker said: {@link KeyLayout#W_CT} and those after it. */
    public static final int WORDS = KeyLayout.W_TUN_OPTIONS - KeyLayout.W_CT;

    /** Most connections, unless set otherwise. */
    public static final int DEFAULT_LIMIT = 1_000_000;

    /** {@link #track}: there was no room for the connection, and the packet must not leave without the translation that it was to get. */
    public static final int FULL = -1;

    /** Words that {@link #track} keeps with a packet: those of the key, and the connection for its next visit. */
    public static final int PACKET_WORDS = WORDS + 1;

    private static final int LABEL = KeyLayout.W_CT_LABEL - KeyLayout.W_CT;
    private static final int IPV4 = KeyLayout.W_CT_IPV4 - KeyLayout.W_CT;
    private static final int IPV6_SRC = KeyLayout.W_CT_IPV6_SRC - KeyLayout.W_CT;
    private static final int IPV6_DST = KeyLayout.W_CT_IPV6_DST - KeyLayout.W_CT;
    private static final int PORTS = KeyLayout.W_CT_TP - KeyLayout.W_CT;
    private static final int ZONES = 0x10000;

    private final ConnectionTable table;
    private final TcpTracking tcp;
    private final NatBinder binder;
    private final Timeouts timeouts;
    private final PacketReader packet = new PacketReader();
    private final TcpSegment segment = new TcpSegment();
    private final Tuple reply = new Tuple();
    private final Tuple here = new Tuple();
    private final Tuple opposite = new Tuple();
    private final Tuple target = new Tuple();
    private final int[] perZone = new int[ZONES];
    private final Map<Integer, Integer> zoneLimits = new HashMap<>();
    private int limit = DEFAULT_LIMIT;
    private int sweepAt;
    private long overLimit;
    private long natExhausted;
    private long invalid;

    /**
     * An empty tracker.
     *
     * @param seed of the hashes: an attacker who does not know it cannot make chains long
     */
    public ConnectionTracker(Timeouts timeouts, long seed) {
        this.timeouts = timeouts;
        table = new ConnectionTable(seed);
        tcp = new TcpTracking(table);
        binder = new NatBinder(this::find, Tuple.mix(seed, 1));
    }

    /** Connections that are remembered, those included that are over and were not taken out yet. */
    public int size() {
        return table.size();
    }

    /** Octets that connections and their index take. */
    public long memoryOctets() {
        return table.memoryOctets();
    }

    /** Connections that were not remembered because the tracker or their zone was full. */
    public long overLimit() {
        return overLimit;
    }

    /** Connections whose translation found no free address and port. */
    public long natExhausted() {
        return natExhausted;
    }

    /** Packets that were invalid. */
    public long invalid() {
        return invalid;
    }

    /** Most connections, 1 to 2^29. Those that are there stay. */
    public void setLimit(int most) {
        limit = most;
    }

    public int limit() {
        return limit;
    }

    /** Most connections of a zone; negative for no limit but that of the tracker. Those that are there stay. */
    public void setZoneLimit(int zone, int most) {
        if (most < 0) {
            zoneLimits.remove(zone);
        } else {
            zoneLimits.put(zone, most);
        }
    }

    /** Connections of a zone. */
    public int size(int zone) {
        return perZone[zone];
    }

    /**
     * Tracks a packet, and translates it if the request says so.
     *
     * @param memory that holds the frame; written to only if the request has a translation
     * @param frame offset of the frame's first octet
     * @param isPartial the L4 checksum holds the sum of the pseudo header only
     * @param isSumKnown the L4 checksum is partial or was verified
     * @param isTracked a tracker has seen the packet before, and {@code words} is what it said
     * @param words {@link #PACKET_WORDS} long; the first become the packet's words {@link KeyLayout#W_CT} and following
     * @return the frame's length now, or {@link #FULL}: the packet goes no further
     */
    public int track(
            TrackRequest request,
            MemorySegment memory,
            long frame,
            int length,
            boolean isPartial,
            boolean isSumKnown,
            boolean isTracked,
            long[] words,
            long nowNs) {
        int known = isTracked && !request.isForced() ? knownReference(request.zone(), words) : ConnectionTable.NONE;
        int oldState = (int) (words[0] >>> 48);
        Arrays.fill(words, 0, PACKET_WORDS, 0);
        if (!packet.read(memory, frame, length, isSumKnown, request.zone())) {
            invalid(request, words);
        } else if (known != ConnectionTable.NONE) {
            again(request, memory, isPartial, known, oldState, words);
        } else if (packet.isError) {
            related(request, memory, frame, words, nowNs);
        } else {
            return connection(request, memory, isPartial, words, nowNs) ? length : FULL;
        }
        return length;
    }

    /** The connection that a packet was said to be of when it was here before, in the same zone; {@link ConnectionTable#NONE} if unknown. */
    private int knownReference(int zone, long[] words) {
        int reference = (int) words[WORDS] - 1;
        if (reference < 0 || (reference >>> 1) >= table.highWater() || !table.isUsed(reference >>> 1)) {
            return ConnectionTable.NONE;
        }
        table.read(reference >>> 1, 0, here);
        long ports = words[PORTS];
        long addresses = words[IPV4];
        long sourceHigh = words[IPV6_SRC];
        long sourceLow = words[IPV6_SRC + 1];
        boolean isSame = (int) (words[0] >>> 32 & 0xffff) == zone
                && here.zone == zone
                && ports == ports(here)
                && (here.isIpv6
                        ? sourceHigh == here.srcHigh && sourceLow == here.srcLow
                        : addresses == (here.srcLow << 32 | here.dstLow));
        return isSame ? reference : ConnectionTable.NONE;
    }

    /** A packet that was here before moves its connection no further, and may have been translated since. */
    private void again(
            TrackRequest request, MemorySegment memory, boolean isPartial, int reference, int oldState, long[] words) {
        int slot = reference >>> 1;
        if (request.isCommit()) {
            write(request, slot);
        }
        int state = oldState;
        if (request.nat() != null && !packet.isError) {
            state |= translate(slot, reference & 1, memory, isPartial);
        }
        tell(reference, state, request.zone(), words);
    }

    private void invalid(TrackRequest request, long[] words) {
        invalid++;
        Arrays.fill(words, 0, WORDS, 0);
        setState(words, CtState.TRACKED | CtState.INVALID, request.zone());
    }

    // ---- packets of connections

    /** Returns false when the packet must go no further. */
    private boolean connection(TrackRequest request, MemorySegment memory, boolean isPartial, long[] words, long nowNs) {
        Tuple tuple = packet.tuple;
        if (tuple.protocol == IpProtocols.TCP) {
            segment.read(memory, packet.l4, packet.l4Length);
        }
        int reference = find(tuple, nowNs);
        if (reference != ConnectionTable.NONE && request.isForced() && (reference & 1) == 1) {
            remove(reference >>> 1);
            reference = ConnectionTable.NONE;
        }
        if (reference != ConnectionTable.NONE) {
            Result result = update(reference, nowNs);
            if (result == Result.INVALID) {
                invalid(request, words);
                return true;
            }
            if (result == Result.REOPENED) {
                remove(reference >>> 1);
                reference = ConnectionTable.NONE;
            } else {
                known(request, memory, isPartial, reference, words);
                if (result == Result.REFUSED) {
                    // The packet may come back to be translated: the connection is over, and goes when somebody looks for it.
                    table.setExpiresNs(reference >>> 1, nowNs);
                }
                return true;
            }
        }
        if (mayBegin(tuple)) {
            return begin(request, memory, isPartial, words, nowNs);
        }
        invalid(request, words);
        return true;
    }

    private int find(Tuple tuple, long nowNs) {
        int reference = table.find(tuple);
        if (reference != ConnectionTable.NONE && nowNs - table.expiresNs(reference >>> 1) >= 0) {
            remove(reference >>> 1);
            return ConnectionTable.NONE;
        }
        return reference;
    }

    private boolean mayBegin(Tuple tuple) {
        return switch (tuple.protocol) {
            case IpProtocols.TCP -> TcpTracking.mayBegin(segment);
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> Tuple.isQuery(tuple.dstPort >>> 8, tuple.isIpv6);
            default -> true;
        };
    }

    /** Takes a packet of a connection into account. */
    private Result update(int reference, long nowNs) {
        int slot = reference >>> 1;
        int direction = reference & 1;
        Result result = Result.VALID;
        if (table.protocol(slot) == IpProtocols.TCP) {
            result = tcp.update(slot, direction, segment);
        }
        if (result == Result.VALID || result == Result.REFUSED) {
            if (direction == 1) {
                table.addStatus(slot, ConnectionTable.SEEN_REPLY);
            }
            table.setExpiresNs(slot, nowNs + timeoutNs(slot));
        }
        return result;
    }

    private long timeoutNs(int slot) {
        return switch (table.protocol(slot)) {
            case IpProtocols.TCP -> tcp.timeoutNs(slot, timeouts);
            case IpProtocols.UDP ->
                (table.status(slot) & ConnectionTable.SEEN_REPLY) != 0 ? timeouts.udpStreamNs() : timeouts.udpNs();
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> timeouts.icmpNs();
            default -> timeouts.genericNs();
        };
    }

    private void known(TrackRequest request, MemorySegment memory, boolean isPartial, int reference, long[] words) {
        int slot = reference >>> 1;
        int direction = reference & 1;
        boolean isEstablished = (table.status(slot) & ConnectionTable.SEEN_REPLY) != 0;
        int state = CtState.TRACKED
                | (isEstablished ? CtState.ESTABLISHED : CtState.NEW)
                | (direction == 1 ? CtState.REPLY : 0);
        if (request.isCommit()) {
            write(request, slot);
        }
        if (request.nat() != null) {
            state |= translate(slot, direction, memory, isPartial);
        }
        tell(reference, state, request.zone(), words);
    }

    /** A packet of no connection. Returns false when it must go no further. */
    private boolean begin(TrackRequest request, MemorySegment memory, boolean isPartial, long[] words, long nowNs) {
        Tuple tuple = packet.tuple;
        int state = CtState.TRACKED | CtState.NEW;
        if (!request.isCommit()) {
            setState(words, state, request.zone());
            tellTuple(tuple, words);
            return true;
        }
        NatSpec nat = request.nat();
        if (isFull(request.zone())) {
            overLimit++;
            setState(words, state, request.zone());
            tellTuple(tuple, words);
            return nat == null || nat.direction() == NatSpec.Direction.NONE;
        }
        if (!binder.bind(tuple, nat == null ? NatSpec.EXISTING : nat, reply, nowNs)) {
            natExhausted++;
            invalid(request, words);
            return true;
        }
        int slot = table.add(tuple, reply);
        perZone[request.zone()]++;
        table.addStatus(slot, natStatus(tuple));
        if (tuple.protocol == IpProtocols.TCP) {
            tcp.begin(slot, segment);
        }
        table.setExpiresNs(slot, nowNs + timeoutNs(slot));
        write(request, slot);
        if (nat != null) {
            state |= translate(slot, 0, memory, isPartial);
        }
        tell(slot << 1, state, request.zone(), words);
        return true;
    }

    private int natStatus(Tuple tuple) {
        boolean changesId = tuple.isIcmp() && reply.srcPort != tuple.srcPort;
        boolean changesSource = reply.dstHigh != tuple.srcHigh
                || reply.dstLow != tuple.srcLow
                || !tuple.isIcmp() && reply.dstPort != tuple.srcPort
                || changesId;
        boolean changesDestination = reply.srcHigh != tuple.dstHigh
                || reply.srcLow != tuple.dstLow
                || !tuple.isIcmp() && reply.srcPort != tuple.dstPort;
        return (changesSource ? ConnectionTable.SOURCE_NAT : 0)
                | (changesDestination ? ConnectionTable.DESTINATION_NAT : 0);
    }

    private boolean isFull(int zone) {
        Integer zoneLimit = zoneLimits.isEmpty() ? null : zoneLimits.get(zone);
        return table.size() >= limit || zoneLimit != null && perZone[zone] >= zoneLimit;
    }

    /** Writes mark and label of the connection. */
    private void write(TrackRequest request, int slot) {
        if (request.markMask() != 0) {
            table.setMark(slot, table.mark(slot) & ~request.markMask() | request.mark() & request.markMask());
        }
        Bits mask = request.labelMask();
        if (!mask.isZero()) {
            long[] record = table.record(slot);
            int at = ConnectionTable.base(slot) + ConnectionTable.LABEL;
            record[at] = record[at] & ~mask.high() | request.label().high() & mask.high();
            record[at + 1] = record[at + 1] & ~mask.low() | request.label().low() & mask.low();
        }
    }

    /** Translates the packet as its connection says; returns the bits of the state that tell so. */
    private int translate(int slot, int direction, MemorySegment memory, boolean isPartial) {
        int bits = natBits(slot, direction);
        if (bits != 0) {
            table.read(slot, 1 - direction, opposite);
            target.setInverse(opposite);
            NatRewriter.rewrite(memory, packet, packet.tuple, target, isPartial);
        }
        return bits;
    }

    /** What a translated source is to packets one way is the destination to those the other way. */
    private int natBits(int slot, int direction) {
        int status = table.status(slot);
        boolean isSource = (status & ConnectionTable.SOURCE_NAT) != 0;
        boolean isDestination = (status & ConnectionTable.DESTINATION_NAT) != 0;
        boolean changesSource = direction == 0 ? isSource : isDestination;
        boolean changesDestination = direction == 0 ? isDestination : isSource;
        return (changesSource ? CtState.SOURCE_NAT : 0) | (changesDestination ? CtState.DESTINATION_NAT : 0);
    }

    // ---- ICMP errors

    private void related(TrackRequest request, MemorySegment memory, long frame, long[] words, long nowNs) {
        // The error goes against the packet that it is about: its direction is that of the answers to that packet.
        opposite.setInverse(packet.inner);
        int reference = find(opposite, nowNs);
        if (reference == ConnectionTable.NONE) {
            invalid(request, words);
            return;
        }
        int slot = reference >>> 1;
        int direction = reference & 1;
        int state = CtState.TRACKED | CtState.RELATED | (direction == 1 ? CtState.REPLY : 0);
        if (request.nat() != null) {
            int bits = natBits(slot, direction);
            if (bits != 0) {
                table.read(slot, direction, here);
                table.read(slot, 1 - direction, opposite);
                target.setInverse(opposite);
                NatRewriter.rewriteError(memory, frame, packet, here, target, opposite);
            }
            state |= bits;
        }
        tell(reference, state, request.zone(), words);
    }

    // ---- what the packet is told

    private static void setState(long[] words, int state, int zone) {
        words[0] = (long) state << 48 | (long) zone << 32;
    }

    private void tell(int reference, int state, int zone, long[] words) {
        int slot = reference >>> 1;
        words[WORDS] = reference + 1L;
        setState(words, state, zone);
        words[0] |= table.mark(slot) & 0xffffffffL;
        long[] record = table.record(slot);
        int base = ConnectionTable.base(slot);
        words[LABEL] = record[base + ConnectionTable.LABEL];
        words[LABEL + 1] = record[base + ConnectionTable.LABEL + 1];
        table.read(slot, 0, here);
        tellTuple(here, words);
    }

    private static void tellTuple(Tuple tuple, long[] words) {
        if (tuple.isIpv6) {
            words[IPV6_SRC] = tuple.srcHigh;
            words[IPV6_SRC + 1] = tuple.srcLow;
            words[IPV6_DST] = tuple.dstHigh;
            words[IPV6_DST + 1] = tuple.dstLow;
        } else {
            words[IPV4] = tuple.srcLow << 32 | tuple.dstLow;
        }
        words[PORTS] = ports(tuple);
    }

    private static long ports(Tuple tuple) {
        int source = tuple.isIcmp() ? tuple.dstPort >>> 8 : tuple.srcPort;
        int destination = tuple.isIcmp() ? tuple.dstPort & 0xff : tuple.dstPort;
        return (long) source << 48 | (long) destination << 32 | tuple.protocol;
    }

    // ---- housekeeping

    private void remove(int slot) {
        perZone[table.zone(slot)]--;
        table.remove(slot);
    }

    /**
     * Takes connections out that are over. Each call goes on where the last one stopped.
     *
     * @param most records to look at
     * @return connections taken out
     */
    public int expire(int most, long nowNs) {
        int before = table.size();
        for (int i = 0; i < Math.min(most, table.highWater()); i++) {
            sweepAt = sweepAt + 1 >= table.highWater() ? 0 : sweepAt + 1;
            if (table.isUsed(sweepAt) && nowNs - table.expiresNs(sweepAt) >= 0) {
                remove(sweepAt);
            }
        }
        return before - table.size();
    }

    /** Records that there are, used or not: what {@link #expire} would have to look at to see all. */
    public int records() {
        return table.highWater();
    }

    /**
     * Forgets connections.
     *
     * @param zone null for all
     * @return how many
     */
    public int flush(@Nullable Integer zone) {
        int before = table.size();
        for (int slot = 0; slot < table.highWater(); slot++) {
            if (table.isUsed(slot) && (zone == null || table.zone(slot) == zone)) {
                remove(slot);
            }
        }
        return before - table.size();
    }

    /**
     * Shows connections that are not over.
     *
     * @param zone null for all
     * @param most how many at most
     */
    public void forEach(@Nullable Integer zone, int most, long nowNs, Consumer<ConnectionState> visitor) {
        int shown = 0;
        for (int slot = 0; slot < table.highWater() && shown < most; slot++) {
            boolean isShown = table.isUsed(slot)
                    && (zone == null || table.zone(slot) == zone)
                    && nowNs - table.expiresNs(slot) < 0;
            if (isShown) {
                shown++;
                visitor.accept(state(slot, nowNs));
            }
        }
    }

    private ConnectionState state(int slot, long nowNs) {
        table.read(slot, 0, here);
        table.read(slot, 1, opposite);
        long[] record = table.record(slot);
        int label = ConnectionTable.base(slot) + ConnectionTable.LABEL;
        return new ConnectionState(
                table.zone(slot),
                table.protocol(slot),
                here.isIpv6,
                ConnectionState.Direction.of(here),
                ConnectionState.Direction.of(opposite),
                TcpState.of(table.state(slot)),
                (table.status(slot) & ConnectionTable.SEEN_REPLY) != 0,
                table.mark(slot),
                new Bits(record[label], record[label + 1]),
                table.expiresNs(slot) - nowNs);
    }
}
