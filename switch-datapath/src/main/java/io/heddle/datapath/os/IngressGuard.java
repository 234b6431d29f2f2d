package io.heddle.datapath.os;

import io.heddle.datapath.os.BpfProgram.Hook;

/**
 * Keeps what a device receives from the host's own network stack: a tcx program that drops everything. Packet sockets see frames
 * before it does. Without it the host would answer ARP requests for its addresses through every port of the switch, and forward
 * what is sent to the port's own address.
 *
 * <p>It goes away with the process, whatever ends that.
 *
 * <p>Thread safety: none needed.
 */
public final class IngressGuard implements AutoCloseable {
    private static final int TC_ACT_SHOT = 2;
    private static final String REMEDY = "keeping frames from the host's stack needs CAP_BPF and Linux 6.6 or later";

    private final BpfProgram program;
    private final BpfLink link;

    private IngressGuard(BpfProgram program, BpfLink link) {
        this.program = program;
        this.link = link;
    }

    /**
     * Attaches to a device of this namespace.
     *
     * @throws NativeException if the kernel is older than 6.6, or the process lacks CAP_BPF
     */
    public static IngressGuard attach(String device, int interfaceIndex) throws NativeException {
        long[] code = new BpfAssembler().set(0, TC_ACT_SHOT).exit().build();
        BpfProgram program = BpfProgram.load(device, Hook.TCX_INGRESS, code);
        try {
            return new IngressGuard(program, BpfLink.attach(program, device, interfaceIndex, 0, REMEDY));
        } catch (NativeException e) {
            program.close();
            throw e;
        }
    }

    @Override
    public void close() {
        link.close();
        program.close();
    }
}
