package io.heddle.datapath.main;

import io.heddle.datapath.agent.grpc.GrpcAgent;
import io.heddle.datapath.agent.metrics.MetricsServer;
import io.heddle.datapath.agent.openflow.OpenFlowAgent;
import io.heddle.datapath.agent.openflow.Timing;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.Configurations;
import io.heddle.datapath.bridge.ControlLoop;
import io.heddle.datapath.bridge.HeddleSwitch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.EpollWaiter;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.datapath.port.PortFactory;
import io.heddle.flow.table.TableSet;
import io.heddle.proto.document.DocumentException;
import io.heddle.proto.transport.Signals;
import io.heddle.proto.transport.Tls;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The switch process: reads its configuration, starts the loops and the agents, and stops them in the reverse order.
 *
 * <pre>
 *   --config FILE   the YAML file
 *   --check         say whether the file is right, and do nothing else
 * </pre>
 *
 * <p>SIGHUP reads the file again and applies what has changed in it; SIGTERM and SIGINT stop. When it serves it prints {@code
 * heddle-switch: ready}. Exit status: 0 stopped as asked, 1 something could not be made, 2 the command line or the file is wrong, 3 a loop died
 * of an internal error: to be started again.
 *
 * <p>Threading: the main thread.
 */
public final class SwitchProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("heddle.switch");
    private static final int POOL_FRAMES = 4096;

    /** Exit status when the switch cannot go on: whoever has started it starts it again. */
    private static final int LOOP_DIED = 3;

    private static final String USAGE = "usage: heddle switch --config FILE [--check]";

    private final Path path;
    private final FileStateStore store;
    private final HeddleSwitch heddle;
    private final Deque<AutoCloseable> closeLast = new ArrayDeque<>();
    private @Nullable FileChanges changes;
    private @Nullable OpenFlowAgent openFlow;
    private @Nullable Tls tls;

    private SwitchProcess(Path path, FileStateStore store, HeddleSwitch heddle) {
        this.path = path;
        this.store = store;
        this.heddle = heddle;
    }

    /** Runs until stopped and ends the process. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    /**
     * Runs until stopped.
     *
     * @return exit status
     */
    public static int run(String[] arguments, PrintStream out, PrintStream err) {
        Path path = null;
        boolean isCheck = false;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--check" -> isCheck = true;
                case "--config" -> {
                    if (++i == arguments.length) {
                        err.println("heddle-switch: --config needs a file\n" + USAGE);
                        return 2;
                    }
                    path = Path.of(arguments[i]);
                }
                default -> {
                    err.println("heddle-switch: unknown option " + arguments[i] + "\n" + USAGE);
                    return 2;
                }
            }
        }
        if (path == null) {
            err.println("heddle-switch: which configuration? " + USAGE);
            return 2;
        }
        return run(path, isCheck, out, err);
    }

    private static int run(Path path, boolean isCheck, PrintStream out, PrintStream err) {
        try {
            ConfigurationFile file = ConfigurationFile.load(path);
            try {
                Configurations.check(file.configuration());
            } catch (ConfigurationException e) {
                err.println("heddle-switch: " + file.locate(e));
                return 2;
            }
            Tls tls = file.settings().loadTls();
            if (isCheck) {
                out.println("heddle-switch: " + path + " is right: "
                        + file.configuration().bridges().size() + " bridges");
                return 0;
            }
            return serve(path, file, tls, out, err);
        } catch (DocumentException e) {
            err.println("heddle-switch: " + e.getMessage());
            return 2;
        } catch (IOException e) {
            err.println("heddle-switch: " + e.getMessage());
            return 1;
        }
    }

    private static int serve(Path path, ConfigurationFile file, @Nullable Tls tls, PrintStream out, PrintStream err)
            throws IOException {
        CountDownLatch stop = new CountDownLatch(1);
        Signals.on("TERM", stop::countDown);
        Signals.on("INT", stop::countDown);
        try (SwitchProcess process = make(path, file.settings())) {
            try {
                process.start(file, tls);
            } catch (ConfigurationException e) {
                err.println("heddle-switch: " + file.locate(e));
                return 1;
            }
            Signals.on("HUP", process::reload);
            LOG.info("{}: {} bridges", path, file.configuration().bridges().size());
            out.println("heddle-switch: ready");
            out.flush();
            stop.await();
            LOG.info("stopping");
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static SwitchProcess make(Path path, SwitchSettings settings) throws IOException {
        FileStateStore store = FileStateStore.open(settings.stateFolder());
        List<HeddleSwitch.LoopParts> loops = new ArrayList<>();
        for (int i = 0; i < settings.pollLoops(); i++) {
            loops.add(new HeddleSwitch.LoopParts(new PacketPool(POOL_FRAMES), new PooledOffload(), new EpollWaiter()));
        }
        FactoryHolder holder = new FactoryHolder();
        HeapGuard guard = new HeapGuard(TableSet.DEFAULT_MAX_ENTRIES);
        HeddleSwitch heddle = new HeddleSwitch(new HeddleSwitch.Parts(
                loops,
                (spec, number, context) -> holder.factory().open(spec, number, context),
                store,
                System::nanoTime,
                new SecureRandom().nextLong(),
                guard,
                new IncidentLog(System::nanoTime, LOG::error)));
        heddle.onLoopDeath((thread, failure) -> {
            LOG.error("{} failed: the switch ends with status {}, start it again", thread, LOOP_DIED, failure);
            Runtime.getRuntime().halt(LOOP_DIED);
        });
        holder.factory = new PortFactory(port -> heddle.portChanged());
        SwitchProcess process = new SwitchProcess(path, store, heddle);
        heddle.addTask(new PortWatch(holder.factory()));
        process.closeLast.push(guard);
        process.closeLast.push(store);
        process.closeLast.push(holder.factory());
        return process;
    }

    /** The factory needs the switch as its listener, and the switch the factory as its opener. */
    private static final class FactoryHolder {
        private @Nullable PortFactory factory;

        PortFactory factory() {
            PortFactory made = factory;
            if (made == null) {
                throw new IllegalStateException("ports are opened after the factory is made");
            }
            return made;
        }
    }

    /** Lets the factory look at devices. */
    private record PortWatch(PortFactory factory) implements ControlLoop.Task {
        @Override
        public int doWork(long nowNs) {
            return factory.doWork(nowNs);
        }
    }

    private void start(ConfigurationFile configuration, @Nullable Tls firstTls)
            throws IOException, ConfigurationException {
        SwitchSettings settings = configuration.settings();
        heddle.start();
        closeLast.push(heddle);
        FileStateStore.Saved saved = store.load();
        store.forgetOthers(saved);
        FileChanges first = new FileChanges(heddle, store, saved.file());
        first.start(configuration.configuration(), saved.current());
        changes = first;
        closeLast.push(GrpcAgent.start(heddle, settings.grpcListen(), GrpcAgent.Limits.DEFAULT));
        openFlow = new OpenFlowAgent(heddle, Timing.DEFAULT, firstTls);
        tls = firstTls;
        closeLast.push(openFlow);
        String metrics = settings.metricsListen();
        if (metrics != null) {
            closeLast.push(MetricsServer.start(metrics, heddle));
        }
    }

    private void useTls(@Nullable Tls wanted) {
        tls = wanted;
        Objects.requireNonNull(openFlow).useTls(wanted);
    }

    private synchronized void reload() {
        try {
            ConfigurationFile again = ConfigurationFile.load(path);
            if (!again.saysBridges()) {
                // As a file is while somebody is still writing it; it would take every bridge away.
                LOG.error("{}: the key bridges is missing: nothing was changed; bridges: [] removes all", path);
                return;
            }
            try {
                Tls before = tls;
                useTls(again.settings().loadTls()); // connections that the rest of the file asks for need it
                try {
                    Objects.requireNonNull(changes).apply(again.configuration());
                } catch (ConfigurationException e) {
                    useTls(before);
                    throw e;
                }
                LOG.info("{} read again", path);
            } catch (IOException e) {
                LOG.error("{}: nothing was changed", e.getMessage());
            } catch (ConfigurationException e) {
                LOG.error("{}: nothing was changed", again.locate(e));
            }
        } catch (DocumentException e) {
            LOG.error("{}: nothing was changed", e.getMessage());
        }
    }

    /** Stops what was started, in the reverse order. */
    @Override
    public void close() {
        for (AutoCloseable each : closeLast) {
            try {
                each.close();
            } catch (Exception e) {
                LOG.warn("while stopping: {}", e.getMessage());
            }
        }
    }
}
