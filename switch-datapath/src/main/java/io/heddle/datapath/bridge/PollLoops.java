package io.heddle.datapath.bridge;

import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.LoopStatistics.Counter;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.port.PortSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The poll loops of a switch, and which of them has which port.
 *
 * <p>A port goes to the loop with the fewest; all tunnels go to the first one, as several tunnel ports receive by one socket.
 *
 * <p>Threading: the control loop, but for {@link #all}, {@link #first} and the sums of counters, which any thread may call.
 */
final class PollLoops {
    private final List<PollLoop> all;

    /** By datapath number of the port. */
    private final Map<Integer, PollLoop> owners = new HashMap<>();

    PollLoops(List<PollLoop> all) {
        this.all = List.copyOf(all);
        PollLoop.connect(this.all);
    }

    List<PollLoop> all() {
        return all;
    }

    /** The loop that controllers' packets and questions about connections are for. */
    PollLoop first() {
        return all.getFirst();
    }

    /** Chooses the loop of a port that is to be opened. */
    PollLoop assign(int number, PortSpec spec) {
        PollLoop chosen = spec instanceof PortSpec.Tunnel ? first() : leastPorts();
        owners.put(number, chosen);
        return chosen;
    }

    private PollLoop leastPorts() {
        PollLoop least = first();
        for (PollLoop loop : all) {
            if (portsOf(loop) < portsOf(least)) {
                least = loop;
            }
        }
        return least;
    }

    private long portsOf(PollLoop loop) {
        return owners.values().stream().filter(loop::equals).count();
    }

    /** Returns the loop of a port that was assigned to one. */
    PollLoop of(int number) {
        PollLoop owner = owners.get(number);
        if (owner == null) {
            throw new IllegalStateException("port " + number + " has no poll loop");
        }
        return owner;
    }

    /** A port is closed, or was not opened. */
    void forget(int number) {
        owners.remove(number);
    }

    void wakeUp() {
        all.forEach(PollLoop::wakeUp);
    }

    void stop() {
        all.forEach(PollLoop::stop);
    }

    long drops(DropReason reason) {
        return all.stream().mapToLong(loop -> loop.statistics().drops(reason)).sum();
    }

    long count(Counter counter) {
        return all.stream().mapToLong(loop -> loop.statistics().get(counter)).sum();
    }

    /** Says whether no loop will treat a packet under a revision before {@code revision} any more. */
    boolean haveSeen(long revision) {
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).hasSeen(revision)) {
                return false;
            }
        }
        return true;
    }

    /** How many commands each loop has been given. */
    List<Long> submitted() {
        return all.stream().map(PollLoop::submitted).toList();
    }

    /** Says whether each loop has done so many commands as {@link #submitted} has said. */
    boolean haveFinished(List<Long> commands) {
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).hasFinished(commands.get(i))) {
                return false;
            }
        }
        return true;
    }
}
