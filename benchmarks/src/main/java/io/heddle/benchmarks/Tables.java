package io.heddle.benchmarks;

import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.MacLearning;
import io.heddle.flow.pipeline.Pipeline;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.RecirculationTable;
import io.heddle.flow.pipeline.Topology;
import io.heddle.flow.table.TableSet;
import io.heddle.flow.table.TableTransaction;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;

/** A bridge with ports 1 to 4 and flows, without a datapath. Thread safety: as the pipeline. */
final class Tables {
    private static final int PORTS = 4;

    final VersionClock clock = new VersionClock();
    final Pipeline pipeline = new Pipeline(clock, new RecirculationTable());

    /** @param flows in ovs-ofctl's syntax */
    Tables(String... flows) {
        TableSet tables = new TableSet(clock);
        Topology.Builder topology = Topology.builder()
                .bridge(new BridgeView(0, "br0", tables, new MacLearning(clock), BridgeView.Standalone.OFF));
        for (int number = 1; number <= PORTS; number++) {
            topology.port(new PortInfo(number, 0, number, "p" + number));
        }
        pipeline.use(topology.build());
        FlowParser parser = new FlowParser(PortNames.NONE);
        TableTransaction transaction = new TableTransaction(clock, 1);
        try {
            for (String flow : flows) {
                transaction.apply(tables, parser.command(flow));
            }
        } catch (FlowException e) {
            throw new IllegalArgumentException(e);
        }
        transaction.commit();
    }
}
