package io.heddle.datapath.port;

import io.heddle.datapath.buffer.PacketPool;

/** A process that makes a veth port and then does nothing, until it is killed. */
final class VethOwner {
    private VethOwner() {}

    /** Arguments: name, peer, namespace, and how frames pass. */
    public static void main(String[] arguments) throws Exception {
        PacketPool pool = new PacketPool(16);
        PortFactory factory = new PortFactory(port -> {});
        PortContext context = new PortContext(pool, new PooledOffload(), OversizeHandler.NONE);
        PortSpec.Io io = PortSpec.Io.valueOf(arguments[3]);
        Port port = factory.open(new PortSpec.Veth(arguments[0], arguments[1], arguments[2], 0, 0, io), 1, context);
        System.out.println("has " + port);
        Thread.currentThread().join();
    }
}
