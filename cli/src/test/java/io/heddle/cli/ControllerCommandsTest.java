package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.proto.v1.ControllerGrpc;
import io.heddle.proto.v1.Host;
import io.heddle.proto.v1.Lease;
import io.heddle.proto.v1.ListHostsRequest;
import io.heddle.proto.v1.ListLeasesRequest;
import io.heddle.proto.v1.ListSwitchesRequest;
import io.heddle.proto.v1.SwitchInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tables of the controller's answers. */
class ControllerCommandsTest {
    private Server server;
    private String target;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Answers())
                .build()
                .start();
        target = "127.0.0.1:" + server.getPort();
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
    }

    private static final class Answers extends ControllerGrpc.ControllerImplBase {
        @Override
        public void listLeases(ListLeasesRequest request, StreamObserver<Lease> client) {
            client.onNext(Lease.newBuilder()
                    .setIp("10.0.0.100")
                    .setMac("02:00:00:00:00:01")
                    .setHostname("h1")
                    .setNetwork(request.getNetwork().isEmpty() ? "lan" : request.getNetwork())
                    .setState(Lease.State.BOUND)
                    .build());
            client.onCompleted();
        }

        @Override
        public void listHosts(ListHostsRequest request, StreamObserver<Host> client) {
            client.onNext(Host.newBuilder()
                    .setMac("02:00:00:00:00:01")
                    .addIps("10.0.0.100")
                    .addIps("fe80::1")
                    .setBridge("br0")
                    .setDatapathId("0000000000000001")
                    .setPort(3)
                    .setPortName("h1")
                    .build());
            client.onCompleted();
        }

        @Override
        public void listSwitches(ListSwitchesRequest request, StreamObserver<SwitchInfo> client) {
            client.onNext(SwitchInfo.newBuilder()
                    .setTarget("unix:/run/heddle/switch.sock")
                    .setState(SwitchInfo.State.CONNECTING)
                    .setLastError("Connection refused")
                    .build());
            client.onCompleted();
        }
    }

    @Test
    void shouldListLeasesHostsAndChannels() {
        assertThat(CliLab.run("lease", "list", "--target", target).out()).isEqualTo("""
                        NETWORK  IP          MAC                HOSTNAME  STATE  EXPIRES
                        lan      10.0.0.100  02:00:00:00:00:01  h1        bound  never
                        """);
        assertThat(CliLab.run("host", "list", "--target", "grpc://" + target).out())
                .isEqualTo("""
                        MAC                IP                  SWITCH  DATAPATH-ID       PORT  NAME  VLAN  SEEN
                        02:00:00:00:00:01  10.0.0.100,fe80::1  br0     0000000000000001     3  h1       -  -
                        """);
        assertThat(CliLab.run("channel", "list", "--target", target).out())
                .contains("unix:/run/heddle/switch.sock", "connecting", "Connection refused");
        assertThat(CliLab.run("lease", "list", "--network", "dmz", "--output", "json", "--target", target)
                        .out())
                .contains("\"network\": \"dmz\"", "\"state\": \"BOUND\"");
    }

    @Test
    void shouldSayHowFarATimeIs() {
        Instant now = Instant.ofEpochSecond(1_000_000);

        assertThat(ControllerCommands.from(now, at(1_000_042))).isEqualTo("in 42s");
        assertThat(ControllerCommands.from(now, at(1_000_000 + 7150))).isEqualTo("in 1h59m");
        assertThat(ControllerCommands.from(now, at(1_000_000 - 65))).isEqualTo("1m5s ago");
        assertThat(ControllerCommands.from(now, at(1_000_000 - 90_000))).isEqualTo("1d1h ago");
        assertThat(ControllerCommands.from(now, Timestamp.getDefaultInstance())).isEmpty();
    }

    private static Timestamp at(long seconds) {
        return Timestamp.newBuilder().setSeconds(seconds).build();
    }
}
