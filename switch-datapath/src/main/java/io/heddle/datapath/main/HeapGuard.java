package io.heddle.datapath.main;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.HotSpotDiagnosticMXBean;
import io.heddle.flow.table.TableLimit;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the tables from filling the heap, and the heap as small as the tables let it.
 *
 * <p>After each collection of the whole heap it compares what is left with what there is. Beyond {@value #FULL_PERCENT} % the tables may
 * not grow; a switch without memory would end instead. The collector is told to aim at {@value #ROOM} times what is left and
 * {@value #LEAST_AIM} octets at least, so that it neither works all the time for large tables nor keeps the memory of small ones
 * ({@code SoftMaxHeapSize}; only ZGC takes notice).
 *
 * <p>Threading: told on a thread of the virtual machine; any thread asks.
 */
final class HeapGuard implements TableLimit, AutoCloseable {
    static final int FULL_PERCENT = 80;
    private static final int ROOM = 2;
    private static final long LEAST_AIM = 384L << 20;
    /** Between collections that are asked for while memory is short. */
    private static final long COLLECTION_NS = 5_000_000_000L;

    private static final String SOFT_LIMIT = "SoftMaxHeapSize";

    private static final Logger LOG = LoggerFactory.getLogger(HeapGuard.class);

    private final int maxEntries;
    private final long maxHeap;
    private final HotSpotDiagnosticMXBean machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    private final Set<String> heapPools = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(pool -> pool.getName())
            .collect(Collectors.toSet());
    private final NotificationListener listener = (notification, _) -> collected(notification);
    private final List<NotificationEmitter> collectors = new ArrayList<>();
    private final AtomicLong nextCollectionNs = new AtomicLong(System.nanoTime());
    private volatile boolean isShort;

    HeapGuard(int maxEntries) {
        this.maxEntries = maxEntries;
        this.maxHeap = Runtime.getRuntime().maxMemory();
        aim(0);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (isOfWholeHeap(collector.getName()) && collector instanceof NotificationEmitter emitter) {
                emitter.addNotificationListener(listener, null, null);
                collectors.add(emitter);
            }
        }
    }

    /** Collectors of young objects and of pauses say nothing of what is left in all. */
    private static boolean isOfWholeHeap(String collector) {
        return switch (collector) {
            case "ZGC Major Cycles", "G1 Old Generation", "MarkSweepCompact", "PS MarkSweep" -> true;
            default -> false;
        };
    }

    private void collected(Notification notification) {
        if (notification.getUserData() instanceof CompositeData data) {
            Map<String, MemoryUsage> after =
                    GarbageCollectionNotificationInfo.from(data).getGcInfo().getMemoryUsageAfterGc();
            long left = after.entrySet().stream()
                    .filter(pool -> heapPools.contains(pool.getKey()))
                    .mapToLong(pool -> pool.getValue().getUsed())
                    .sum();
            collected(left);
        }
    }

    /** Notes how many octets are in use after a collection. */
    void collected(long left) {
        boolean wasShort = isShort;
        isShort = left > maxHeap / 100 * FULL_PERCENT;
        if (isShort && !wasShort) {
            LOG.warn(
                    "tables may not grow any more: {} MB of the heap's {} MB are in use; give the process more (-Xmx)",
                    left >> 20,
                    maxHeap >> 20);
        }
        aim(left);
    }

    private void aim(long left) {
        machine.setVMOption(SOFT_LIMIT, Long.toString(Math.min(maxHeap, Math.max(LEAST_AIM, left * ROOM))));
    }

    @Override
    public int maxEntries() {
        return maxEntries;
    }

    @Override
    public boolean isMemoryShort() {
        boolean isShortNow = isShort;
        if (isShortNow) {
            collectSometimes();
        }
        return isShortNow;
    }

    /** What was deleted since is noticed by a collection only, and who adds a flow waits for it. */
    private void collectSometimes() {
        long now = System.nanoTime();
        long due = nextCollectionNs.get();
        if (now - due >= 0 && nextCollectionNs.compareAndSet(due, now + COLLECTION_NS)) {
            Thread.ofPlatform().daemon().name("heddle-collection").start(ManagementFactory.getMemoryMXBean()::gc);
        }
    }

    @Override
    public void close() {
        for (NotificationEmitter collector : collectors) {
            try {
                collector.removeNotificationListener(listener);
            } catch (ListenerNotFoundException e) {
                throw new IllegalStateException("the listener was added by the constructor", e);
            }
        }
    }
}
