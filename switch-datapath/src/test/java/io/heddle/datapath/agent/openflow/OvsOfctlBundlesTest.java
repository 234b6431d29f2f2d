package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ovs-ofctl --bundle} and {@code ovs-ofctl bundle} in the versions that have bundles. */
@Tag("differential")
final class OvsOfctlBundlesTest {
    private final AgentLab lab = AgentLab.of("OpenFlow14");

    @BeforeEach
    void awaitListening() {
        lab.awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private String file(List<String> lines) throws Exception {
        Path file = lab.folder.resolve("lines");
        Files.write(file, lines);
        return file.toString();
    }

    private List<String> flows() throws Exception {
        return lab.ovsOfctl("--no-stats", "dump-flows")
                .lines()
                .filter(line -> !line.startsWith("OFPST"))
                .map(String::strip)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldAddReplaceAndDeleteFlowsInABundle(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl(
                "--bundle",
                "add-flows",
                file(List.of(
                        "in_port=1,actions=output:2",
                        "table=1,ip,nw_dst=10.0.0.1,actions=output:3",
                        "add table=1,arp,actions=drop",
                        "delete table=1,arp")));
        assertThat(flows())
                .containsExactlyInAnyOrder(
                        "in_port=1 actions=output:2", "table=1, ip,nw_dst=10.0.0.1 actions=output:3");
        lab.ovsOfctl("--bundle", "mod-flows", "in_port=1,actions=output:3");
        lab.ovsOfctl("--bundle", "add-flow", "in_port=2,actions=output:1");
        lab.ovsOfctl(
                "--bundle", "replace-flows", file(List.of("in_port=1,actions=output:3", "in_port=3,actions=drop")));
        assertThat(flows()).containsExactlyInAnyOrder("in_port=1 actions=output:3", "in_port=3 actions=drop");
        lab.ovsOfctl("--bundle", "del-flows", "in_port=3");
        assertThat(flows()).containsExactly("in_port=1 actions=output:3");
        lab.ovsOfctl(
                "--bundle",
                "add-groups",
                file(List.of("group_id=1,type=all,bucket=output:1", "group_id=2,type=all,bucket=group:1")));
        assertThat(lab.ovsOfctl("dump-groups")).contains("group_id=1", "group_id=2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldDoFlowsGroupsAndPacketsInOneBundle(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl(
                "bundle",
                file(List.of(
                        "group add group_id=7,type=all,bucket=output:2",
                        "flow add in_port=1,actions=group:7",
                        "flow add table=1,actions=drop",
                        "flow delete table=1",
                        "packet-out in_port=CONTROLLER,packet=" + "02".repeat(12) + "0800" + "00".repeat(46)
                                + ",actions=group:7")));
        assertThat(flows()).containsExactly("in_port=1 actions=group:7");
        org.awaitility.Awaitility.await()
                .atMost(20, java.util.concurrent.TimeUnit.SECONDS)
                .until(() -> !lab.port("p2").out.isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldChangeNothingWhenOneOfABundleIsRefused(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl("add-flow", "in_port=9,actions=drop");
        assertThat(lab.ovsOfctl(
                        1,
                        "bundle",
                        file(List.of(
                                "flow delete",
                                "group add group_id=7,type=all,bucket=output:2",
                                "flow add in_port=1,actions=group:7",
                                "flow add check_overlap,priority=5,ip,actions=drop",
                                "flow add check_overlap,priority=5,tcp,actions=drop"))))
                .contains("OFPFMFC_OVERLAP for: OFPT_FLOW_MOD", "ADD priority=5,tcp check_overlap actions=drop")
                .contains("OFPBFC_MSG_FAILED for: ", "bundle_id=0 type=COMMIT_REQUEST flags=atomic ordered");
        assertThat(flows()).containsExactly("in_port=9 actions=drop");
        assertThat(lab.ovsOfctl("dump-groups")).doesNotContain("group_id=7");
        assertThat(lab.ovsOfctl(1, "--bundle", "add-flows", file(List.of("actions=output:1", "actions=group:99"))))
                .contains("OFPBAC_BAD_OUT_GROUP");
        assertThat(flows()).containsExactly("in_port=9 actions=drop");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldTakeManyFlowsInOneBundle(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl(
                "--bundle",
                "add-flows",
                file(IntStream.range(0, 20_000)
                        .mapToObj(i -> "ip,nw_dst=10.%d.%d.%d,actions=output:%d"
                                .formatted(i >> 16, i >> 8 & 255, i & 255, 1 + i % 3))
                        .toList()));
        assertThat(lab.ovsOfctl("dump-aggregate")).contains("flow_count=20000");
    }
}
