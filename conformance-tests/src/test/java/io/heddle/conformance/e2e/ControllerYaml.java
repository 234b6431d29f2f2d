package io.heddle.conformance.e2e;

import java.nio.file.Path;

/** Controller configurations that tests share. */
final class ControllerYaml {
    private ControllerYaml() {}

    /** One network, 10.20.0.0/16, on the switch {@code target}; the API is at {@code socket("controller")}. */
    static Path oneNetwork(HeddleLab lab, String target) {
        return lab.write("controller.yaml", """
                controller:
                  switches: ["unix:%s"]
                  api:      { listen: ["unix:%s"] }
                  metrics:  { listen: "127.0.0.1:9465" }
                  state:    "%s"
                apps:
                  dhcp: { max-leases-per-port: 0 }
                networks:
                  - name: test
                    subnet: 10.20.0.0/16
                    pools: ["10.20.0.100-10.20.99.199"]
                    gateway: 10.20.0.1
                    domain: test.heddle
                """.formatted(
                        lab.socket(target), lab.socket("controller"), lab.folder.resolve("controller.state")));
    }
}
