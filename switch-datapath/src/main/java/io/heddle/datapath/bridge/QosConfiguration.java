package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.datapath.queue.EgressQueues;
import io.heddle.datapath.queue.IngressPolicer;
import io.heddle.datapath.queue.QueueShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which rates a port has, in the words of Open vSwitch's tables QoS, Queue and Interface. 0 is "not said" for all numbers.
 *
 * @param type {@value #HTB}; empty for a port without queues
 * @param maxRate of all queues together, bits per second; 0 for no limit
 * @param queues by number, which {@code set_queue} names; packets for others go to queue 0
 * @param policing of what comes in
 */
public record QosConfiguration(String type, long maxRate, Map<Integer, Queue> queues, Policing policing) {
    /** The one type that there is. */
    public static final String HTB = "linux-htb";

    /** No queues and no policing. */
    public static final QosConfiguration NONE = new QosConfiguration("", 0, Map.of(), Policing.NONE);

    /** What a queue has that says no {@code min-rate}, in bits per second, as in Open vSwitch: a packet of 1500 octets. */
    private static final long LEAST_RATE = 12_000;

    private static final long MAX_BURST = 4_000_000_000L;
    private static final long MAX_PRIORITY = 0xffff_ffffL;

    /**
     * A queue.
     *
     * @param minRate guaranteed, bits per second
     * @param maxRate at most, bits per second
     * @param burst bits at once
     * @param priority of what it borrows; lower ones first
     * @param dscp that packets get which are sent to the queue by name; null for none
     */
    public record Queue(
            long minRate,
            long maxRate,
            long burst,
            long priority,
            @Nullable Integer dscp) {}

    /**
     * What may come in.
     *
     * @param rate kilobits per second
     * @param burst kilobits; 0: 8000
     * @param kpktsRate thousands of packets per second
     * @param kpktsBurst thousands of packets; 0: 16
     */
    public record Policing(long rate, long burst, long kpktsRate, long kpktsBurst) {
        /** Everything may come in. */
        public static final Policing NONE = new Policing(0, 0, 0, 0);

        private static final long DEFAULT_BURST = 8000;
        private static final long DEFAULT_KPKTS_BURST = 16;
    }

    /** The parts may be missing in what has been saved. */
    @SuppressWarnings("ConstantValue")
    public QosConfiguration {
        type = Objects.requireNonNullElse(type, "");
        queues = Map.copyOf(Objects.requireNonNullElse(queues, Map.of()));
        policing = Objects.requireNonNullElse(policing, Policing.NONE);
    }

    /** Says whether the port has queues. */
    public boolean hasQueues() {
        return !type.isEmpty();
    }

    /** @param path of the port, for errors */
    void check(PortConfiguration port, String path) throws ConfigurationException {
        boolean isPatch = port.type() == PortConfiguration.PortType.PATCH;
        if (isPatch && !equals(NONE)) {
            throw invalid(
                    path + ".qos", "a patch port has no queues and no policing: limit a port that packets really pass");
        }
        if (!hasQueues() && (maxRate != 0 || !queues.isEmpty())) {
            throw invalid(path + ".qos.type", "is missing: " + HTB);
        }
        if (hasQueues() && !type.equals(HTB)) {
            throw invalid(path + ".qos.type", "\"%s\" is not known: %s is".formatted(type, HTB));
        }
        checkNumber(maxRate, QueueShape.MAX_RATE, path + ".qos.max-rate");
        if (queues.size() + (queues.containsKey(0) ? 0 : 1) > EgressQueues.MAX_QUEUES) {
            throw invalid(
                    path + ".qos.queues",
                    "there are %d with queue 0: a port has %d at most"
                            .formatted(queues.size() + (queues.containsKey(0) ? 0 : 1), EgressQueues.MAX_QUEUES));
        }
        for (Map.Entry<Integer, Queue> each : new TreeMap<>(queues).entrySet()) {
            checkQueue(each.getValue(), "%s.qos.queues[%s]".formatted(path, Integer.toUnsignedString(each.getKey())));
        }
        if (queues.containsKey(-1)) {
            throw invalid(path + ".qos.queues", "4294967295 means all queues: 0 to 4294967294 are numbers");
        }
        checkNumber(policing.rate(), QueueShape.MAX_RATE / 1000, path + ".ingress-policing-rate");
        checkNumber(policing.burst(), MAX_BURST / 1000, path + ".ingress-policing-burst");
        checkNumber(policing.kpktsRate(), QueueShape.MAX_RATE / 1000, path + ".ingress-policing-kpkts-rate");
        checkNumber(policing.kpktsBurst(), MAX_BURST / 1000, path + ".ingress-policing-kpkts-burst");
    }

    private static void checkQueue(Queue queue, String path) throws ConfigurationException {
        checkNumber(queue.minRate(), QueueShape.MAX_RATE, path + ".min-rate");
        checkNumber(queue.maxRate(), QueueShape.MAX_RATE, path + ".max-rate");
        checkNumber(queue.burst(), MAX_BURST, path + ".burst");
        checkNumber(queue.priority(), MAX_PRIORITY, path + ".priority");
        if (queue.maxRate() != 0 && queue.minRate() > queue.maxRate()) {
            throw invalid(
                    path + ".min-rate",
                    "%d is more than the queue's max-rate of %d".formatted(queue.minRate(), queue.maxRate()));
        }
        Integer dscp = queue.dscp();
        if (dscp != null && (dscp < 0 || dscp > 63)) {
            throw invalid(path + ".dscp", dscp + " is not in [0, 63]");
        }
    }

    private static void checkNumber(long number, long most, String path) throws ConfigurationException {
        if (number < 0 || number > most) {
            throw invalid(path, "%s is not in [0, %d]".formatted(Long.toUnsignedString(number), most));
        }
    }

    private static ConfigurationException invalid(String path, String message) {
        return new ConfigurationException(Kind.INVALID, path, message);
    }

    /** Returns the queues that this asks for; null if none. */
    @Nullable
    EgressQueues egress(@Nullable EgressQueues previous, long nowNs) {
        if (!hasQueues()) {
            return null;
        }
        List<QueueShape> shapes = new ArrayList<>();
        queues.forEach((id, queue) -> shapes.add(shape(id, queue)));
        return new EgressQueues(maxRate, shapes, previous, nowNs);
    }

    private QueueShape shape(int id, Queue queue) {
        long most = maxRate == 0 ? QueueShape.MAX_RATE : maxRate;
        long ceiling = queue.maxRate() == 0 || queue.maxRate() >= most ? 0 : queue.maxRate();
        long guarantee = Math.min(ceiling == 0 ? most : ceiling, queue.minRate() == 0 ? LEAST_RATE : queue.minRate());
        return new QueueShape(
                id, guarantee, ceiling, queue.burst(), queue.priority(), queue.dscp() == null ? -1 : queue.dscp());
    }

    /** Returns the policer that this asks for; null if none. */
    @Nullable
    IngressPolicer policer(long nowNs) {
        if (policing.rate() == 0 && policing.kpktsRate() == 0) {
            return null;
        }
        long burst = policing.burst() == 0 ? Policing.DEFAULT_BURST : policing.burst();
        long kpktsBurst = policing.kpktsBurst() == 0 ? Policing.DEFAULT_KPKTS_BURST : policing.kpktsBurst();
        return new IngressPolicer(
                policing.rate() * 1000, burst * 1000, policing.kpktsRate() * 1000, kpktsBurst * 1000, nowNs);
    }
}
