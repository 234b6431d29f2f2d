package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.BridgeView.FragmentHandling;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortInfo.PortConfig;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.pipeline.Translation.DropCause;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What packets keep and what they lose on their way from bridge 0 by port 6 to port 1 of bridge 1. */
class PatchPortTest {
    private static final String TCP = "in_port=1,tcp,dl_dst=00:00:00:00:00:02,nw_dst=10.0.0.1,nw_ttl=64,tp_dst=80";
    private static final String BROADCAST = "in_port=1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1";

    private final PipelineLab lab = PipelineLab.oneBridge();

    PatchPortTest() {
        lab.bridge(1, BridgeView.Standalone.OFF);
        patch(6, 1);
        lab.port(new PortInfo(102, 1, 2, "b2")).port(new PortInfo(103, 1, 3, "b3"));
    }

    private void patch(int here, int there) {
        lab.port(new PortInfo(here, 0, here, "patch" + here, true, PortConfig.DEFAULT, 100 + there, false))
                .port(new PortInfo(100 + there, 1, there, "peer" + there, true, PortConfig.DEFAULT, here, false));
    }

    @Test
    void shouldHideTheTunnelFromTheOtherBridge() throws Exception {
        lab.port(new PortInfo(104, 1, 4, "vxlan4", true, PortConfig.DEFAULT, 0, true));
        lab.flows("actions=set_field:5->tun_id,output:6");
        lab.flows(1, "priority=1,tun_id=5,actions=output:2", "priority=0,actions=output:3");
        assertThat(lab.actions(TCP)).isEqualTo("103");
        lab.flows(1, "priority=0,actions=output:4");
        assertThat(lab.actions(TCP))
                .as("what was chosen here is not what is sent there")
                .isEqualTo("104");
    }

    @Test
    void shouldNotSendOnByATunnelWhatAnotherTunnelSaid() throws Exception {
        lab.port(new PortInfo(1, 0, 1, "vxlan1", true, PortConfig.DEFAULT, 0, true));
        lab.port(new PortInfo(104, 1, 4, "vxlan4", true, PortConfig.DEFAULT, 0, true));
        lab.flows("actions=output:6");
        lab.flows(1, "priority=1,tun_id=7,actions=drop", "priority=0,actions=output:4");
        assertThat(lab.actions("tun_id=7," + TCP)).startsWith("set(tun_id=0,").endsWith(",104");
    }

    @Test
    void shouldKeepTheTunnelForWhatFollowsTheCrossing() throws Exception {
        lab.port(new PortInfo(4, 0, 4, "vxlan4", true, PortConfig.DEFAULT, 0, true));
        lab.flows("actions=set_field:5->tun_id,output:6,output:4");
        lab.flows(1, "actions=output:2");
        assertThat(lab.actions(TCP)).startsWith("102,").contains("tun_id=0x5").endsWith(",4");
    }

    @Test
    void shouldShowPortsOfAFragmentToABridgeThatMatchesThem() throws Exception {
        lab.fragments(FragmentHandling.NX_MATCH).fragments(0, FragmentHandling.NORMAL);
        lab.flows("actions=output:6");
        lab.flows(1, "priority=1,udp,tp_dst=53,actions=output:2", "priority=0,actions=output:3");
        String first = "in_port=1,udp,nw_dst=10.0.0.1,nw_frag=first,tp_dst=";
        assertThat(lab.actions(first + 53)).isEqualTo("102");
        assertThat(lab.actions(first + 54)).isEqualTo("103");
        lab.flows("priority=40000,udp,actions=set_field:53->udp_dst,output:6");
        assertThat(lab.actions(first + 54)).as("a port that was written").endsWith(",102");
    }

    @Test
    @Timeout(60)
    void shouldGiveUpWherePatchPortsMultiply() throws Exception {
        patch(7, 11);
        patch(8, 12);
        lab.flows("actions=NORMAL");
        lab.flows(1, "actions=NORMAL");
        assertThat(lab.translate(BROADCAST).drop()).isEqualTo(DropCause.TRANSLATION_LIMIT);
        assertThat(lab.translate(BROADCAST).actions()).isEmpty();
    }

    @Test
    void shouldRestoreTheTagAfterNormalInsideOfNormal() throws Exception {
        PortVlans vlan10 = PortVlans.of(null, 10, Set.of());
        for (int number : new int[] {2, 3, 4, 5}) {
            lab.ports.remove(number);
        }
        lab.port(new PortInfo(1, 0, 1, "p1").withVlans(vlan10));
        lab.ports.remove(103);
        lab.port(new PortInfo(102, 1, 2, "b2").withVlans(vlan10));
        lab.port(new PortInfo(3, 0, 3, "p3", true, new PortConfig(false, false, true, false), 0, false));
        lab.flows("actions=NORMAL,output:3");
        lab.flows(1, "actions=NORMAL");
        assertThat(lab.actions(BROADCAST)).as("without a tag, as it came").isEqualTo("102,3");
    }
}
