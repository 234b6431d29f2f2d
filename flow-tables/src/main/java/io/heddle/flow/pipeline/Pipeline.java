package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.match.FlowKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * The OpenFlow pipeline of all bridges of a process: says what is to be done with a packet, and with all packets like it.
 *
 * <pre>
 *   FlowKey (datapath port) --> port -> bridge --> table 0 .. 253 --> action set --> Translation
 *                                  ^                   |                              actions, mask, counters
 *                                  +---- patch port ---+
 * </pre>
 *
 * <p>A translation depends on the bits of the key in its mask and on nothing else: every packet that agrees in them is treated the
 * same while {@link VersionClock#revision} stays what it was, which is what {@link Translation#version} holds.
 *
 * <p>Threading: the control loop replaces the topology; any thread translates.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 5</a>
 */
public final class Pipeline {
    private static final VarHandle TOPOLOGY;

    static {
        try {
            TOPOLOGY = MethodHandles.lookup().findVarHandle(Pipeline.class, "topology", Topology.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final VersionClock clock;
    private final RecirculationTable recirculations;
    private Topology topology = Topology.EMPTY;

    public Pipeline(VersionClock clock, RecirculationTable recirculations) {
        this.clock = clock;
        this.recirculations = recirculations;
    }

    public VersionClock clock() {
        return clock;
    }

    public RecirculationTable recirculations() {
        return recirculations;
    }

    /** The bridges and ports that translations see. */
    public Topology topology() {
        return (Topology) TOPOLOGY.getAcquire(this);
    }

    /** Replaces the bridges and ports; everything is translated again. Control loop. */
    public void use(Topology newTopology) {
        TOPOLOGY.setRelease(this, newTopology);
        clock.touch();
    }

    /**
     * Translates a packet from a port.
     *
     * @param key of the packet, in_port being the datapath's number; not changed
     * @param nowNs monotonic time
     * @param isReal whether there is a packet: addresses are learned then; false for a repeated or a traced translation
     */
    public Translation translate(FlowKey key, long nowNs, boolean isReal) {
        return translate(key, nowNs, isReal, TraceListener.NONE);
    }

    /** As {@link #translate(FlowKey, long, boolean)}, telling each step. */
    public Translation translate(FlowKey key, long nowNs, boolean isReal, TraceListener trace) {
        return translator(key, nowNs, isReal, trace).packet();
    }

    /**
     * Translates the actions of a packet-out. The result is for that one packet: it is not to be cached.
     *
     * @param key of the packet; its in_port is not looked at
     * @param bridge number of the bridge
     * @param inPort OpenFlow number of the port that it is to seem to come from, or {@code CONTROLLER}
     * @param actions checked by {@link io.heddle.flow.action.ActionValidator#packetOut}
     */
    public Translation packetOut(
            FlowKey key,
            int bridge,
            int inPort,
            List<Action> actions,
            long nowNs,
            boolean isReal,
            TraceListener trace) {
        return translator(key, nowNs, isReal, trace).packetOut(bridge, inPort, actions);
    }

    /**
     * Translates what is left to do with a packet that waited for a controller. The result is for that one packet: it is not to be cached.
     *
     * @param key of the packet as it is now, in_port being the datapath's number
     * @param state where it stopped; its actions are checked
     */
    public Translation resume(FlowKey key, FrozenState state, long nowNs) {
        return translator(key, nowNs, true, TraceListener.NONE).resumed(state);
    }

    private Translator translator(FlowKey key, long nowNs, boolean isReal, TraceListener trace) {
        long revision = clock.revision();
        long changes = clock.changes();
        long version = clock.tableVersion();
        return new Translator(
                new Translator.World(topology(), recirculations, clock, changes, revision, version, nowNs, isReal),
                key,
                trace);
    }
}
