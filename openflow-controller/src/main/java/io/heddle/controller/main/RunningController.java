package io.heddle.controller.main;

import io.heddle.controller.api.ApiServer;
import io.heddle.controller.api.ControllerService;
import io.heddle.controller.api.Inventory;
import io.heddle.controller.app.admission.AdmissionApp;
import io.heddle.controller.app.arp.ArpApp;
import io.heddle.controller.app.dhcp.DhcpApp;
import io.heddle.controller.app.dhcp.DhcpNetwork;
import io.heddle.controller.app.learning.LearnedHost;
import io.heddle.controller.app.learning.LearningApp;
import io.heddle.controller.channel.GrpcSwitchSession;
import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.channel.openflow.OpenFlowListener;
import io.heddle.controller.config.ControllerConfig;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.Segment;
import io.heddle.controller.core.SegmentMap;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.loop.ControllerLoop;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.controller.metrics.MetricsServer;
import io.heddle.controller.store.Lease;
import io.heddle.controller.store.LeaseStore;
import io.heddle.controller.store.LeaseWriter;
import io.heddle.proto.transport.Tls;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A controller that runs: everything made from a configuration, and stopped again in the opposite order.
 *
 * <p>Thread safety: one thread starts and closes; {@link Inventory} from any.
 */
final class RunningController implements AutoCloseable, Inventory {
    private static final long TICK_MILLIS = 500;
    private static final long ANSWER_SECONDS = 5;

    private final LoopThread thread = new LoopThread();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final PrometheusMeterRegistry meters = MetricsServer.newRegistry();
    private final List<SwitchSession> sessions = new ArrayList<>();
    private final SegmentMap segments;
    private final LeaseWriter writer;
    private final @Nullable LearningApp learning;
    private final @Nullable ArpApp arp;
    private final @Nullable DhcpApp dhcp;
    private final ControllerLoop loop;
    private @Nullable ApiServer api;
    private @Nullable OpenFlowListener openFlow;
    private @Nullable MetricsServer metrics;

    private RunningController(ControllerConfig config, LeaseStore store) throws IOException {
        segments = new SegmentMap(config.places());
        List<Lease> leases = store.readAll();
        writer = new LeaseWriter(store);
        learning = config.learning() == null ? null : new LearningApp(config.learning(), meters);
        arp = config.arp() == null ? null : new ArpApp(config.arp(), segments, meters);
        dhcp = config.dhcp() == null ? null : new DhcpApp(config.networks(), config.dhcp(), leases, meters);
        List<ControllerApp> apps = new ArrayList<>();
        apps.add(new AdmissionApp(learning != null));
        if (learning != null) {
            apps.add(learning);
        }
        if (arp != null) {
            apps.add(arp);
        }
        if (dhcp != null) {
            apps.add(dhcp);
        }
        loop = new ControllerLoop(apps, thread, RunningController::now, writer::submit, meters);
        Gauge.builder("heddle.lease.writes.waiting", writer, LeaseWriter::backlog)
                .register(meters);
        FunctionCounter.builder("heddle.lease.writes.refused", writer, LeaseWriter::refused)
                .register(meters);
    }

    /**
     * Starts everything.
     *
     * @throws IOException when an address or the lease database cannot be used; nothing is left running
     */
    static RunningController start(ControllerConfig config) throws IOException {
        LeaseStore store = LeaseStore.open(config.settings().state().resolve("leases.db"));
        RunningController controller;
        try {
            controller = new RunningController(config, store);
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
        try {
            controller.run(config);
            return controller;
        } catch (IOException | RuntimeException e) {
            controller.close();
            throw e;
        }
    }

    private void run(ControllerConfig config) throws IOException {
        api = ApiServer.start(config.settings().apiListen(), new ControllerService(this), group);
        String listen = config.settings().metricsListen();
        metrics = listen == null ? null : MetricsServer.start(listen, meters, this, networks(config));
        long electionHigh = ElectionEpoch.next(config.settings().state(), System.currentTimeMillis());
        long electionLow = ThreadLocalRandom.current().nextLong();
        for (String target : config.settings().switches()) {
            GrpcSwitchSession session = new GrpcSwitchSession(target, group, thread, electionHigh, electionLow);
            sessions.add(session);
            thread.execute(() -> loop.add(session));
        }
        openFlow = OpenFlowListener.start(
                config.settings().openFlowListen(),
                config.settings().loadTls(),
                group,
                thread,
                electionHigh,
                loop::add);
        ScheduledFuture<?> _ = thread.scheduleAtFixedRate(loop::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static List<String> networks(ControllerConfig config) {
        return config.networks().stream().map(DhcpNetwork::name).toList();
    }

    private static Now now() {
        return new Now(System.nanoTime(), System.currentTimeMillis());
    }

    /** Has OpenFlow connections that begin from now on use other certificates. Any thread. */
    void useTls(@Nullable Tls tls) {
        OpenFlowListener listener = openFlow;
        if (listener != null) {
            listener.useTls(tls);
        }
    }

    /** Ports that metrics and the API listen on, for messages and tests. */
    List<Integer> ports() {
        List<Integer> ports = new ArrayList<>();
        if (metrics != null) {
            ports.add(metrics.port());
        }
        if (openFlow != null) {
            ports.addAll(openFlow.ports());
        }
        if (api != null) {
            ports.addAll(api.ports());
        }
        return ports;
    }

    @Override
    public List<SwitchStatus> switches() {
        return ask(loop::switches);
    }

    @Override
    public List<HostEntry> hosts() {
        LearningApp hosts = learning;
        if (hosts == null) {
            return List.of();
        }
        return ask(() -> {
            Map<SwitchId, SwitchView> views = loop.views();
            List<HostEntry> entries = new ArrayList<>();
            for (LearnedHost host : hosts.hosts()) {
                SwitchView view = views.get(host.id());
                entries.add(new HostEntry(host, view, addresses(host, view)));
            }
            return entries;
        });
    }

    private List<Integer> addresses(LearnedHost host, @Nullable SwitchView view) {
        if (arp == null || view == null) {
            return List.of();
        }
        Segment segment = segments.segment(view, host.vlan());
        return arp.addressesOf(segment, host.mac());
    }

    @Override
    public List<LeaseEntry> leases() {
        DhcpApp app = dhcp;
        return app == null
                ? List.of()
                : ask(() -> {
                    List<LeaseEntry> entries = new ArrayList<>();
                    app.leases().forEach(lease -> entries.add(new LeaseEntry(lease, false)));
                    app.offers(nowMillis()).forEach(lease -> entries.add(new LeaseEntry(lease, true)));
                    return entries;
                });
    }

    @Override
    public long nowMillis() {
        return System.currentTimeMillis();
    }

    /** Asks on the loop's thread, which owns the answer. */
    private <T> T ask(Callable<T> question) {
        if (thread.isShutdown()) {
            throw new IllegalStateException("the controller is stopping");
        }
        try {
            return thread.submit(question).get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the controller is stopping", e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("the controller loop did not answer within " + ANSWER_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the controller loop failed: " + e.getCause(), e);
        }
    }

    /** Stops: no new work, then the connections, then what waits is written. The switches keep their flows. */
    @Override
    public void close() throws IOException {
        if (api != null) {
            api.close();
        }
        if (openFlow != null) {
            openFlow.close();
        }
        try {
            thread.submit(() -> sessions.forEach(SwitchSession::close)).get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The process ends all the same, and so do the connections.
            thread.shutdownNow();
        }
        thread.shutdown();
        writer.close();
        if (metrics != null) {
            metrics.close();
        }
        io.netty.util.concurrent.Future<?> _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        meters.close();
    }
}
