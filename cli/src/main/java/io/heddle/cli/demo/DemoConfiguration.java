package io.heddle.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** The configurations that the demo starts its processes with; also a short example of each file. */
final class DemoConfiguration {
    /** First octets of the hosts' addresses. */
    static final String SUBNET = "10.20.0.";

    static final String UNDERLAY_1 = "192.0.2.1";
    static final String UNDERLAY_2 = "192.0.2.2";
    static final int VNI = 5000;

    private DemoConfiguration() {}

    /** Switch 1: two hosts by veth, one by TAP, and the tunnel to switch 2. */
    static String switch1(Path socket, Path state, String host1, String host2) {
        return """
                switch:
                  grpc:    { listen: ["unix:%s"] }
                  metrics: { listen: "127.0.0.1:9464" }
                  state:   "%s"
                bridges:
                  - name: br0
                    datapath-id: "0000000000000001"
                    fail-mode: secure
                    ports:
                      - { name: h1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: h2, number: 2, type: veth, peer: eth0, netns: %s }
                      - { name: tap3, number: 3, type: tap }
                      - { name: vx0, number: 10, type: vxlan, remote: %s, local: %s, key: %d }
                """.formatted(socket, state, host1, host2, UNDERLAY_2, UNDERLAY_1, VNI);
    }

    /** Switch 2: one host by veth and the other end of the tunnel. */
    static String switch2(Path socket, Path state, String host4) {
        return """
                switch:
                  grpc:    { listen: ["unix:%s"] }
                  metrics: { listen: "127.0.0.1:9464" }
                  state:   "%s"
                bridges:
                  - name: br0
                    datapath-id: "0000000000000002"
                    fail-mode: secure
                    ports:
                      - { name: h4, number: 4, type: veth, peer: eth0, netns: %s }
                      - { name: vx0, number: 10, type: vxlan, remote: %s, local: %s, key: %d }
                """.formatted(socket, state, host4, UNDERLAY_1, UNDERLAY_2, VNI);
    }

    /** The controller of both switches: one network with DHCP; 1450 octets leave room for VXLAN on a path of 1500. */
    static String controller(Path switch1, Path switch2, Path socket, Path state) {
        return """
                controller:
                  switches: ["unix:%s", "unix:%s"]
                  api:      { listen: ["unix:%s"] }
                  metrics:  { listen: "127.0.0.1:9465" }
                  state:    "%s"
                networks:
                  - name: demo
                    subnet: 10.20.0.0/24
                    pools: ["10.20.0.100-10.20.0.199"]
                    mtu: 1450
                    domain: demo.heddle
                """.formatted(switch1, switch2, socket, state);
    }

    /** The script that busybox's udhcpc calls with what the server gave it. */
    static String udhcpcScript() {
        try (InputStream script = DemoConfiguration.class.getResourceAsStream("/demo/udhcpc.sh")) {
            return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
