package io.heddle.controller.app.arp;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.controller.AppLab;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.Event.AddressBound.Origin;
import io.heddle.controller.core.Segment;
import io.heddle.controller.core.SegmentMap;
import io.heddle.controller.core.SegmentMap.Place;
import io.heddle.controller.packet.ArpMessage;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArpAppTest {
    private static final long BROADCAST = 0xffffffffffffL;
    private static final long A = 0x02000000000aL;
    private static final long B = 0x02000000000bL;
    private static final int IP_A = 0x0a00000a;
    private static final int IP_B = 0x0a00000b;
    private static final int IP_SERVER = 0x0a0000fe;
    private static final long SERVER = 0x024864000001L;
    private static final Segment LAN = new Segment("lan");

    private final SegmentMap segments = new SegmentMap(List.of(new Place("lan", Set.of("br0"), 0)));
    private AppLab lab = lab(ArpSettings.DEFAULT);

    private AppLab lab(ArpSettings settings) {
        return new AppLab(new ArpApp(settings, segments, new SimpleMeterRegistry())).up();
    }

    private static Frame request(long mac, int ip, int target) {
        return request(mac, ip, target, 0);
    }

    private static Frame request(long mac, int ip, int target, int vlan) {
        return new ArpMessage(1, mac, ip, 0, target).toFrame(BROADCAST, mac, vlan);
    }

    private void answered(int port, Frame request, long owner) {
        lab.packet(port, request);
        List<Command.SendPacket> sent = lab.takeSent();
        assertThat(sent).hasSize(1);
        ArpMessage asked = ArpMessage.of(request);
        ArpMessage reply = ArpMessage.of(sent.get(0).frame());
        assertThat(asked).isNotNull();
        assertThat(reply).isEqualTo(new ArpMessage(2, owner, asked.tpa(), asked.sha(), asked.spa()));
        assertThat(sent.get(0).frame().dst()).isEqualTo(asked.sha());
        assertThat(sent.get(0).frame().vlan()).isEqualTo(request.vlan());
        assertThat(sent.get(0).actions()).containsExactly(new Action.Output(port));
    }

    private void flooded(int port, Frame frame) {
        lab.packet(port, frame);
        assertThat(lab.takeSent())
                .containsExactly(
                        new Command.SendPacket(AppLab.ID, port, List.of(new Action.Output(Ports.FLOOD)), frame));
    }

    private void silent(int port, Frame frame) {
        lab.packet(port, frame);
        assertThat(lab.takeSent()).isEmpty();
    }

    private void lease(int ip, long mac) {
        lab.tell(new Event.AddressBound(LAN, ip, mac, Origin.LEASE));
    }

    @Test
    void shouldFloodWhatItDoesNotKnowAndAnswerWhatTrafficTaught() {
        flooded(1, request(A, IP_A, IP_B));
        answered(2, request(B, IP_B, IP_A), A);
        answered(1, request(A, IP_A, IP_B), B);
    }

    @Test
    void shouldLearnFromReplies() {
        lab.packet(2, new ArpMessage(2, B, IP_B, A, IP_A).toFrame(A, B, 0));
        assertThat(lab.takeSent()).as("the switch forwards it").isEmpty();
        answered(1, request(A, IP_A, IP_B), B);
    }

    @Test
    void shouldAnswerForLeases() {
        lease(IP_B, B);
        answered(1, request(A, IP_A, IP_B), B);
        lab.tell(new Event.AddressReleased(LAN, IP_B));
        flooded(1, request(A, IP_A, IP_B));
    }

    @Test
    void shouldNotAnswerProbesButLetTheOwner() {
        lease(IP_A, A);
        flooded(1, request(A, 0, IP_A));
        flooded(2, request(B, 0, IP_A));
    }

    @Test
    void shouldDefendItsOwnAddresses() {
        lab.tell(new Event.AddressBound(LAN, IP_SERVER, SERVER, Origin.OWN));
        answered(1, request(A, IP_A, IP_SERVER), SERVER);
        answered(1, request(A, 0, IP_SERVER), SERVER);
        silentClaim();
        Frame unicast = new ArpMessage(1, A, IP_A, 0, IP_SERVER).toFrame(SERVER, A, 0);
        assertThat(lab.intents.of(AppLab.ID))
                .anySatisfy(flow -> assertThat(flow.identity().priority()).isEqualTo(910));
        answered(1, unicast, SERVER);
    }

    private void silentClaim() {
        lab.packet(1, request(B, IP_SERVER, IP_A));
        lab.takeSent();
        answered(1, request(A, IP_A, IP_SERVER), SERVER);
    }

    @Test
    void shouldTakeOverGratuitousUpdatesAndFloodThem() {
        flooded(1, request(A, IP_A, IP_A));
        answered(2, request(B, IP_B, IP_A), A);
        flooded(3, request(0x0cL, IP_A, IP_A));
        answered(2, request(B, IP_B, IP_A), 0x0cL);
    }

    @Test
    void shouldNotLetTrafficOutweighALease() {
        lease(IP_A, A);
        lab.packet(3, request(B, IP_A, IP_A));
        lab.takeSent();
        answered(4, request(0x0cL, 0x0a00000c, IP_A), A);
    }

    @Test
    void shouldNotAnswerAHostInItsOwnName() {
        lease(IP_A, A);
        silent(1, request(A, IP_B, IP_A));
    }

    @Test
    void shouldLimitTheRateOfFloods() {
        lab = lab(new ArpSettings(ArpSettings.Unknown.FLOOD, 2, 100, 60));
        flooded(1, request(A, IP_A, IP_B));
        flooded(1, request(A, IP_A, IP_B));
        silent(1, request(A, IP_A, IP_B));
        flooded(2, request(B, 0x0a000015, 0x0a000016));
        lab.after(1000);
        flooded(1, request(A, IP_A, IP_B));
    }

    @Test
    void shouldSuppressUnknownTargetsWhenToldSo() {
        lab = lab(new ArpSettings(ArpSettings.Unknown.SUPPRESS, 0, 100, 60));
        silent(1, request(A, IP_A, IP_B));
        flooded(2, request(B, 0, IP_B));
    }

    @Test
    void shouldForgetWhatTrafficTaughtButNotLeases() {
        lab.packet(1, request(A, IP_A, IP_A)).takeSent();
        lease(IP_B, B);
        lab.after(1_200_001);
        flooded(3, request(0x0cL, 0x0a00000c, IP_A));
        answered(3, request(0x0cL, 0x0a00000c, IP_B), B);
    }

    @Test
    void shouldKeepNetworksApart() {
        lease(IP_B, B);
        flooded(1, request(A, IP_A, IP_B, 7));
        answered(1, request(A, IP_A, IP_B), B);
    }

    @Test
    void shouldIgnoreWhatIsNoArp() {
        silent(1, Frame.of(new byte[3]));
        byte[] cut = java.util.Arrays.copyOf(request(A, IP_A, IP_B).octets(), 30);
        silent(1, Frame.of(cut));
    }
}
