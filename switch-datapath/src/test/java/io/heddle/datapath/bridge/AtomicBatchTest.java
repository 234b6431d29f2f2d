package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.flow.packet.PacketBuilder;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * No packet of a numbered stream is forwarded by a mix of old and new rules of one batch, and none by older rules than the packet before
 * it. Each batch changes a rule in each of two tables, and each rule writes the batch's number: table 0 into the source address, table 1
 * into the destination address.
 */
class AtomicBatchTest {
    private static final int BATCHES = 300;
    private static final int FLOWS = 16;
    private static final int NUMBER_AT = 14 + 20 + 8;

    @Test
    void shouldForwardEachPacketByTheRulesOfOneBatch() throws Exception {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(rules(0, "add"))) {
            lab.start();
            MemoryPort.Outside in = lab.port("p1").outside();
            Stream stream = new Stream(lab);
            for (int batch = 1; batch <= BATCHES; batch++) {
                CompletableFuture<?> written = lab.bridge()
                        .write(SwitchLab.updates(rules(batch, "modify_strict")), Atomicity.DATAPLANE_ATOMIC, false);
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                do {
                    for (int i = 0; i < FLOWS; i++) {
                        var _ = stream.send(in);
                    }
                    lab.heddle.datapathLoops().first().wakeUp();
                    stream.receive();
                } while (!written.isDone() && System.nanoTime() - deadline < 0);
                written.get(10, TimeUnit.SECONDS);
            }
            lab.bridge().barrier().get(10, TimeUnit.SECONDS);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (!stream.send(in) && System.nanoTime() - deadline < 0) {
                stream.receive();
            }
            lab.heddle.datapathLoops().first().wakeUp();
            stream.awaitBatch(BATCHES);
            assertThat(stream.batchesSeen)
                    .as("batches that packets were forwarded by")
                    .isGreaterThan(1);
        }
    }

    private static String[] rules(int batch, String command) {
        String verb = command.equals("add") ? "" : command + " ";
        return new String[] {
            "%stable=0,in_port=1 actions=set_field:%s->eth_src,goto_table:1".formatted(verb, mac(batch)),
            "%stable=1,in_port=1 actions=set_field:%s->eth_dst,output:2".formatted(verb, mac(batch))
        };
    }

    private static String mac(int batch) {
        return "02:00:00:00:%02x:%02x".formatted(batch >>> 8, batch & 0xff);
    }

    /** Packets of some flows, numbered as they are sent. They come out of p2 in that order. */
    private static final class Stream {
        private final SwitchLab lab;
        private int sent;
        private int lastNumber = -1;
        private int lastBatch;
        private int batchesSeen = 1;

        Stream(SwitchLab lab) {
            this.lab = lab;
        }

        /** Returns false when the queue is full and the packet lost; its number is not used again. */
        boolean send(MemoryPort.Outside in) {
            byte[] number = ByteBuffer.allocate(20).putInt(sent).array();
            byte[] frame = PacketBuilder.ethernet(0x0200_0000_ff0aL, 0x0200_0000_ff0bL)
                    .ipv4(0x0a000001, 0x0a000002)
                    .udp(1000 + sent % FLOWS, 53)
                    .payload(number)
                    .build();
            sent++;
            return in.send(ByteBuffer.allocateDirect(frame.length).put(frame).flip());
        }

        int receive() {
            int count = 0;
            for (byte[] frame = lab.receive("p2"); frame != null; frame = lab.receive("p2")) {
                check(ByteBuffer.wrap(frame));
                count++;
            }
            return count;
        }

        private void check(ByteBuffer frame) {
            int number = frame.getInt(NUMBER_AT);
            int byTable1 = Short.toUnsignedInt(frame.getShort(4));
            int byTable0 = Short.toUnsignedInt(frame.getShort(10));
            assertThat(byTable0)
                    .as("batch by table 0 and by table 1 of packet %d", number)
                    .isEqualTo(byTable1);
            assertThat(number).as("number after %d", lastNumber).isGreaterThan(lastNumber);
            assertThat(byTable0).as("batch of packet %d", number).isGreaterThanOrEqualTo(lastBatch);
            if (byTable0 > lastBatch) {
                batchesSeen++;
            }
            lastNumber = number;
            lastBatch = byTable0;
        }

        void awaitBatch(int batch) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (lastNumber < sent - 1 && System.nanoTime() - deadline < 0) {
                if (receive() == 0) {
                    Thread.onSpinWait();
                }
            }
            assertThat(lastNumber).as("the last packet has come").isEqualTo(sent - 1);
            assertThat(lastBatch).isEqualTo(batch);
        }
    }
}
