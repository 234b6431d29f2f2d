package io.heddle.datapath.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class NativeExceptionTest {
    @Test
    void shouldSayWhatWhereWhyAndWhatWouldBeRight() {
        assertThatThrownBy(() -> NativeException.check(-Errno.EPERM, "tap0", "TUNSETIFF", "something else"))
                .hasMessage("tap0: TUNSETIFF: EPERM (operation not permitted): needs CAP_NET_ADMIN and CAP_NET_RAW");
        assertThat(new NativeException("eth0", "bind", Errno.ENODEV, ""))
                .hasMessage("eth0: bind: ENODEV (no such device)");
        assertThat(Errno.describe(999)).isEqualTo("errno 999");
    }

    @Test
    void shouldReturnErrorsOfCallsAsNumbers() {
        assertThat(Libc.open("/no/such/file", 0)).isEqualTo(-Errno.ENOENT);
        assertThat(Libc.close(-1)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void shouldReadBackTheLinkMessagesThatItWrites() {
        LinkMessage message = new LinkMessage(LinkMessage.RTM_NEWLINK, 0, 7)
                .up(true)
                .text(LinkMessage.IFLA_IFNAME, "veth0")
                .number(LinkMessage.IFLA_MTU, 9000)
                .mac(0x020000000007L)
                .text(LinkMessage.IFLA_IFALIAS, "made by a test");
        int info = message.begin(LinkMessage.IFLA_LINKINFO);
        message.text(LinkMessage.INFO_KIND, "veth").end(info);
        Link link = LinkMessage.parse(ByteBuffer.wrap(message.finish(1)).order(ByteOrder.nativeOrder()));
        assertThat(Objects.requireNonNull(link))
                .isEqualTo(new Link(7, "veth0", 1, 9000, 0x020000000007L, "veth", "made by a test", 0, -1, false));
        assertThat(link.isUp()).isTrue();
        assertThat(link.isRunning()).isFalse();
    }

    @Test
    void shouldReadCutLinkMessagesWithoutLeavingThem() {
        byte[] whole = new LinkMessage(LinkMessage.RTM_NEWLINK, 0, 7)
                .text(LinkMessage.IFLA_IFNAME, "veth0")
                .number(LinkMessage.IFLA_MTU, 9000)
                .finish(1);
        for (int length = LinkMessage.HEADER; length < whole.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(whole, 0, length).order(ByteOrder.nativeOrder());
            Link link = LinkMessage.parse(cut);
            assertThat(link == null || link.mtu() == 0).isTrue();
        }
    }

    @Test
    void shouldWakeUpAWaiterOnce() throws NativeException {
        try (Epoll epoll = new Epoll();
                EventFd event = new EventFd()) {
            epoll.add(event.fd(), 42);
            assertThat(epoll.await(0)).isZero();
            event.signal();
            assertThat(epoll.await(1000)).isEqualTo(1);
            assertThat(epoll.tag(0)).isEqualTo(42);
            event.drain();
            assertThat(epoll.await(0)).isZero();
        }
    }
}
