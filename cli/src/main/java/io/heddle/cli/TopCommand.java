package io.heddle.cli;

import io.heddle.proto.v1.CacheQuery;
import io.heddle.proto.v1.CacheState;
import io.heddle.proto.v1.PortCounters;
import io.heddle.proto.v1.PortQuery;
import io.heddle.proto.v1.PortState;
import io.heddle.proto.v1.Query;
import java.io.Console;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Rates of ports and caches, again and again. */
@Command(
        name = "top",
        description = "Shows packets and bits per second of ports, and how the caches do, until interrupted.",
        mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {
    private static final String CLEAR_SCREEN = "\033[H\033[2J";
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();
    private static final Query PORTS =
            Query.newBuilder().setPorts(PortQuery.getDefaultInstance()).build();
    private static final Query CACHES =
            Query.newBuilder().setCaches(CacheQuery.getDefaultInstance()).build();

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Client.ToSwitch client;

    @Parameters(paramLabel = "BRIDGE", arity = "0..1", defaultValue = "", description = "only this bridge")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String bridge;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "between two pictures (default: ${DEFAULT-VALUE})")
    private double intervalSeconds;

    @Option(names = "--count", paramLabel = "N", description = "end after so many pictures; left out: never")
    private int count;

    /** A port's rates. */
    private record PortRates(
            String bridge,
            int number,
            String name,
            double rxPacketsPerSecond,
            double rxBitsPerSecond,
            double txPacketsPerSecond,
            double txBitsPerSecond,
            double dropsPerSecond) {}

    /** A poll loop's rates and the sizes of its caches. */
    private record LoopRates(
            int pollLoop,
            double busy,
            double exactHitsPerSecond,
            double megaflowHitsPerSecond,
            double missesPerSecond,
            long exactEntries,
            long megaflowEntries,
            long megaflowMasks) {}

    /** An object per picture, a line each; names as in the other commands' JSON. */
    private record Picture(double seconds, List<PortRates> ports, List<LoopRates> loops) {}

    /** What was read at a time. */
    private record Sample(long atNs, List<Asks.Found> found) {}

    @Override
    public Integer call() throws InterruptedException {
        if (!(intervalSeconds >= 0.1 && intervalSeconds <= 3600)) {
            throw new CliException(ExitStatus.USAGE, "--interval is 0.1 to 3600 seconds");
        }
        Sample before = sample();
        for (int i = 0; count <= 0 || i < count; i++) {
            Thread.sleep((long) (intervalSeconds * 1000));
            Sample now = sample();
            print(before, now);
            before = now;
        }
        return ExitStatus.OK;
    }

    /** A connection each time: the time limit of one is that of one picture, and a switch that restarts is found again. */
    private Sample sample() {
        List<Asks.Found> found = new ArrayList<>();
        client.call(connection -> {
            found.addAll(Asks.read(connection, bridge, false, PORTS, CACHES));
            return ExitStatus.OK;
        });
        return new Sample(System.nanoTime(), found);
    }

    private void print(Sample before, Sample now) {
        double seconds = (now.atNs - before.atNs) / 1e9;
        List<PortRates> portRates = new ArrayList<>();
        List<LoopRates> loopRates = new ArrayList<>();
        for (Asks.Found found : now.found) {
            if (found.entity().hasPort()) {
                PortState port = found.entity().getPort();
                portRates.add(rates(found.bridge(), port, earlier(before, found), seconds));
            } else if (found.entity().hasCache()) {
                loopRates.add(rates(found.entity().getCache(), before, seconds));
            }
        }
        PrintWriter out = client.out();
        if (client.isJson()) {
            out.println(JSON.writeValueAsString(new Picture(seconds, portRates, loopRates)));
            out.flush();
            return;
        }
        Table ports = new Table("BRIDGE", ">PORT", "NAME", ">RX-PPS", ">RX-BPS", ">TX-PPS", ">TX-BPS", ">DROP-PPS");
        portRates.forEach(rate -> ports.row(
                rate.bridge,
                Numbers.port(rate.number),
                rate.name,
                Numbers.scaled(rate.rxPacketsPerSecond),
                Numbers.scaled(rate.rxBitsPerSecond),
                Numbers.scaled(rate.txPacketsPerSecond),
                Numbers.scaled(rate.txBitsPerSecond),
                Numbers.scaled(rate.dropsPerSecond)));
        Table loops = new Table(
                ">LOOP", ">BUSY", ">EXACT-PPS", ">MEGAFLOW-PPS", ">MISS-PPS", ">EXACT", ">MEGAFLOWS", ">MASKS");
        loopRates.forEach(rate -> loops.row(
                rate.pollLoop,
                String.format(Locale.ROOT, "%.0f%%", rate.busy * 100),
                Numbers.scaled(rate.exactHitsPerSecond),
                Numbers.scaled(rate.megaflowHitsPerSecond),
                Numbers.scaled(rate.missesPerSecond),
                rate.exactEntries,
                rate.megaflowEntries,
                rate.megaflowMasks));
        // Null when nothing is interactive, in some releases of the JDK.
        if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()) {
            out.print(CLEAR_SCREEN);
        }
        ports.print(out);
        out.println();
        loops.print(out);
        out.println();
        out.flush();
    }

    private static @Nullable PortState earlier(Sample before, Asks.Found wanted) {
        for (Asks.Found found : before.found) {
            if (found.bridge().equals(wanted.bridge())
                    && found.entity().hasPort()
                    && found.entity().getPort().getNumber()
                            == wanted.entity().getPort().getNumber()) {
                return found.entity().getPort();
            }
        }
        return null;
    }

    private static PortRates rates(String bridge, PortState port, @Nullable PortState earlier, double seconds) {
        PortCounters now = port.getCounters();
        PortCounters then = earlier == null ? now : earlier.getCounters();
        long dropped = now.getRxDropped() + now.getTxDropped() - then.getRxDropped() - then.getTxDropped();
        return new PortRates(
                bridge,
                port.getNumber(),
                port.getName(),
                (now.getRxPackets() - then.getRxPackets()) / seconds,
                (now.getRxBytes() - then.getRxBytes()) * 8 / seconds,
                (now.getTxPackets() - then.getTxPackets()) / seconds,
                (now.getTxBytes() - then.getTxBytes()) * 8 / seconds,
                dropped / seconds);
    }

    private static LoopRates rates(CacheState now, Sample before, double seconds) {
        CacheState then = before.found.stream()
                .filter(found -> found.entity().hasCache())
                .map(found -> found.entity().getCache())
                .filter(cache -> cache.getPollLoop() == now.getPollLoop())
                .findFirst()
                .orElse(now);
        return new LoopRates(
                now.getPollLoop(),
                now.getBusy(),
                (now.getExactHits() - then.getExactHits()) / seconds,
                (now.getMegaflowHits() - then.getMegaflowHits()) / seconds,
                (now.getMisses() - then.getMisses()) / seconds,
                now.getExactEntries(),
                now.getMegaflowEntries(),
                now.getMegaflowMasks());
    }
}
