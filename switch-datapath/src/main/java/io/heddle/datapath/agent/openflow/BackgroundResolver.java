package io.heddle.datapath.agent.openflow;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Looks host names up as the system does, but not on the event loop: a name server that does not answer keeps the caller for many
 * seconds, and all sessions share the loop.
 *
 * <p>Thread safety: any thread.
 */
final class BackgroundResolver extends AddressResolverGroup<InetSocketAddress> {
    static final BackgroundResolver INSTANCE = new BackgroundResolver();

    private BackgroundResolver() {}

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new Lookup(executor).asAddressResolver();
    }

    private static final class Lookup extends InetNameResolver {
        Lookup(EventExecutor executor) {
            super(executor);
        }

        @Override
        protected void doResolve(String host, Promise<InetAddress> promise) {
            look(host, () -> InetAddress.getByName(host), promise);
        }

        @Override
        protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
            look(host, () -> List.of(InetAddress.getAllByName(host)), promise);
        }

        private static <T> void look(String host, Callable<T> lookup, Promise<T> promise) {
            Thread.ofVirtual().name("heddle-resolve-" + host).start(() -> {
                try {
                    promise.setSuccess(lookup.call());
                } catch (UnknownHostException e) {
                    promise.setFailure(new UnknownHostException("there is no host \"" + host + "\""));
                } catch (Exception e) { // whatever it is, somebody waits for the answer
                    promise.setFailure(e);
                }
            });
        }
    }
}
