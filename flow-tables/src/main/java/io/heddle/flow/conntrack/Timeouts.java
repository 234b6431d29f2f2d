package io.heddle.flow.conntrack;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How long a connection lives after its last packet, by state. The defaults are those of Linux ({@code nf_conntrack_*_timeout}), the
 * names those of Open vSwitch's table {@code CT_Timeout_Policy}.
 *
 * <p>Immutable.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/ovs-vswitchd.conf.db.5.html">ovs-vswitchd.conf.db(5), CT_Timeout_Policy</a>
 */
public final class Timeouts {
    /** Longest timeout, in seconds. */
    public static final int MOST_SECONDS = 31_536_000;

    private static final long SECOND = 1_000_000_000L;

    /** What a timeout is for. */
    public enum Kind {
        TCP_SYN_SENT(120),
        TCP_SYN_RECV(60),
        TCP_ESTABLISHED(432_000),
        TCP_FIN_WAIT(120),
        TCP_CLOSE_WAIT(60),
        TCP_LAST_ACK(30),
        TCP_TIME_WAIT(120),
        TCP_CLOSE(10),
        /** Both ends have sent a SYN. */
        TCP_SYN_SENT2(120),
        /** One side sends the same segment again and again. */
        TCP_RETRANSMIT(300),
        /** Data is not acknowledged, or only one side has sent. */
        TCP_UNACK(300),
        /** After the first datagram. */
        UDP_FIRST(30),
        /** While only one side has sent. */
        UDP_SINGLE(30),
        /** When both have. */
        UDP_MULTIPLE(120),
        /** While there is no answer. */
        ICMP_FIRST(30),
        ICMP_REPLY(30),
        /** Of protocols without states. */
        OTHER(600);

        private final int seconds;

        Kind(int seconds) {
            this.seconds = seconds;
        }

        /** The name in configurations: {@code tcp_syn_sent}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Unless set otherwise. */
        public int defaultSeconds() {
            return seconds;
        }

        /** The kind of that name; null if there is none. */
        public static @Nullable Kind ofText(String text) {
            for (Kind kind : values()) {
                if (kind.text().equals(text)) {
                    return kind;
                }
            }
            return null;
        }

        @SuppressWarnings("EnumOrdinal") // a place in an array; never stored or sent
        int place() {
            return ordinal();
        }
    }

    private static final Kind[] KINDS = Kind.values();

    /** Those of Linux. */
    public static final Timeouts DEFAULT = new Timeouts(defaults());

    private final long[] nanoseconds;

    private Timeouts(long[] nanoseconds) {
        this.nanoseconds = nanoseconds;
    }

    private static long[] defaults() {
        return Arrays.stream(KINDS).mapToLong(kind -> kind.seconds * SECOND).toArray();
    }

    /**
     * These timeouts with others for some.
     *
     * @param seconds 1 to {@link #MOST_SECONDS}, by the name of the kind
     * @throws IllegalArgumentException that names what is not known or not in the range
     */
    public Timeouts with(Map<String, Integer> seconds) {
        long[] changed = nanoseconds.clone();
        new TreeMap<>(seconds).forEach((name, value) -> {
            Kind kind = Kind.ofText(name);
            if (kind == null) {
                throw new IllegalArgumentException(name + ": there is no such timeout; these are: "
                        + String.join(", ", Arrays.stream(KINDS).map(Kind::text).toList()));
            }
            if (value < 1 || value > MOST_SECONDS) {
                throw new IllegalArgumentException(
                        "%s: %d is not in 1 to %d seconds".formatted(name, value, MOST_SECONDS));
            }
            changed[kind.place()] = value * SECOND;
        });
        return new Timeouts(changed);
    }

    /** In nanoseconds. */
    public long ns(Kind kind) {
        return nanoseconds[kind.place()];
    }

    long tcpNs(TcpState state) {
        return ns(
                switch (state) {
                    case SYN_SENT -> Kind.TCP_SYN_SENT;
                    case SYN_SENT2 -> Kind.TCP_SYN_SENT2;
                    case SYN_RECV -> Kind.TCP_SYN_RECV;
                    case NONE, ESTABLISHED -> Kind.TCP_ESTABLISHED;
                    case FIN_WAIT -> Kind.TCP_FIN_WAIT;
                    case CLOSE_WAIT -> Kind.TCP_CLOSE_WAIT;
                    case LAST_ACK -> Kind.TCP_LAST_ACK;
                    case TIME_WAIT -> Kind.TCP_TIME_WAIT;
                    case CLOSE -> Kind.TCP_CLOSE;
                });
    }
}
