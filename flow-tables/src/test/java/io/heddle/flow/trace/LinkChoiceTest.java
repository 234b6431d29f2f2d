package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortInfo.PortConfig;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code multipath}, {@code bundle} and {@code bundle_load}. */
class LinkChoiceTest {
    private final PipelineLab lab = PipelineLab.oneBridge();

    private static FlowKey tcp(long source, long destination, int fromPort, int toPort) {
        return new FlowKey()
                .set(MatchField.IN_PORT, 1)
                .set(MatchField.ETH_SRC, source)
                .set(MatchField.ETH_DST, destination)
                .set(MatchField.ETH_TYPE, 0x0800)
                .set(MatchField.NW_SRC, source)
                .set(MatchField.NW_DST, destination)
                .set(MatchField.NW_PROTO, 6)
                .set(MatchField.TCP_SRC, fromPort)
                .set(MatchField.TCP_DST, toPort);
    }

    private int register(FlowKey key) {
        return (int) Tracer.trace(lab.pipeline, key, 1, PipelineLab.FORMATTER)
                .finalFlow()
                .getLong(MatchField.REG0);
    }

    @ParameterizedTest
    @CsvSource({
        "modulo_n,5,0",
        "hash_threshold,5,0",
        "hrw,5,0",
        "iter_hash,5,8",
        "iter_hash,5,0",
        "iter_hash,1,0",
        "hrw,70,0",
        "hash_threshold,70,0",
        "modulo_n,70,0",
        "iter_hash,64,64"
    })
    void shouldUseEveryLinkAboutAsOften(String algorithm, int links, int argument) throws Exception {
        lab.flows("actions=multipath(eth_src,7,%s,%d,%d,reg0[])".formatted(algorithm, links, argument));
        int[] counts = new int[links];
        int each = 200;
        for (int i = 0; i < each * links; i++) {
            counts[register(tcp(0x020000000000L + i, 5, 1, 2))]++;
        }
        assertThat(Arrays.stream(counts)).allSatisfy(count -> assertThat(count).isBetween(each / 2, each * 2));
    }

    @Test
    void shouldMoveFewPacketsWhenALinkIsAdded() throws Exception {
        int moved = 0;
        for (int i = 0; i < 1000; i++) {
            FlowKey key = tcp(0x020000000000L + i, 5, 1, 2);
            lab.flows("actions=multipath(eth_src,7,hrw,9,0,reg0[])");
            int before = register(key);
            lab.flows("actions=multipath(eth_src,7,hrw,10,0,reg0[])");
            int after = register(key);
            assertThat(after == before || after == 9).isTrue();
            moved += after == before ? 0 : 1;
        }
        assertThat(moved).isBetween(50, 200);
    }

    @ParameterizedTest
    @CsvSource({
        "symmetric_l4,true,true,true",
        "symmetric_l3l4,false,true,true",
        "symmetric_l3l4+udp,false,true,true",
        "symmetric_l3,false,true,false"
    })
    void shouldSendBothDirectionsOneWay(String fields, boolean hasEthernet, boolean hasIp, boolean hasPorts)
            throws Exception {
        lab.flows("actions=multipath(%s,7,modulo_n,65536,0,reg0[])".formatted(fields));
        int link = register(tcp(17, 99, 1000, 80));
        assertThat(register(tcp(99, 17, 80, 1000))).isEqualTo(link);
        assertThat(register(tcp(17, 99, 1000, 80).set(MatchField.ETH_SRC, 7)) != link)
                .isEqualTo(hasEthernet);
        assertThat(register(tcp(17, 99, 1000, 80).set(MatchField.NW_SRC, 7)) != link)
                .isEqualTo(hasIp);
        assertThat(register(tcp(17, 99, 1001, 80)) != link).isEqualTo(hasPorts);
        FlowKey udp = tcp(17, 99, 1000, 80).set(MatchField.NW_PROTO, 17);
        int udpLink = register(udp);
        assertThat(register(udp.set(MatchField.UDP_SRC, 1001)) != udpLink).isEqualTo(fields.endsWith("udp"));
    }

    @Test
    void shouldLookAtWhatItHashes() throws Exception {
        lab.flows("actions=multipath(nw_src,7,hrw,3,0,reg0[])");
        assertThat(lab.trace("in_port=1,tcp,nw_src=1.2.3.4").megaflow())
                .isEqualTo("recirc_id=0,eth,ip,in_port=1,nw_src=1.2.3.4");
        assertThat(lab.trace("in_port=1,ipv6,ipv6_src=2001::1").megaflow())
                .isEqualTo("recirc_id=0,eth,ipv6,in_port=1,ipv6_src=2001::1");
        assertThat(lab.trace("in_port=1,arp").megaflow()).isEqualTo("recirc_id=0,eth,arp,in_port=1");
    }

    @Test
    void shouldChooseAmongThePortsThatAreUp() throws Exception {
        lab.flows("actions=bundle(eth_src,0,active_backup,ofport,members:9,3,2)");
        assertThat(lab.actions("in_port=1")).isEqualTo("3");
        lab.port(new PortInfo(3, 0, 3, "p3", false, PortConfig.DEFAULT, 0, false));
        assertThat(lab.actions("in_port=1")).isEqualTo("2");
        lab.port(new PortInfo(2, 0, 2, "p2", false, PortConfig.DEFAULT, 0, false));
        assertThat(lab.actions("in_port=1")).isEqualTo("drop");

        lab.flows("actions=bundle(eth_src,0,hrw,ofport,members:2,3,4)");
        for (int i = 0; i < 20; i++) {
            assertThat(lab.actions("in_port=1,dl_src=02:00:00:00:00:%02x".formatted(i)))
                    .isEqualTo("4");
        }
        lab.flows("actions=bundle(eth_src,0,hrw,ofport,members:)");
        assertThat(lab.actions("in_port=1")).isEqualTo("drop");
    }

    @Test
    void shouldMoveOnlyThePacketsOfThePortThatGoesDown() throws Exception {
        lab.flows("actions=bundle(eth_src,0,hrw,ofport,members:2,3,4)");
        String[] before = new String[60];
        for (int i = 0; i < before.length; i++) {
            before[i] = lab.actions("in_port=1,dl_src=02:00:00:00:00:%02x".formatted(i));
        }
        assertThat(before).contains("2", "3", "4");
        lab.port(new PortInfo(3, 0, 3, "p3", false, PortConfig.DEFAULT, 0, false));
        for (int i = 0; i < before.length; i++) {
            String after = lab.actions("in_port=1,dl_src=02:00:00:00:00:%02x".formatted(i));
            if (before[i].equals("3")) {
                assertThat(after).isIn("2", "4");
            } else {
                assertThat(after).isEqualTo(before[i]);
            }
        }
    }

    @Test
    void shouldLoadThePort() throws Exception {
        lab.flows("actions=bundle_load(eth_src,0,active_backup,ofport,reg0[],members:3),output:reg0[0..15]");
        assertThat(lab.actions("in_port=1")).isEqualTo("3");
        lab.flows("actions=bundle_load(eth_src,0,active_backup,ofport,reg0[],members:LOCAL),output:reg0[0..15]");
        assertThat(lab.actions("in_port=1")).isEqualTo("5");
        lab.flows("actions=bundle_load(eth_src,0,active_backup,ofport,reg0[],members:77)");
        assertThat(register(tcp(1, 2, 3, 4))).isEqualTo(0xffff);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "multipath(eth_src,0,hrw,3,0,reg0[0])                        | 3 links need more",
                "multipath(eth_src,0,hrw,0,0,reg0[])                         | 0 links",
                "multipath(eth,0,hrw,3,0,reg0[])                             | none of eth_src",
                "multipath(eth_src,0,magic,3,0,reg0[])                       | none of modulo_n",
                "multipath(eth_src,0,hrw,3,0)                                | 6 arguments",
                "multipath(eth_src,65536,hrw,3,0,reg0[])                     | the basis",
                "multipath(eth_src,0,hrw,3,0,eth_type[])                     | cannot write",
                "bundle(eth_src,0,hrw,ofport,1,2)                            | write bundle(",
                "bundle(eth_src,0,magic,ofport,members:1)                    | active_backup or hrw",
                "bundle(eth_src,0,hrw,ofport,members:CONTROLLER)             | cannot be a member",
                "bundle(eth_src,0,hrw,ofport,members:nowhere)                | no such port",
                "bundle_load(eth_src,0,hrw,ofport,reg0[0..7],members:1)      | 16 bits",
                "bundle_load(eth_src,0,hrw,ofport,members:1)                 | write bundle_load(",
                "write_actions(bundle(eth_src,0,hrw,ofport,members:1))       | cannot be part of an action set",
            })
    void shouldSayWhatIsWrong(String actions, String message) {
        assertThatThrownBy(() -> lab.flows("actions=" + actions))
                .isInstanceOf(FlowException.class)
                .hasMessageContaining(message);
    }
}
