package io.heddle.controller.app.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.controller.AppLab;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.Event.AddressBound.Origin;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.Segment;
import io.heddle.controller.core.SegmentMap.Place;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.packet.Frames;
import io.heddle.controller.store.Lease;
import io.heddle.flow.action.Action;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DhcpAppTest {
    private static final int SUBNET = 0x0a000000;
    private static final int SERVER = SUBNET + 254;
    private static final long SERVER_MAC = 0x024864000001L;
    private static final int FIRST = SUBNET + 100;
    private static final long BROADCAST = 0xffffffffffffL;

    private final DhcpClient one = new DhcpClient(0x020000000001L);
    private final DhcpClient two = new DhcpClient(0x020000000002L);
    private DhcpLimits limits = DhcpLimits.DEFAULT;
    private boolean authoritative;
    private List<Reservation> reservations = List.of();
    private List<Lease> remembered = List.of();
    private int poolSize = 4;
    private @Nullable AppLab started;
    private @Nullable DhcpApp app;

    private DhcpApp app() {
        return Objects.requireNonNull(app);
    }

    private AppLab lab() {
        if (started == null) {
            DhcpNetwork network = new DhcpNetwork(
                    new Place("lan", Set.of(), 0),
                    SUBNET,
                    24,
                    SERVER,
                    SERVER_MAC,
                    List.of(new AddressRange(FIRST, FIRST + poolSize - 1)),
                    reservations,
                    3600,
                    authoritative,
                    new DhcpNetwork.Parameters(
                            List.of(SUBNET + 1),
                            List.of(SUBNET + 2, SUBNET + 3),
                            "example.net",
                            List.of("example.net", "lab.example.net"),
                            List.of(SUBNET + 4),
                            1400,
                            List.of(new Route(0xc0a80000, 16, SUBNET + 5)),
                            "boot.example.net",
                            "pxe.0",
                            SUBNET + 6,
                            "0104aabbccdd"));
            app = new DhcpApp(List.of(network), limits, remembered, new SimpleMeterRegistry());
            started = new AppLab(app);
            started.up();
        }
        return started;
    }

    private Command.@Nullable SendPacket ask(int port, Frame frame) {
        lab().packet(port, frame);
        List<Command.SendPacket> sent = lab().takeSent();
        assertThat(sent).hasSizeLessThanOrEqualTo(1);
        return sent.isEmpty() ? null : sent.get(0);
    }

    private DhcpMessage reply(int port, Frame frame) {
        Command.SendPacket sent = ask(port, frame);
        assertThat(sent).as("a reply").isNotNull();
        assertThat(sent.actions()).containsExactly(new Action.Output(port));
        DhcpMessage reply = DhcpMessage.parse(sent.frame().udpPayload());
        assertThat(reply).isNotNull();
        return reply;
    }

    private void silent(int port, Frame frame) {
        assertThat(ask(port, frame)).isNull();
    }

    private int bind(DhcpClient client, int port) {
        DhcpMessage offer = reply(port, client.discover());
        assertThat(offer.type()).isEqualTo(MessageType.OFFER);
        DhcpMessage ack = reply(port, client.select(offer.yiaddr, SERVER));
        assertThat(ack.type()).isEqualTo(MessageType.ACK);
        assertThat(ack.yiaddr).isEqualTo(offer.yiaddr);
        return ack.yiaddr;
    }

    @Test
    void shouldOfferAndAcknowledge() {
        assertThat(bind(one, 3)).isEqualTo(FIRST);
        assertThat(lab().written).singleElement().satisfies(lease -> {
            assertThat(lease.ip()).isEqualTo(FIRST);
            assertThat(lease.mac()).isEqualTo(one.mac);
            assertThat(lease.state()).isEqualTo(Lease.State.BOUND);
            assertThat(lease.expiresMillis()).isEqualTo(lab().millis() + 3_600_000);
            assertThat(lease.port()).isEqualTo(3);
        });
        assertThat(lab().published)
                .contains(new Event.AddressBound(new Segment("lan"), FIRST, one.mac, Origin.LEASE))
                .contains(new Event.AddressBound(new Segment("lan"), SERVER, SERVER_MAC, Origin.OWN));
        assertThat(bind(two, 4)).isEqualTo(FIRST + 1);
    }

    @Test
    void shouldSendAckOnlyAfterTheLeaseIsWritten() {
        DhcpMessage offer = reply(3, one.discover());
        assertThat(lab().written).as("an offer writes nothing").isEmpty();
        Event.PacketIn request = new Event.PacketIn(AppLab.view(8), 3, 1, one.select(offer.yiaddr, SERVER));
        List<Command> commands = app().onEvent(request, new Now(1, lab().millis()));
        assertThat(commands).singleElement().isInstanceOfSatisfying(Command.Durably.class, durably -> {
            assertThat(durably.leases()).extracting(Lease::ip).containsExactly(offer.yiaddr);
            assertThat(durably.then().get(0)).isInstanceOf(Command.SendPacket.class);
        });
    }

    @Test
    void shouldGiveEveryRequestedParameter() {
        Frame frame = one.frame(
                MessageType.DISCOVER,
                message -> message.options.put(
                        DhcpOption.PARAMETER_REQUESTS, List.of(3, 1, 6, 12, 15, 26, 28, 42, 43, 51, 66, 67, 119, 121)));
        DhcpMessage offer = reply(1, frame);
        assertThat(offer.options.get(DhcpOption.SUBNET_MASK)).isEqualTo(0xffffff00);
        assertThat(offer.options.get(DhcpOption.ROUTERS)).containsExactly(SUBNET + 1);
        assertThat(offer.options.get(DhcpOption.DNS_SERVERS)).containsExactly(SUBNET + 2, SUBNET + 3);
        assertThat(offer.options.get(DhcpOption.DOMAIN_NAME)).isEqualTo("example.net");
        assertThat(offer.options.get(DhcpOption.INTERFACE_MTU)).isEqualTo(1400);
        assertThat(offer.options.get(DhcpOption.BROADCAST_ADDRESS)).isEqualTo(SUBNET + 255);
        assertThat(offer.options.get(DhcpOption.NTP_SERVERS)).containsExactly(SUBNET + 4);
        assertThat(offer.options.get(DhcpOption.VENDOR_INFORMATION)).containsExactly(1, 4, 0xaa, 0xbb, 0xcc, 0xdd);
        assertThat(offer.options.get(DhcpOption.TFTP_SERVER_NAME)).isEqualTo("boot.example.net");
        assertThat(offer.options.get(DhcpOption.BOOTFILE_NAME)).isEqualTo("pxe.0");
        assertThat(offer.options.get(DhcpOption.DOMAIN_SEARCH)).containsExactly("example.net", "lab.example.net");
        assertThat(offer.options.get(DhcpOption.CLASSLESS_ROUTES))
                .containsExactly(new Route(0xc0a80000, 16, SUBNET + 5), new Route(0, 0, SUBNET + 1));
        assertThat(offer.options.get(DhcpOption.LEASE_TIME)).isEqualTo(3600);
        assertThat(offer.options.get(DhcpOption.RENEWAL_TIME)).isEqualTo(1800);
        assertThat(offer.options.get(DhcpOption.REBINDING_TIME)).isEqualTo(3150);
        assertThat(offer.options.get(DhcpOption.SERVER_IDENTIFIER)).isEqualTo(SERVER);
        assertThat(offer.siaddr).isEqualTo(SUBNET + 6);
        assertThat(offer.options.codes().stream().toList().indexOf(1))
                .as("the mask stands before the routers")
                .isLessThan(offer.options.codes().stream().toList().indexOf(3));
    }

    @Test
    void shouldGrantNoMoreTimeThanTheNetworkGives() {
        Frame little = one.frame(MessageType.DISCOVER, message -> message.options.put(DhcpOption.LEASE_TIME, 600L));
        assertThat(reply(1, little).options.get(DhcpOption.LEASE_TIME)).isEqualTo(600);
        Frame much =
                two.frame(MessageType.DISCOVER, message -> message.options.put(DhcpOption.LEASE_TIME, 0xffffffffL));
        assertThat(reply(1, much).options.get(DhcpOption.LEASE_TIME)).isEqualTo(3600);
    }

    @Test
    void shouldSendRepliesWhereRfc2131Says() {
        Command.SendPacket unicast = ask(1, one.discover());
        assertThat(unicast).isNotNull();
        assertThat(unicast.frame().dst()).isEqualTo(one.mac);
        assertThat(unicast.frame().ipDst()).isEqualTo(FIRST);
        assertThat(unicast.frame().udpDst()).isEqualTo(68);
        assertThat(unicast.frame().src()).isEqualTo(SERVER_MAC);

        Command.SendPacket broadcast =
                ask(1, one.frame(MessageType.DISCOVER, message -> message.flags = DhcpMessage.BROADCAST_FLAG));
        assertThat(broadcast).isNotNull();
        assertThat(broadcast.frame().dst()).isEqualTo(BROADCAST);
        assertThat(broadcast.frame().ipDst()).isEqualTo(-1);

        int ip = bind(one, 1);
        Command.SendPacket renewed = ask(1, one.renew(ip));
        assertThat(renewed).isNotNull();
        assertThat(renewed.frame().dst()).isEqualTo(one.mac);
        assertThat(renewed.frame().ipDst()).isEqualTo(ip);

        Command.SendPacket nak = ask(1, two.renew(0x0b000001));
        assertThat(nak).isNotNull();
        assertThat(nak.frame().dst()).isEqualTo(BROADCAST);
        assertThat(nak.frame().ipDst()).isEqualTo(-1);
    }

    @Test
    void shouldAnswerThroughTheRelayAndEchoItsInformation() {
        one.giaddr = SUBNET + 9;
        Frame frame = one.frame(
                MessageType.DISCOVER,
                message -> message.options
                        .put(DhcpOption.RELAY_INFORMATION, new byte[] {1, 2, 7, 9})
                        .put(DhcpOption.CLIENT_IDENTIFIER, new byte[] {0, 5}));
        Command.SendPacket sent = ask(2, frame);
        assertThat(sent).isNotNull();
        assertThat(sent.frame().ipDst()).isEqualTo(SUBNET + 9);
        assertThat(sent.frame().udpDst()).isEqualTo(67);
        DhcpMessage offer = DhcpMessage.parse(sent.frame().udpPayload());
        assertThat(offer).isNotNull();
        assertThat(offer.giaddr).isEqualTo(SUBNET + 9);
        assertThat(offer.options.get(DhcpOption.RELAY_INFORMATION)).containsExactly(1, 2, 7, 9);
        assertThat(offer.options.codes().stream().toList())
                .as("option 82 stands last")
                .endsWith(82)
                .contains(61);
        DhcpMessage nak = reply(2, one.frame(MessageType.REQUEST, message -> message.ciaddr = 0x0b000001));
        assertThat(nak.type()).isEqualTo(MessageType.NAK);
        assertThat(nak.wantsBroadcast()).isTrue();
        one.giaddr = 0x0c000001;
        silent(2, one.discover());
    }

    @Test
    void shouldRefuseAnAddressThatIsSomebodyElses() {
        int ip = bind(one, 1);
        assertThat(reply(2, two.select(ip, SERVER)).type()).isEqualTo(MessageType.NAK);
        assertThat(reply(2, two.reboot(ip)).type()).isEqualTo(MessageType.NAK);
        assertThat(reply(2, two.renew(ip)).type()).isEqualTo(MessageType.NAK);
    }

    @Test
    void shouldForgetItsOfferWhenTheClientChoosesAnotherServer() {
        reply(1, one.discover());
        silent(1, one.select(SUBNET + 77, SUBNET + 253));
        assertThat(reply(1, two.discover()).yiaddr).isEqualTo(FIRST);
    }

    @Test
    void shouldRenewRebindAndReboot() {
        int ip = bind(one, 1);
        lab().after(1_000_000);
        assertThat(reply(1, one.renew(ip)).type()).isEqualTo(MessageType.ACK);
        assertThat(lab().written.get(1).expiresMillis()).isEqualTo(lab().millis() + 3_600_000);
        assertThat(reply(5, one.reboot(ip)).yiaddr).isEqualTo(ip);
        assertThat(lab().written.get(2).port()).isEqualTo(5);
    }

    @Test
    void shouldKeepSilentAboutWhatItDoesNotKnow() {
        silent(1, one.reboot(FIRST + 1));
        silent(1, one.renew(FIRST + 1));
        assertThat(reply(1, one.reboot(0x0b000001)).type())
                .as("another network")
                .isEqualTo(MessageType.NAK);
    }

    @Test
    void shouldRefuseWhatItDoesNotKnowWhenAuthoritative() {
        authoritative = true;
        assertThat(reply(1, one.reboot(FIRST + 1)).type()).isEqualTo(MessageType.NAK);
        assertThat(reply(1, one.renew(FIRST + 1)).type()).isEqualTo(MessageType.NAK);
    }

    @Test
    void shouldNotGiveADeclinedAddressUntilItsRestIsOver() {
        poolSize = 1;
        int ip = bind(one, 1);
        silent(
                1,
                one.frame(
                        MessageType.DECLINE,
                        message -> message.options
                                .put(DhcpOption.SERVER_IDENTIFIER, SERVER)
                                .put(DhcpOption.REQUESTED_ADDRESS, ip)));
        assertThat(lab().written.get(1).state()).isEqualTo(Lease.State.DECLINED);
        assertThat(lab().published).contains(new Event.AddressReleased(new Segment("lan"), ip));
        silent(1, one.discover());
        lab().after(600_001);
        assertThat(reply(1, one.discover()).yiaddr).isEqualTo(ip);
    }

    @Test
    void shouldIgnoreDeclineAndReleaseOfAnothersAddress() {
        int ip = bind(one, 1);
        silent(1, two.frame(MessageType.RELEASE, message -> message.ciaddr = ip));
        silent(1, two.frame(MessageType.DECLINE, message -> message.options.put(DhcpOption.REQUESTED_ADDRESS, ip)));
        assertThat(lab().written).hasSize(1);
    }

    @Test
    void shouldKeepAReleasedAddressForItsClientWhileThereAreOthers() {
        poolSize = 2;
        int ip = bind(one, 1);
        silent(1, one.frame(MessageType.RELEASE, message -> message.ciaddr = ip));
        assertThat(lab().written.get(1).state()).isEqualTo(Lease.State.RELEASED);
        assertThat(bind(two, 1)).isEqualTo(ip + 1);
        assertThat(bind(one, 1)).isEqualTo(ip);
        silent(1, one.frame(MessageType.RELEASE, message -> message.ciaddr = ip));
        assertThat(bind(new DhcpClient(0x020000000003L), 1))
                .as("no other is left")
                .isEqualTo(ip);
        silent(1, one.discover());
    }

    @Test
    void shouldReuseAnExpiredAddressOnlyWhenNoneIsFresh() {
        poolSize = 2;
        int ip = bind(one, 1);
        lab().after(3_600_001).tell(new Event.Tick());
        assertThat(lab().published).contains(new Event.AddressReleased(new Segment("lan"), ip));
        assertThat(bind(two, 1)).isEqualTo(ip + 1);
        assertThat(bind(new DhcpClient(3), 1)).isEqualTo(ip);
    }

    @Test
    void shouldAnswerInformWithParametersOnly() {
        DhcpMessage ack = reply(1, one.frame(MessageType.INFORM, message -> message.ciaddr = SUBNET + 50));
        assertThat(ack.type()).isEqualTo(MessageType.ACK);
        assertThat(ack.yiaddr).isZero();
        assertThat(ack.options.has(DhcpOption.LEASE_TIME)).isFalse();
        assertThat(ack.options.get(DhcpOption.DNS_SERVERS)).isNotEmpty();
        assertThat(lab().written).isEmpty();
    }

    @Test
    void shouldGiveAReservedAddressToItsClientAndNobodyElse() {
        reservations =
                List.of(new Reservation(FIRST, two.mac, "", "printer"), new Reservation(SUBNET + 20, 0, "00beef", ""));
        assertThat(bind(one, 1)).isEqualTo(FIRST + 1);
        Frame frame = two.frame(
                MessageType.DISCOVER, message -> message.options.put(DhcpOption.PARAMETER_REQUESTS, List.of(12)));
        DhcpMessage offer = reply(1, frame);
        assertThat(offer.yiaddr).isEqualTo(FIRST);
        assertThat(offer.options.get(DhcpOption.HOST_NAME)).isEqualTo("printer");
        DhcpClient three = new DhcpClient(3);
        Frame byId = three.frame(
                MessageType.DISCOVER,
                message -> message.options.put(DhcpOption.CLIENT_IDENTIFIER, new byte[] {0, (byte) 0xbe, (byte) 0xef}));
        assertThat(reply(1, byId).yiaddr).isEqualTo(SUBNET + 20);
        assertThat(reply(1, one.select(FIRST, SERVER)).type()).isEqualTo(MessageType.NAK);
    }

    @Test
    void shouldTellClientsApartByIdentifierBeforeHardwareAddress() {
        Frame a = one.frame(MessageType.DISCOVER, m -> m.options.put(DhcpOption.CLIENT_IDENTIFIER, new byte[] {0, 1}));
        Frame b = one.frame(MessageType.DISCOVER, m -> m.options.put(DhcpOption.CLIENT_IDENTIFIER, new byte[] {0, 2}));
        assertThat(reply(1, a).yiaddr).isEqualTo(FIRST);
        assertThat(reply(1, b).yiaddr).isEqualTo(FIRST + 1);
        assertThat(reply(1, a).yiaddr).isEqualTo(FIRST);
    }

    @Test
    void shouldHonourARequestedAddressThatIsFree() {
        Frame frame = one.frame(
                MessageType.DISCOVER, message -> message.options.put(DhcpOption.REQUESTED_ADDRESS, FIRST + 2));
        assertThat(reply(1, frame).yiaddr).isEqualTo(FIRST + 2);
        Frame outside =
                two.frame(MessageType.DISCOVER, message -> message.options.put(DhcpOption.REQUESTED_ADDRESS, SERVER));
        assertThat(reply(1, outside).yiaddr).isEqualTo(FIRST);
    }

    @Test
    void shouldKeepSilentWhenThePoolIsExhausted() {
        poolSize = 1;
        bind(one, 1);
        silent(1, two.discover());
    }

    @Test
    void shouldFreeAnOfferThatIsNotTakenUp() {
        poolSize = 1;
        reply(1, one.discover());
        silent(1, two.discover());
        lab().after(31_000);
        assertThat(reply(1, two.discover()).yiaddr).isEqualTo(FIRST);
    }

    @Test
    void shouldLimitTheAddressesOfOnePortButNotOfOthers() {
        limits = new DhcpLimits(2, 0, 100, 30, 600);
        int ip = bind(one, 1);
        bind(two, 1);
        DhcpClient three = new DhcpClient(3);
        silent(1, three.discover());
        assertThat(reply(1, one.renew(ip)).type()).isEqualTo(MessageType.ACK);
        assertThat(reply(2, three.discover()).yiaddr).isEqualTo(FIRST + 2);
        lab().after(3_600_001).tell(new Event.Tick());
        assertThat(reply(1, new DhcpClient(4).discover()).type())
                .as("old leases have ended")
                .isEqualTo(MessageType.OFFER);
    }

    @Test
    void shouldLimitTheMessagesOfOneClient() {
        limits = new DhcpLimits(0, 2, 100, 30, 600);
        reply(1, one.discover());
        reply(1, one.discover());
        silent(1, one.discover());
        reply(1, two.discover());
        lab().after(1000);
        reply(1, one.discover());
    }

    @Test
    void shouldNotOfferAnAddressThatTrafficShowsInUse() {
        lab().tell(new Event.AddressBound(new Segment("lan"), FIRST, 0x0666L, Origin.TRAFFIC));
        assertThat(reply(1, one.discover()).yiaddr).isEqualTo(FIRST + 1);
    }

    @Test
    void shouldContinueWithRememberedLeases() {
        bind(one, 1);
        List<Lease> kept = List.copyOf(lab().written);
        started = null;
        remembered = kept;
        assertThat(reply(1, two.discover()).yiaddr).isEqualTo(FIRST + 1);
        assertThat(reply(1, one.reboot(FIRST)).type()).isEqualTo(MessageType.ACK);
        assertThat(lab().published).contains(new Event.AddressBound(new Segment("lan"), FIRST, one.mac, Origin.LEASE));
    }

    @Test
    void shouldIgnoreWhatIsNoRequest() {
        silent(1, Frames.udp(BROADCAST, one.mac, 0, 0, -1, 68, 67, new byte[10]));
        silent(1, Frames.udp(BROADCAST, one.mac, 0, 0, -1, 68, 67, new byte[300]));
        silent(1, one.frame(MessageType.OFFER, message -> {}));
        silent(1, one.frame(MessageType.DISCOVER, message -> message.op = 2));
        one.vlan = 7;
        silent(1, one.discover());
    }

    @Test
    void shouldPuntRequestsFromItsNetworksOnly() {
        assertThat(lab().hit(1, 1, one.discover()).identity().priority()).isEqualTo(1000);
        Frame renewal = Frames.udp(SERVER_MAC, one.mac, 0, FIRST, SERVER, 68, 67, new byte[240]);
        assertThat(lab().hit(1, 1, renewal).identity().priority()).isEqualTo(1000);
        assertThat(lab().intents.of(AppLab.ID)).hasSize(2);
    }
}
