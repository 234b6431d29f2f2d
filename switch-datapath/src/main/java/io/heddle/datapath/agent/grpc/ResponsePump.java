package io.heddle.datapath.agent.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a sequence of messages as fast as the client takes them, and not faster: a message is made when there is room for it.
 *
 * <p>Threading: any thread; one at a time sends.
 */
final class ResponsePump<T> {
    private final ServerCallStreamObserver<T> client;
    private @Nullable Iterator<T> messages;
    private boolean done;

    /** Must be made before the service's method returns. */
    ResponsePump(ServerCallStreamObserver<T> client) {
        this.client = client;
        client.setOnReadyHandler(this::pump);
        client.setOnCancelHandler(this::cancelled);
    }

    /** Sends all of it, then completes the call. */
    void send(Iterator<T> all) {
        synchronized (this) {
            messages = all;
        }
        pump();
    }

    void fail(Throwable failure) {
        synchronized (this) {
            if (!done) {
                done = true;
                client.onError(Failures.exception(failure));
            }
        }
    }

    private synchronized void cancelled() {
        done = true;
        messages = null;
    }

    private synchronized void pump() {
        if (done || messages == null) {
            return;
        }
        try {
            while (client.isReady() && messages.hasNext()) {
                client.onNext(messages.next());
            }
            if (!messages.hasNext()) {
                done = true;
                messages = null;
                client.onCompleted();
            }
        } catch (NoSuchElementException | IllegalStateException e) {
            fail(e);
        }
    }
}
