package io.heddle.cli;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Has the time limit of a call with many answers apply to each of them: a long list may take as long as it needs, while its next part comes
 * in time. The time that the reader takes between two parts does not count.
 *
 * <p>Threading: any thread.
 */
final class SilenceLimit implements ClientInterceptor {
    /** Runs something when the time is over. */
    interface Timer {
        /** Begins to wait; returns what ends that. */
        Runnable begin(Runnable onSilence);
    }

    private final Timer timer;

    SilenceLimit(Timer timer) {
        this.timer = timer;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return method.getType().serverSendsOneMessage()
                ? next.newCall(method, options)
                : new Watched<>(next.newCall(method, options.withDeadline(null)));
    }

    private final class Watched<Q, R> extends SimpleForwardingClientCall<Q, R> {
        private int asked;
        private boolean isSilent;
        private @Nullable Runnable waiting;

        Watched(ClientCall<Q, R> call) {
            super(call);
        }

        @Override
        public void start(Listener<R> listener, Metadata headers) {
            super.start(
                    new SimpleForwardingClientCallListener<>(listener) {
                        @Override
                        public void onMessage(R message) {
                            count(-1);
                            super.onMessage(message);
                        }

                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            super.onClose(end() ? Status.DEADLINE_EXCEEDED : status, trailers);
                        }
                    },
                    headers);
        }

        @Override
        public void request(int count) {
            count(count);
            super.request(count);
        }

        /** Waits anew while answers are asked for that have not come. */
        private synchronized void count(int more) {
            asked += more;
            stop();
            if (asked > 0) {
                waiting = timer.begin(this::giveUp);
            }
        }

        private void stop() {
            if (waiting != null) {
                waiting.run();
                waiting = null;
            }
        }

        private void giveUp() {
            synchronized (this) {
                isSilent = true;
            }
            cancel("no answer in time", null);
        }

        /** Returns whether it was the silence that has ended it. */
        private synchronized boolean end() {
            asked = 0;
            stop();
            return isSilent;
        }
    }
}
