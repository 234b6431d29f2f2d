package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PortSpecTest {
    @Test
    void shouldNameTypesAsTheConfigurationDoes() {
        assertThat(new PortSpec.SystemDevice("eth0").type()).isEqualTo("system");
        assertThat(new PortSpec.Veth("h3", "eth0", "h3").type()).isEqualTo("veth");
    }

    @Test
    void shouldSayWhatWouldBeRight() {
        assertThatThrownBy(() -> new PortSpec.Tap("a-name-of-sixteen"))
                .hasMessage(
                        "name: \"a-name-of-sixteen\" cannot be a network device's name: at most 15 octets, no space,"
                                + " '/', ':' or '%'");
        assertThatThrownBy(() -> new PortSpec.Tap("")).hasMessage("name: is empty: give a name");
        assertThatThrownBy(() -> new PortSpec.Tap("t", 0x010000000001L, 0)).hasMessageContaining("first octet even");
        assertThatThrownBy(() -> new PortSpec.Tap("t", 0, 67)).hasMessage("mtu: 67 is not in [68, 65535]");
        assertThatThrownBy(() -> new PortSpec.Veth("v", "v", null))
                .hasMessageContaining("both ends are in one namespace");
        assertThatThrownBy(() -> new PortSpec.Veth("v", "e", "../x"))
                .hasMessageContaining("file name under /run/netns");
        assertThatThrownBy(() -> new PortSpec.Patch("p", "p")).hasMessageContaining("cannot be its own peer");
        assertThatThrownBy(() -> new PortSpec.SystemDevice("e", 0, 1025))
                .hasMessage("ringMebibytes: 1025 is not in [0, 1024]");
        assertThatThrownBy(() -> vxlan(0, false, 0, false, 0)).hasMessageStartingWith("remote:");
        assertThatThrownBy(() -> vxlan(1, false, 0x1000000, false, 4789)).hasMessageContaining("[0, 16777215]");
        assertThatThrownBy(() -> new TunnelKey(true, true, 1)).hasMessageStartingWith("key: give a number");
        assertThatThrownBy(() -> vxlan(1, false, 1, false, 65536)).hasMessageContaining("[1, 65535]");
    }

    private static PortSpec.Tunnel vxlan(int remote, boolean remoteFlow, int key, boolean keyFlow, int port) {
        return Tunnels.vxlan("vx0", remote, remoteFlow, 0, false, key, keyFlow, port, 0);
    }
}
