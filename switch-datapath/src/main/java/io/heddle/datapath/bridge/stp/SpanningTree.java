package io.heddle.datapath.bridge.stp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A bridge in the spanning tree: the rapid protocol, which speaks the old one with neighbours that know no other, or only the old one.
 *
 * <pre>
 *   received, linkChanged, tick --> machines of the ports {@link SpanningPort}, until nothing changes --> Output: frames, port states
 *                                        role selection over all ports
 * </pre>
 *
 * <p>Time is counted in seconds, by calls of {@link #tick}. What the network does between two ticks is done at once.
 *
 * <p>Threading: the control loop.
 *
 * @see <a href="https://standards.ieee.org/ieee/802.1D/3387/">IEEE 802.1D-2004 section 17</a>
 */
public final class SpanningTree {
    private static final int MAX_ROUNDS = 1000;

    /** What the tree does to the bridge. */
    public interface Output {
        /** A frame is to leave by a port, whatever the port's state. */
        void send(int port, byte[] frame);

        /** A port's role or state has changed. */
        void changed(int port);

        /** Addresses that were learned by a port are to be forgotten. */
        void flush(int port);
    }

    /**
     * What is configured.
     *
     * @param priority 0 to 61440, a multiple of 4096 for the rapid protocol
     * @param address of the bridge, 48 bits
     * @param isRapid false: only the old protocol
     * @param maxAge seconds
     * @param helloTime seconds
     * @param forwardDelay seconds
     * @param holdCount most frames of a port per second, and one more each second
     */
    public record Settings(
            int priority, long address, boolean isRapid, int maxAge, int helloTime, int forwardDelay, int holdCount) {
        long identifier() {
            return (long) priority << 48 | address;
        }
    }

    /**
     * What is configured of a port.
     *
     * @param address Ethernet address that frames come from
     * @param priority 0 to 240, a multiple of 16
     * @param isAdminEdge known to lead to a host
     * @param isAutoEdge taken to lead to a host when no bridge is heard
     */
    public record PortSettings(long address, int cost, int priority, boolean isAdminEdge, boolean isAutoEdge) {}

    /** What a port is in the tree. */
    public enum Role {
        DISABLED,
        ROOT,
        DESIGNATED,
        ALTERNATE,
        BACKUP
    }

    private final Settings settings;
    private final Output output;
    private final Map<Integer, SpanningPort> ports = new TreeMap<>();
    private PriorityVector rootPriority;
    private Times rootTimes;
    private int rootPort;
    private int lastIndex;

    public SpanningTree(Settings settings, Output output) {
        this.settings = settings;
        this.output = output;
        this.rootPriority = ownPriority();
        this.rootTimes = ownTimes();
    }

    public Settings settings() {
        return settings;
    }

    private PriorityVector ownPriority() {
        return new PriorityVector(settings.identifier(), 0, settings.identifier(), 0, 0);
    }

    private Times ownTimes() {
        return new Times(0, settings.maxAge(), settings.helloTime(), settings.forwardDelay());
    }

    /** Adds a port, or gives it other settings. */
    public void put(int number, PortSettings wanted, boolean isUp) {
        SpanningPort port = ports.get(number);
        if (port == null || !port.settings().equals(wanted)) {
            int index = port == null ? ++lastIndex : port.index();
            ports.put(number, new SpanningPort(this, number, index, wanted));
        }
        linkChanged(number, isUp);
    }

    /** Removes a port. */
    public void remove(int number) {
        if (ports.remove(number) != null) {
            ports.values().forEach(SpanningPort::reselect);
            run();
        }
    }

    /** Numbers of the ports. */
    public List<Integer> ports() {
        return List.copyOf(ports.keySet());
    }

    public void linkChanged(int number, boolean isUp) {
        SpanningPort port = ports.get(number);
        if (port != null) {
            port.setEnabled(isUp);
            run();
        }
    }

    /** A frame to 01:80:c2:00:00:00 has come; what is no message of the protocol is ignored. */
    public void received(int number, byte[] frame) {
        SpanningPort port = ports.get(number);
        Bpdu message = Bpdu.parse(frame);
        if (port != null && message != null) {
            port.receive(message);
            run();
        }
    }

    /** A second is over. */
    public void tick() {
        ports.values().forEach(SpanningPort::tick);
        run();
    }

    public Role role(int number) {
        SpanningPort port = ports.get(number);
        return port == null ? Role.DISABLED : port.role();
    }

    public boolean isLearning(int number) {
        SpanningPort port = ports.get(number);
        return port == null || port.isLearning();
    }

    public boolean isForwarding(int number) {
        SpanningPort port = ports.get(number);
        return port == null || port.isForwarding();
    }

    /** Identifier of the root bridge: priority in the upper 16 bits, address below. */
    public long root() {
        return rootPriority.root();
    }

    public long rootCost() {
        return rootPriority.cost();
    }

    /** The port that leads to the root; 0 for none: the bridge is the root itself. */
    public int rootPort() {
        return rootPort;
    }

    public boolean isRoot() {
        return rootPort == 0;
    }

    // ---- for the ports

    Output output() {
        return output;
    }

    boolean isRapid() {
        return settings.isRapid();
    }

    Times designatedTimes() {
        return new Times(rootTimes.messageAge(), rootTimes.maxAge(), settings.helloTime(), rootTimes.forwardDelay());
    }

    PriorityVector designatedPriority(int portIdentifier) {
        return new PriorityVector(
                rootPriority.root(), rootPriority.cost(), settings.identifier(), portIdentifier, portIdentifier);
    }

    void syncAll() {
        ports.values().forEach(port -> port.sync = true);
    }

    void rerootAll() {
        ports.values().forEach(port -> port.reRoot = true);
    }

    void propagateFrom(SpanningPort from) {
        for (SpanningPort port : ports.values()) {
            port.topologyToPropagate |= port.index() != from.index();
        }
    }

    boolean isAllSynced() {
        return ports.values().stream().allMatch(SpanningPort::isSyncedOrRoot);
    }

    /** All ports but this one have given up being root port for long enough. */
    boolean isRerooted(SpanningPort of) {
        return ports.values().stream().allMatch(port -> port.index() == of.index() || port.recentRoot == 0);
    }

    // ---- machines

    private void run() {
        List<SpanningPort> all = new ArrayList<>(ports.values());
        boolean isChanged = true;
        for (int round = 0; isChanged && round < MAX_ROUNDS; round++) {
            isChanged = false;
            if (all.stream().anyMatch(SpanningPort::wantsSelection)) {
                selectRoles(all);
                isChanged = true;
            }
            for (SpanningPort port : all) {
                isChanged |= port.step();
            }
        }
        all.forEach(SpanningPort::report);
    }

    /** Section 17.21.25, updtRolesTree. */
    private void selectRoles(List<SpanningPort> all) {
        PriorityVector best = ownPriority();
        @Nullable SpanningPort root = null;
        for (SpanningPort port : all) {
            PriorityVector path = port.pathToRoot();
            boolean isOwn = path != null && (path.bridge() & 0xffffffffffffL) == settings.address();
            if (path != null && !isOwn && path.compareTo(best) < 0) {
                best = path;
                root = port;
            }
        }
        rootPriority = best;
        rootPort = root == null ? 0 : root.number();
        Times heard = root == null ? null : root.heardTimes();
        rootTimes = heard == null
                ? ownTimes()
                : new Times(heard.messageAge() + 1, heard.maxAge(), heard.helloTime(), heard.forwardDelay());
        for (SpanningPort port : all) {
            port.select(port.number() == rootPort, settings.address());
        }
    }
}
