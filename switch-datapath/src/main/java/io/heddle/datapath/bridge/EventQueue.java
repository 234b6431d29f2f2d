package io.heddle.datapath.bridge;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queues of one subscriber.
 *
 * <p>Threading: the control loop offers, the subscriber polls; a lock between them is held for a few instructions.
 */
final class EventQueue implements EventSubscription {
    private final EventInterest interest;
    private final Consumer<EventQueue> onClose;
    private final Deque<BridgeEvent> packets = new ArrayDeque<>();
    private final Deque<BridgeEvent> changes = new ArrayDeque<>();
    private Lost lost = Lost.NOTHING;
    private boolean isStarved = true;
    private boolean isClosed;

    EventQueue(EventInterest interest, Consumer<EventQueue> onClose) {
        this.interest = interest;
        this.onClose = onClose;
    }

    boolean wants(BridgeEvent.Kind kind) {
        return interest.kinds().contains(kind);
    }

    /**
     * Adds an event, if it is wanted and there is room. Control loop.
     *
     * @return whether it was wanted
     */
    boolean offer(BridgeEvent event) {
        if (!interest.kinds().contains(event.kind()) || !isForThisController(event)) {
            return false;
        }
        boolean wakes;
        synchronized (this) {
            if (isClosed) {
                return false;
            }
            boolean isPacket = event.kind() == BridgeEvent.Kind.PACKET_IN;
            Deque<BridgeEvent> queue = isPacket ? packets : changes;
            if (queue.size() >= (isPacket ? interest.packetInCapacity() : interest.changeCapacity())) {
                countLost(event.kind());
            } else {
                queue.add(event);
            }
            wakes = isStarved;
            isStarved = false;
        }
        if (wakes) {
            interest.wakeUp().run();
        }
        return true;
    }

    private boolean isForThisController(BridgeEvent event) {
        return !(event instanceof BridgeEvent.PacketIn packet) || packet.controllerId() == interest.controllerId();
    }

    private void countLost(BridgeEvent.Kind kind) {
        lost = new Lost(
                lost.packetIns() + (kind == BridgeEvent.Kind.PACKET_IN ? 1 : 0),
                lost.flowRemoved() + (kind == BridgeEvent.Kind.FLOW_REMOVED ? 1 : 0),
                lost.portStatus() + (kind == BridgeEvent.Kind.PORT_STATUS ? 1 : 0),
                lost.tableChanges()
                        + (kind == BridgeEvent.Kind.TABLE_CHANGE || kind == BridgeEvent.Kind.TABLE_STATUS ? 1 : 0));
    }

    @Override
    public synchronized @Nullable BridgeEvent poll() {
        BridgeEvent change = changes.poll();
        BridgeEvent event = change != null ? change : packets.poll();
        isStarved = event == null;
        return event;
    }

    @Override
    public synchronized @Nullable BridgeEvent pollChange() {
        BridgeEvent event = changes.poll();
        isStarved = event == null;
        return event;
    }

    @Override
    public synchronized Lost takeLost() {
        Lost taken = lost;
        lost = Lost.NOTHING;
        return taken;
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            packets.clear();
            changes.clear();
        }
        onClose.accept(this);
    }
}
