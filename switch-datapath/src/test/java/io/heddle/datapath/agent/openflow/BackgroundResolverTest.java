package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.resolver.AddressResolver;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackgroundResolverTest {
    private final EventExecutor loop = new DefaultEventExecutor();

    @AfterEach
    void endLoop() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private Future<InetSocketAddress> resolve(String host) {
        AddressResolver<InetSocketAddress> resolver = BackgroundResolver.INSTANCE.getResolver(loop);
        return resolver.resolve(InetSocketAddress.createUnresolved(host, 6653)).awaitUninterruptibly();
    }

    @Test
    void shouldLookNamesUp() {
        assertThat(resolve("localhost").getNow().getAddress().isLoopbackAddress())
                .isTrue();
        assertThat(resolve("192.0.2.7").getNow()).isEqualTo(new InetSocketAddress("192.0.2.7", 6653));
    }

    @Test
    void shouldNameTheHostThatIsNotThere() {
        Future<InetSocketAddress> lookup = resolve("no-such-host.invalid");

        assertThat(lookup.cause())
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("there is no host \"no-such-host.invalid\"");
    }
}
