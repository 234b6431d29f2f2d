package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packets with a Network Service Header. */
class NshTraceTest {
    private static final String FLOW =
            "dl_type=0x894f,nsh_spi=0x123456,nsh_c1=0x11000000/0xff000000,actions=set_field:0x5->nsh_spi,"
                    + "set_field:0xaa->nsh_c2,dec_nsh_ttl,output:2";

    private static String packet(int ttl) {
        return "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x894f,nsh_flags=0,nsh_ttl=" + ttl
                + ",nsh_mdtype=1,nsh_np=3,nsh_spi=0x123456,nsh_si=255,nsh_c1=0x11223344,nsh_c2=0,nsh_c3=0,nsh_c4=0";
    }

    @Test
    void shouldRewriteAndCountDown() throws Exception {
        PipelineLab lab = PipelineLab.oneBridge().flows(FLOW);

        assertThat(lab.trace(packet(63)).toText())
                .contains("Datapath actions: set(nsh_ttl=62,nsh_spi=0x5,nsh_c2=0xaa),2");
        assertThat(lab.trace(packet(1)).toText()).contains("the TTL is 1").doesNotContain(",2\n");
        assertThat(lab.trace("in_port=1,ip,nw_ttl=4").toText()).contains("Datapath actions: drop");
    }

    @Test
    @Tag("differential")
    void shouldDoAsOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            sandbox.program(List.of(), List.of(FLOW));
            assertThat(sandbox.trace(packet(63)))
                    .contains("nsh_ttl=62")
                    .contains("nsh_spi=0x5")
                    .contains("set(nsh(")
                    .contains("2\n");
        }
    }
}
