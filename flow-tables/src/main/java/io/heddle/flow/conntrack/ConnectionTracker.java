package io.heddle.flow.conntrack;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.conntrack.TcpTracking.Result;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.packet.IpProtocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
 *   <li>An ICMP error is related to the connection of the packet inside of it, and a connection that another one announces is related to
 *       that one, if it was committed with an {@link io.heddle.flow.action.Alg}.
 *   <li>Fragments are not looked at ({@link #FRAGMENT}). Broken headers and wrong checksums are {@link CtState#INVALID}. So is a new connection whose translation finds no free
 *       address and port. A connection that would be one too many is not remembered: its packets stay {@link CtState#NEW}, and do not
 *       go on where they were to be translated ({@link #FULL}).
 * </ul>
 *
 * <p>A packet costs a lookup of constant time and no allocation. Connections are forgotten when their time is over: a lookup finds none
 * that is, and {@link #expire} takes them out, some at each call. A connection takes about 200 octets.
 *
 * <p>Threading: none of its own. The poll loops of a switch share one, as both directions of a connection have to be given to the same:
 * each call is made under the tracker's monitor.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ovs-fields.7.html">ovs-fields(7), connection tracking fields</a>
 */
public final class ConnectionTracker {
    /** Words of a key that tell what the tracker said: {@link KeyLayout#W_CT} and those after it. */
    public static final int WORDS = KeyLayout.W_TUN_OPTIONS - KeyLayout.W_CT;

    /** Most connections, unless set otherwise. */
    public static final int DEFAULT_LIMIT = 1_000_000;

    /** What the limit may be. */
    public static final int MOST_LIMIT = 1 << 29;

    /** {@link #track}: there was no room for the connection, and the packet must not leave without the translation that it was to get. */
    public static final int FULL = -1;

    /** {@link #track}: there is no room after the frame for what a translated address needs. */
    public static final int NO_ROOM = AlgInspector.NO_ROOM;

    /** {@link #track}: the packet is a fragment, and nothing was done with it; the whole packet can be tracked. */
    public static final int FRAGMENT = -3;

    /** So many octets after the frame are enough, whatever is translated. */
    public static final int MOST_GROWTH = FtpReader.MOST_OCTETS;

    /** Words that {@link #track} keeps with a packet: those of the key, and the connection for its next visit. */
    public static final int PACKET_WORDS = WORDS + 1;

    private static final int NAT_BITS = CtState.SOURCE_NAT | CtState.DESTINATION_NAT;
    private static final int LABEL = KeyLayout.W_CT_LABEL - KeyLayout.W_CT;
    private static final int IPV4 = KeyLayout.W_CT_IPV4 - KeyLayout.W_CT;
    private static final int IPV6_SRC = KeyLayout.W_CT_IPV6_SRC - KeyLayout.W_CT;
    private static final int IPV6_DST = KeyLayout.W_CT_IPV6_DST - KeyLayout.W_CT;
    private static final int PORTS = KeyLayout.W_CT_TP - KeyLayout.W_CT;

    private final ConnectionTable table;
    private final TcpTracking tcp;
    private final NatBinder binder;
    private final Extensions extensions;
    private final AlgInspector algs;
    private final ZoneCounts zones = new ZoneCounts();
    private final PacketReader packet = new PacketReader();
    private final TcpSegment segment = new TcpSegment();
    private final Tuple reply = new Tuple();
    private final Tuple here = new Tuple();
    private final Tuple opposite = new Tuple();
    private final Tuple target = new Tuple();

    private int sweepAt;
    private long overLimit;
    private long natExhausted;
    private long invalid;

    /**
     * An empty tracker with {@link TrackerSettings#DEFAULT}.
     *
     * @param seed of the hashes: an attacker who does not know it cannot make chains long
     */
    public ConnectionTracker(long seed) {
        table = new ConnectionTable(seed);
        tcp = new TcpTracking(table);
        binder = new NatBinder(this::find, Tuple.mix(seed, 1));
        extensions = new Extensions(table, Tuple.mix(seed, 2));
        algs = new AlgInspector(table, extensions);
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

    /** Says whether a frame may grow: {@link #MOST_GROWTH} octets after it are enough. */
    public boolean mayGrow() {
        return extensions.size() > 0;
    }

    /** Says how much to remember. Connections that are there stay, with the timeouts that they have until their next packet. */
    public void configure(TrackerSettings settings) {
        zones.configure(settings);
    }

    public TrackerSettings settings() {
        return zones.settings();
    }

    /** Connections of a zone. */
    public int size(int zone) {
        return zones.count(zone);
    }

    /**
     * Tracks a packet, and translates it if the request says so.
     *
     * @param memory that holds the frame; written to only if the request has a translation
     * @param frame offset of the frame's first octet
     * @param room octets after the frame that may be written to
     * @param isPartial the L4 checksum holds the sum of the pseudo header only
     * @param isSumKnown the L4 checksum is partial or was verified
     * @param isTracked a tracker has seen the packet before, and {@code words} is what it said
     * @param words {@link #PACKET_WORDS} long; the first become the packet's words {@link KeyLayout#W_CT} and following
     * @return the frame's length now; {@link #FULL} or {@link #NO_ROOM}: the packet goes no further; {@link #FRAGMENT}
     */
    public int track(
            TrackRequest request,
            MemorySegment memory,
            long frame,
            int length,
            int room,
            boolean isPartial,
            boolean isSumKnown,
            boolean isTracked,
            long[] words,
            long nowNs) {
        packet.memory = memory;
        packet.frame = frame;
        packet.length = length;
        packet.room = room;
        packet.isPartial = isPartial;
        boolean isWhole = packet.read(isSumKnown, request.zone());
        if (!isWhole && packet.isFragment()) {
            return FRAGMENT;
        }
        int known = isTracked && !request.isForced() ? knownReference(request.zone(), words) : ConnectionTable.NONE;
        int oldState = (int) (words[0] >>> 48);
        Arrays.fill(words, 0, PACKET_WORDS, 0);
        if (!isWhole) {
            invalid(request, words);
            return length;
        }
        if (known != ConnectionTable.NONE) {
            return again(request, known, oldState, words, nowNs);
        }
        if (packet.isError) {
            related(request, words, nowNs);
            return length;
        }
        return connection(request, words, nowNs);
    }

    /** The connection that a packet was said to be of when it was here before, in the same zone; {@link ConnectionTable#NONE} if unknown. */
    private int knownReference(int zone, long[] words) {
        int reference = (int) words[WORDS] - 1;
        if (reference < 0 || (reference >>> 1) >= table.highWater() || !table.isUsed(reference >>> 1)) {
            return ConnectionTable.NONE;
        }
        readShown(reference >>> 1);
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

    /** A packet that was here before moves its connection no further, and is translated once. */
    private int again(TrackRequest request, int reference, int oldState, long[] words, long nowNs) {
        int slot = reference >>> 1;
        if (request.isCommit()) {
            write(request, slot);
        }
        int state = oldState;
        int after = packet.length;
        boolean isTranslated = (oldState & NAT_BITS) != 0;
        if (request.nat() != null && !packet.isError && !isTranslated) {
            int bits = translate(slot, reference & 1);
            state |= bits;
            Extension extension = extensions.of(slot);
            if (extension != null && bits != 0) {
                readSegment(extension, reference & 1);
                after = algs.inspect(extension, reference & 1, packet, segment, true, nowNs);
            }
        }
        tell(reference, state, request.zone(), words);
        return after;
    }

    /** Reads the TCP header of the packet, if it has one. */
    private void readSegment(@Nullable Extension extension, int direction) {
        if (packet.tuple.protocol == IpProtocols.TCP) {
            segment.read(packet.memory, packet.l4, packet.l4Length);
            if (extension != null) {
                extension.normalise(segment, direction);
            }
        }
    }

    private void invalid(TrackRequest request, long[] words) {
        invalid++;
        Arrays.fill(words, 0, WORDS, 0);
        setState(words, CtState.TRACKED | CtState.INVALID, request.zone());
    }

    // ---- packets of connections

    private int connection(TrackRequest request, long[] words, long nowNs) {
        Tuple tuple = packet.tuple;
        int reference = find(tuple, nowNs);
        if (reference != ConnectionTable.NONE && request.isForced() && (reference & 1) == 1) {
            remove(reference >>> 1);
            reference = ConnectionTable.NONE;
        }
        readSegment(reference == ConnectionTable.NONE ? null : extensions.of(reference >>> 1), reference & 1);
        if (reference != ConnectionTable.NONE) {
            Result result = update(reference, nowNs);
            if (result == Result.INVALID) {
                invalid(request, words);
                return packet.length;
            }
            if (result == Result.REOPENED) {
                remove(reference >>> 1);
                reference = ConnectionTable.NONE;
            } else {
                int after = known(request, reference, words, nowNs);
                if (result == Result.REFUSED) {
                    // The packet may come back to be translated: the connection is over, and goes when somebody looks
                    // for it.
                    table.setExpiresNs(reference >>> 1, nowNs);
                }
                return after;
            }
        }
        if (mayBegin(tuple)) {
            return begin(request, words, nowNs);
        }
        invalid(request, words);
        return packet.length;
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
            table.addStatus(slot, direction == 1 ? ConnectionTable.SEEN_REPLY : ConnectionTable.SEEN_AGAIN);
            table.setExpiresNs(slot, nowNs + timeoutNs(slot));
        }
        return result;
    }

    private long timeoutNs(int slot) {
        Timeouts timeouts = zones.timeouts(table.zone(slot));
        int status = table.status(slot);
        boolean hasReply = (status & ConnectionTable.SEEN_REPLY) != 0;
        return switch (table.protocol(slot)) {
            case IpProtocols.TCP -> tcp.timeoutNs(slot, timeouts);
            case IpProtocols.UDP ->
                timeouts.ns(
                        hasReply
                                ? Timeouts.Kind.UDP_MULTIPLE
                                : (status & ConnectionTable.SEEN_AGAIN) != 0
                                        ? Timeouts.Kind.UDP_SINGLE
                                        : Timeouts.Kind.UDP_FIRST);
            case IpProtocols.ICMP, IpProtocols.ICMPV6 ->
                timeouts.ns(hasReply ? Timeouts.Kind.ICMP_REPLY : Timeouts.Kind.ICMP_FIRST);
            default -> timeouts.ns(Timeouts.Kind.OTHER);
        };
    }

    private int known(TrackRequest request, int reference, long[] words, long nowNs) {
        int slot = reference >>> 1;
        int direction = reference & 1;
        int status = table.status(slot);
        int state = CtState.TRACKED
                | ((status & ConnectionTable.SEEN_REPLY) != 0 ? CtState.ESTABLISHED : CtState.NEW)
                | ((status & ConnectionTable.RELATED) != 0 ? CtState.RELATED : 0)
                | (direction == 1 ? CtState.REPLY : 0);
        if (request.isCommit()) {
            write(request, slot);
        }
        int after = packet.length;
        int bits = request.nat() == null ? 0 : translate(slot, direction);
        Extension extension = extensions.of(slot);
        if (extension != null && (bits != 0 || natBits(slot, direction) == 0)) {
            // What a translated connection announces is read where the packet is translated.
            after = algs.inspect(extension, direction, packet, segment, bits != 0, nowNs);
        }
        tell(reference, state | bits, request.zone(), words);
        return after;
    }

    /** A packet of no connection. */
    private int begin(TrackRequest request, long[] words, long nowNs) {
        Tuple tuple = packet.tuple;
        Extension master = extensions.expecting(tuple, nowNs);
        int state = CtState.TRACKED | CtState.NEW | (master == null ? 0 : CtState.RELATED);
        NatSpec nat = request.nat();
        boolean isFull = request.isCommit() && zones.isFull(request.zone(), table.size());
        if (!request.isCommit() || isFull) {
            setState(words, state, request.zone());
            if (master == null) {
                tellTuple(tuple, words);
            } else {
                tellConnection(master.slot, words);
            }
            overLimit += isFull ? 1 : 0;
            boolean isTranslationAsked = nat != null
                    && (nat.direction() != NatSpec.Direction.NONE || master != null && natBits(master.slot, 0) != 0);
            return isFull && isTranslationAsked ? FULL : packet.length;
        }
        if (!bind(tuple, nat, master, nowNs)) {
            natExhausted++;
            invalid(request, words);
            return packet.length;
        }
        int slot = table.add(tuple, reply);
        zones.added(request.zone());
        table.addStatus(slot, natStatus(tuple));
        if (tuple.protocol == IpProtocols.TCP) {
            tcp.begin(slot, segment);
        }
        table.setExpiresNs(slot, nowNs + timeoutNs(slot));
        int after = packet.length;
        if (master != null) {
            follow(slot, master);
        }
        write(request, slot);
        if (nat != null) {
            state |= translate(slot, 0);
        }
        Extension control = request.alg() == null || master != null ? null : extensions.add(slot);
        if (control != null) {
            control.alg = request.alg();
            after = algs.inspect(control, 0, packet, segment, (state & NAT_BITS) != 0, nowNs);
        }
        tell(slot << 1, state, request.zone(), words);
        return after;
    }

    /** Chooses the tuple of the answers: what was announced is translated as the connection that announced it. */
    private boolean bind(Tuple tuple, @Nullable NatSpec nat, @Nullable Extension master, long nowNs) {
        if (nat != null && master != null && natBits(master.slot, 0) != 0) {
            here.copyFrom(master.delivered);
            here.srcPort = tuple.srcPort;
            reply.setInverse(here);
            return find(reply, nowNs) == ConnectionTable.NONE;
        }
        return binder.bind(tuple, nat == null ? NatSpec.EXISTING : nat, reply, nowNs);
    }

    /** A connection that another one has announced has that one's mark and label, and is shown with its addresses. */
    private void follow(int slot, Extension master) {
        Extension extension = extensions.add(slot);
        if (extension != null) {
            readShown(master.slot);
            extension.parent.copyFrom(here);
            extension.isRelated = true;
            table.addStatus(slot, ConnectionTable.RELATED);
        }
        table.setMark(slot, table.mark(master.slot));
        long[] from = table.record(master.slot);
        int label = ConnectionTable.base(master.slot) + ConnectionTable.LABEL;
        System.arraycopy(from, label, table.record(slot), ConnectionTable.base(slot) + ConnectionTable.LABEL, 2);
        extensions.forget(master);
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
    private int translate(int slot, int direction) {
        int bits = natBits(slot, direction);
        if (bits != 0) {
            table.read(slot, 1 - direction, opposite);
            target.setInverse(opposite);
            NatRewriter.rewrite(packet.memory, packet, packet.tuple, target, packet.isPartial);
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

    private void related(TrackRequest request, long[] words, long nowNs) {
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
                NatRewriter.rewriteError(packet.memory, packet.frame, packet, here, target, opposite);
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
        words[WORDS] = reference + 1L;
        setState(words, state, zone);
        tellConnection(reference >>> 1, words);
    }

    private void tellConnection(int slot, long[] words) {
        words[0] |= table.mark(slot) & 0xffffffffL;
        long[] record = table.record(slot);
        int base = ConnectionTable.base(slot);
        words[LABEL] = record[base + ConnectionTable.LABEL];
        words[LABEL + 1] = record[base + ConnectionTable.LABEL + 1];
        readShown(slot);
        tellTuple(here, words);
    }

    /** Reads the original direction into {@link #here}: of a related connection, that of the one that announced it, as Open vSwitch does. */
    private void readShown(int slot) {
        Extension extension = extensions.of(slot);
        if (extension != null && extension.isRelated) {
            here.copyFrom(extension.parent);
        } else {
            table.read(slot, 0, here);
        }
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
        zones.removed(table.zone(slot));
        extensions.remove(slot);
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

    /** Forgets connections; returns how many. */
    public int flush(ConnectionFilter filter) {
        int before = table.size();
        for (int slot = 0; slot < table.highWater(); slot++) {
            if (table.isUsed(slot) && filter.matches(table, slot, here)) {
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
        visit(0, Integer.MAX_VALUE, zone, most, nowNs, visitor);
    }

    /**
     * Shows some of the connections that are not over, so that a reader need not hold up packets. One that begins between two calls may be
     * left out.
     *
     * @param from 0, then what the call before has returned
     * @param places how many places of the table to look at, at most
     * @param zone null for all
     * @param most how many to show at most
     * @return where to go on, -1 when all places have been looked at
     */
    public int visit(
            int from, int places, @Nullable Integer zone, int most, long nowNs, Consumer<ConnectionState> visitor) {
        int shown = 0;
        int slot = from;
        for (int looked = 0; looked < places && slot < table.highWater() && shown < most; looked++, slot++) {
            boolean isShown = table.isUsed(slot)
                    && (zone == null || table.zone(slot) == zone)
                    && nowNs - table.expiresNs(slot) < 0;
            if (isShown) {
                shown++;
                visitor.accept(state(slot, nowNs));
            }
        }
        return slot < table.highWater() ? slot : -1;
    }

    private ConnectionState state(int slot, long nowNs) {
        table.read(slot, 0, here);
        table.read(slot, 1, opposite);
        long[] record = table.record(slot);
        int label = ConnectionTable.base(slot) + ConnectionTable.LABEL;
        Extension extension = extensions.of(slot);
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
                extension == null ? null : extension.alg,
                (table.status(slot) & ConnectionTable.RELATED) != 0,
                table.expiresNs(slot) - nowNs);
    }
}
