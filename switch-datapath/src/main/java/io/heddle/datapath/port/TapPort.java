package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.DeviceClaim;
import java.io.IOException;

/**
 * A port on a TAP device, and a bridge's own interface: whole Ethernet frames.
 *
 * <p>Thread safety: as {@link Port} says.
 */
final class TapPort extends TunDevicePort {
    private static final int ETHERNET = 14;

    TapPort(int number, PortSpec spec, PortContext context, DeviceClaim claim, Opener opener) throws IOException {
        super(number, spec, context, claim, opener);
    }

    @Override
    boolean arrive(Packet packet) {
        if (packet.length() < ETHERNET) {
            statistics().countReceiveDrop(DropReason.MALFORMED, 1);
            packet.release();
            return false;
        }
        return true;
    }

    @Override
    boolean leave(Packet packet, long nowNs) {
        return admit(packet, layer2Length(packet));
    }
}
