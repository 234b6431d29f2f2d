package io.heddle.flow.trace;

import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.pipeline.BridgeLayer2;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.MacLearning;
import io.heddle.flow.pipeline.Pipeline;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.RecirculationTable;
import io.heddle.flow.pipeline.TableEffect;
import io.heddle.flow.pipeline.Topology;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TableSet;
import io.heddle.flow.table.TableTransaction;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bridges without a datapath: flows in, in the syntax of {@code ovs-ofctl}; one packet in; a trace out. Datapath port numbers are
 * bridge number * 100 + OpenFlow number.
 */
final class PipelineLab {
    static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);
    static final FlowParser PARSER = new FlowParser(PortNames.NONE);

    final VersionClock clock = new VersionClock();
    final RecirculationTable recirculations;
    final Pipeline pipeline;
    final Map<Integer, TableSet> tables = new HashMap<>();
    final Map<Integer, BridgeView> bridges = new HashMap<>();
    final Map<Integer, PortInfo> ports = new HashMap<>();
    long nowNs = 1;

    PipelineLab() {
        this(RecirculationTable.DEFAULT_LIMIT);
    }

    PipelineLab(int recirculationIds) {
        recirculations = new RecirculationTable(recirculationIds);
        pipeline = new Pipeline(clock, recirculations);
    }

    /** One bridge, number 0, with ports 1 to 4 and LOCAL (5 in the datapath). */
    static PipelineLab oneBridge() {
        return oneBridge(RecirculationTable.DEFAULT_LIMIT);
    }

    static PipelineLab oneBridge(int recirculationIds) {
        PipelineLab lab = new PipelineLab(recirculationIds);
        lab.bridge(0, BridgeView.Standalone.OFF);
        for (int number = 1; number <= 4; number++) {
            lab.port(new PortInfo(number, 0, number, "p" + number));
        }
        lab.port(new PortInfo(5, 0, Ports.LOCAL, "br0"));
        return lab;
    }

    PipelineLab bridge(int id, BridgeView.Standalone standalone) {
        TableSet set = tables.computeIfAbsent(id, n -> new TableSet(clock));
        bridges.put(id, new BridgeView(id, "br" + id, set, new MacLearning(clock), standalone));
        return use();
    }

    PipelineLab fragments(BridgeView.FragmentHandling handling) {
        bridges.replaceAll((id, view) -> new BridgeView(
                id, view.name(), view.tables(), view.macs(), view.standalone(), handling, false, view.layer2()));
        return use();
    }

    PipelineLab fragments(int bridge, BridgeView.FragmentHandling handling) {
        BridgeView view = view(bridge);
        bridges.put(
                bridge,
                new BridgeView(
                        bridge,
                        view.name(),
                        view.tables(),
                        view.macs(),
                        view.standalone(),
                        handling,
                        false,
                        view.layer2()));
        return use();
    }

    PipelineLab layer2(BridgeLayer2 layer2) {
        bridges.replaceAll((id, view) -> new BridgeView(
                id, view.name(), view.tables(), view.macs(), view.standalone(), view.fragments(), false, layer2));
        return use();
    }

    PipelineLab port(PortInfo port) {
        ports.put(port.datapathPort(), port);
        return use();
    }

    private PipelineLab use() {
        Topology.Builder topology = Topology.builder();
        bridges.values().forEach(topology::bridge);
        ports.values().forEach(topology::port);
        pipeline.use(topology.build());
        return this;
    }

    PipelineLab flows(String... lines) throws FlowException {
        return flows(0, lines);
    }

    PipelineLab flows(int bridge, String... lines) throws FlowException {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        for (String line : lines) {
            transaction.apply(set(bridge), PARSER.command(line));
        }
        transaction.commit();
        return this;
    }

    PipelineLab group(String line) throws FlowException {
        return group(0, line);
    }

    PipelineLab group(GroupMod.Command command, String line) throws FlowException {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(set(0), PARSER.group(command, line));
        transaction.commit();
        return this;
    }

    PipelineLab group(int bridge, String line) throws FlowException {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(set(bridge), PARSER.group(GroupMod.Command.ADD, line));
        transaction.commit();
        return this;
    }

    PipelineLab meter(String line) throws FlowException {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(set(0), PARSER.meter(MeterMod.Command.ADD, line));
        transaction.commit();
        return this;
    }

    BridgeView view(int bridge) {
        BridgeView view = bridges.get(bridge);
        if (view == null) {
            throw new IllegalArgumentException("no bridge " + bridge);
        }
        return view;
    }

    TableSet set(int bridge) {
        TableSet set = tables.get(bridge);
        if (set == null) {
            throw new IllegalArgumentException("no bridge " + bridge);
        }
        return set;
    }

    int apply(FlowMod mod) throws FlowException {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        int count = transaction.apply(set(0), mod);
        transaction.commit();
        return count;
    }

    /** A packet from bridge 0; its in_port is the OpenFlow number. */
    static FlowKey key(String flow) throws FlowException {
        FlowKey key = PARSER.key(flow);
        if ((int) key.getLong(MatchField.IN_PORT) == Ports.LOCAL) {
            key.set(MatchField.IN_PORT, 5);
        }
        return key;
    }

    Translation translate(String flow) throws FlowException {
        return pipeline.translate(key(flow), nowNs, true);
    }

    /** Translates a packet, and changes the tables as it asks. */
    Translation learn(FlowKey key) throws FlowException {
        Translation translation = pipeline.translate(key, nowNs, true);
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            for (TableEffect effect : translation.effects()) {
                effect.stage(transaction, set(effect.bridge()));
            }
            transaction.commit();
        }
        return translation;
    }

    /** As {@link #learn(FlowKey)}; counts the packet. */
    Translation learn(String flow) throws FlowException {
        Translation translation = learn(key(flow));
        translation.counters().forEach(counter -> counter.add(1, 100, nowNs));
        return translation;
    }

    /** The flows of a table of bridge 0 as they would be added, sorted. */
    List<String> dump(int table) {
        List<String> lines = new ArrayList<>();
        set(0).table(table)
                .forEach(
                        clock.tableVersion(),
                        entry -> lines.add(FORMATTER.flow(new FlowMod(
                                FlowMod.Command.ADD,
                                entry.tableId(),
                                entry.match(),
                                entry.priority(),
                                entry.cookie(),
                                0,
                                entry.idleTimeoutSeconds(),
                                entry.hardTimeoutSeconds(),
                                entry.importance(),
                                entry.flags(),
                                Ports.ANY,
                                FlowMod.ANY_GROUP,
                                entry.instructions()))));
        lines.sort(null);
        return lines;
    }

    /** Removes what has timed out. */
    int expire() {
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            int count = transaction.expire(set(0));
            transaction.commit();
            return count;
        }
    }

    Trace trace(String flow, List<Integer> ctNext) throws FlowException {
        return Tracer.trace(pipeline, key(flow), nowNs, FORMATTER, ctNext);
    }

    Trace trace(String flow) throws FlowException {
        return Tracer.trace(pipeline, key(flow), nowNs, FORMATTER);
    }

    /** The last two lines of a trace. */
    String outcome(String flow) throws FlowException {
        Trace trace = trace(flow);
        return trace.megaflow() + " -> " + trace.datapathActions();
    }

    String actions(String flow) throws FlowException {
        return trace(flow).datapathActions();
    }
}
