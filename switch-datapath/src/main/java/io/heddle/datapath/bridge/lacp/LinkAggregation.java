package io.heddle.datapath.bridge.lacp;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The protocol at the links of one bond: finds out which of them lead to the same partner, and keeps asking whether they still do.
 *
 * <pre>
 *   received, linkChanged, run(now) --> members: current, expired or defaulted --> those of the best partner are attached --> Output
 * </pre>
 *
 * <p>Threading: the control loop.
 *
 * @see <a href="https://standards.ieee.org/ieee/802.1AX/6768/">IEEE 802.1AX-2014 section 6.4</a>
 */
public final class LinkAggregation {
    private static final long SECOND_NS = 1_000_000_000L;

    /** Fast_Periodic_Time and Short_Timeout_Time, in seconds. */
    private static final int FAST_S = 1;

    private static final int SLOW_S = 30;
    private static final int MISSED = 3;

    /** Least time between two frames that are sent because something has changed. */
    private static final long HURRY_NS = 200_000_000L;

    private static final int FRAME = 124;
    private static final long DESTINATION = 0x0180c2000002L;
    private static final int ACTOR = 18;
    private static final int PARTNER = 38;

    /** What the protocol does to the bridge. */
    public interface Output {
        /** A frame is to leave by a port. */
        void send(int port, byte[] frame);
    }

    /**
     * What is configured.
     *
     * @param isActive begins to speak; else only answers
     * @param isFast wants to hear of the partner every second, else every 30
     * @param system address of this side, 48 bits
     */
    public record Settings(boolean isActive, boolean isFast, int systemPriority, long system, int key) {}

    private enum Status {
        CURRENT,
        EXPIRED,
        DEFAULTED
    }

    private static final class Member {
        private final int identifier;
        private final int priority;
        private final long address;
        private boolean isUp;
        private Status status = Status.DEFAULTED;
        private boolean isAttached;
        private LinkInfo partner = LinkInfo.NOBODY;

        /** What the partner takes us for. */
        private LinkInfo mirrored = LinkInfo.NOBODY;

        private long statusUntilNs;
        private long nextSendNs;
        private long lastSentNs = Long.MIN_VALUE / 2;
        private @Nullable LinkInfo lastSent;

        Member(int identifier, int priority, long address) {
            this.identifier = identifier;
            this.priority = priority;
            this.address = address;
        }
    }

    private final Settings settings;
    private final Output output;
    private final Map<Integer, Member> members = new TreeMap<>();

    public LinkAggregation(Settings settings, Output output) {
        this.settings = settings;
        this.output = output;
    }

    public Settings settings() {
        return settings;
    }

    /**
     * Adds a link, or leaves it as it is.
     *
     * @param number OpenFlow number of its port
     * @param identifier the port's number on the wire
     * @param address that frames come from
     */
    public void put(int number, int identifier, int priority, long address) {
        members.computeIfAbsent(number, n -> new Member(identifier, priority, address));
    }

    public void linkChanged(int number, boolean isUp, long nowNs) {
        Member member = members.get(number);
        if (member != null && member.isUp != isUp) {
            member.isUp = isUp;
            member.status = isUp ? Status.EXPIRED : Status.DEFAULTED;
            member.statusUntilNs = nowNs + MISSED * FAST_S * SECOND_NS;
            member.partner =
                    member.partner.withState(member.partner.state() & ~LinkInfo.IN_SYNC | LinkInfo.SHORT_TIMEOUT);
            member.nextSendNs = nowNs;
            run(nowNs);
        }
    }

    /** A frame of type 0x8809 has come; what is no message of this protocol is ignored. */
    public void received(int number, byte[] frame, long nowNs) {
        Member member = members.get(number);
        boolean isOurs = frame.length >= 60 && frame[14] == 1 && frame[16] == 1 && frame[17] == 20 && frame[36] == 2;
        if (member == null || !isOurs || !member.isUp) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(frame);
        member.partner = LinkInfo.read(in, ACTOR);
        member.mirrored = LinkInfo.read(in, PARTNER);
        member.status = Status.CURRENT;
        member.statusUntilNs = nowNs + MISSED * (settings.isFast() ? FAST_S : SLOW_S) * SECOND_NS;
        run(nowNs);
    }

    /** Does what is due; to be called several times a second. */
    public void run(long nowNs) {
        for (Member member : members.values()) {
            if (member.isUp && member.status != Status.DEFAULTED && nowNs - member.statusUntilNs >= 0) {
                boolean wasCurrent = member.status == Status.CURRENT;
                member.status = wasCurrent ? Status.EXPIRED : Status.DEFAULTED;
                member.statusUntilNs = nowNs + MISSED * FAST_S * SECOND_NS;
                member.partner = wasCurrent
                        ? member.partner.withState(member.partner.state() & ~LinkInfo.IN_SYNC | LinkInfo.SHORT_TIMEOUT)
                        : LinkInfo.NOBODY;
            }
        }
        attach();
        members.forEach((number, member) -> transmit(number, member, nowNs));
    }

    /** The links of the partner that ranks best are one. */
    private void attach() {
        Member lead = null;
        for (Member member : members.values()) {
            boolean isCandidate = member.isUp
                    && member.status == Status.CURRENT
                    && member.partner.system() != settings.system(); // a loop
            if (isCandidate && (lead == null || Long.compareUnsigned(member.partner.rank(), lead.partner.rank()) < 0)) {
                lead = member;
            }
        }
        for (Member member : members.values()) {
            member.isAttached = lead != null
                    && member.isUp
                    && member.status == Status.CURRENT
                    && member.partner.rank() == lead.partner.rank()
                    && member.partner.key() == lead.partner.key();
        }
    }

    private void transmit(int number, Member member, long nowNs) {
        boolean maySpeak = settings.isActive() || member.partner.has(LinkInfo.ACTIVE);
        if (!member.isUp || !maySpeak) {
            return;
        }
        LinkInfo actor = actor(member);
        int seen = LinkInfo.ACTIVE | LinkInfo.SHORT_TIMEOUT | LinkInfo.AGGREGATABLE | LinkInfo.IN_SYNC;
        boolean isMisunderstood = member.status == Status.CURRENT
                && (!member.mirrored.isSamePort(actor) || ((member.mirrored.state() ^ actor.state()) & seen) != 0);
        boolean isNews = isMisunderstood || !actor.equals(member.lastSent);
        boolean isDue = nowNs - member.nextSendNs >= 0;
        if (!isDue && !(isNews && nowNs - member.lastSentNs >= HURRY_NS)) {
            return;
        }
        boolean isFast = member.status != Status.CURRENT || member.partner.has(LinkInfo.SHORT_TIMEOUT);
        member.nextSendNs = nowNs + (isFast ? FAST_S : SLOW_S) * SECOND_NS;
        member.lastSentNs = nowNs;
        member.lastSent = actor;
        output.send(number, frame(member, actor));
    }

    private LinkInfo actor(Member member) {
        int state = LinkInfo.AGGREGATABLE;
        state |= settings.isActive() ? LinkInfo.ACTIVE : 0;
        state |= settings.isFast() ? LinkInfo.SHORT_TIMEOUT : 0;
        state |= member.isAttached ? LinkInfo.IN_SYNC : 0;
        state |= isUsable(member) ? LinkInfo.COLLECTING | LinkInfo.DISTRIBUTING : 0;
        state |= switch (member.status) {
            case CURRENT -> 0;
            case EXPIRED -> LinkInfo.EXPIRED;
            case DEFAULTED -> LinkInfo.DEFAULTED;
        };
        return new LinkInfo(
                settings.systemPriority(),
                settings.system(),
                settings.key(),
                member.priority,
                member.identifier,
                state);
    }

    private static byte[] frame(Member member, LinkInfo actor) {
        ByteBuffer out = ByteBuffer.allocate(FRAME);
        out.putShort((short) (DESTINATION >>> 32)).putInt((int) DESTINATION);
        out.putShort((short) (member.address >>> 32)).putInt((int) member.address);
        out.putShort((short) 0x8809).put((byte) 1).put((byte) 1);
        out.put((byte) 1).put((byte) 20);
        actor.write(out);
        out.position(PARTNER - 2).put((byte) 2).put((byte) 20);
        member.partner.write(out);
        out.position(PARTNER + 18).put((byte) 3).put((byte) 16);
        return out.array();
    }

    private static boolean isUsable(Member member) {
        return member.isAttached && member.partner.has(LinkInfo.IN_SYNC);
    }

    /** Says whether packets may pass a link: both sides agree that it belongs to the bond. */
    public boolean isUsable(int number) {
        Member member = members.get(number);
        return member != null && isUsable(member);
    }

    /** Says whether there is a partner. */
    public boolean isNegotiated() {
        return members.values().stream().anyMatch(member -> member.isAttached);
    }

    /** For people: {@code current attached partner 02:00:00:00:00:09}. */
    public String describe(int number) {
        Member member = members.get(number);
        if (member == null) {
            return "";
        }
        StringBuilder text = new StringBuilder(
                switch (member.status) {
                    case CURRENT -> "current";
                    case EXPIRED -> "expired";
                    case DEFAULTED -> "defaulted";
                });
        return text.append(member.isAttached ? " attached" : " detached").toString();
    }
}
