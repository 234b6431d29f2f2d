package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.heddle.proto.v1.ReadRequest;
import io.heddle.proto.v1.ReadResponse;
import io.heddle.proto.v1.SwitchGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SilenceLimitTest {
    /** Silences that are waited for. */
    private final List<Runnable> waiting = new ArrayList<>();

    private final FakeChannel channel = new FakeChannel();
    private final List<Status> ended = new ArrayList<>();
    private final CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS);

    private final SilenceLimit limit = new SilenceLimit(onSilence -> {
        waiting.add(onSilence);
        return () -> waiting.remove(onSilence);
    });

    private ClientCall<ReadRequest, ReadResponse> read() {
        ClientCall<ReadRequest, ReadResponse> call = limit.interceptCall(SwitchGrpc.getReadMethod(), options, channel);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        ended.add(status);
                    }
                },
                new Metadata());
        return call;
    }

    @Test
    void shouldWaitForEachAnswerAnewAndOnlyWhileOneIsAskedFor() {
        ClientCall<ReadRequest, ReadResponse> call = read();
        assertThat(Objects.requireNonNull(channel.options).getDeadline()).isNull();
        assertThat(waiting).isEmpty();

        call.request(1);
        Runnable first = waiting.getFirst();
        channel.answer();
        assertThat(waiting).as("the reader's time").isEmpty();
        call.request(2);
        channel.answer();
        assertThat(waiting).hasSize(1).doesNotContain(first);

        channel.end(Status.OK);
        assertThat(waiting).isEmpty();
        assertThat(ended).containsExactly(Status.OK);
    }

    @Test
    void shouldEndACallThatIsSilent() {
        read().request(1);

        waiting.getFirst().run();

        assertThat(channel.isCancelled).isTrue();
        channel.end(Status.CANCELLED);
        assertThat(ended).containsExactly(Status.DEADLINE_EXCEEDED);
    }

    @Test
    void shouldLeaveTheDeadlineOfACallWithOneAnswer() {
        var _ = limit.interceptCall(SwitchGrpc.getWriteMethod(), options, channel);

        assertThat(Objects.requireNonNull(channel.options).getDeadline()).isEqualTo(options.getDeadline());
    }

    private static final class FakeChannel extends Channel {
        private @Nullable CallOptions options;
        private ClientCall.@Nullable Listener<ReadResponse> listener;
        private boolean isCancelled;

        void answer() {
            Objects.requireNonNull(listener).onMessage(ReadResponse.getDefaultInstance());
        }

        void end(Status status) {
            Objects.requireNonNull(listener).onClose(status, new Metadata());
        }

        @Override
        public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions given) {
            options = given;
            return new ClientCall<>() {
                @Override
                @SuppressWarnings("unchecked") // the tests read only
                public void start(Listener<R> given, Metadata headers) {
                    listener = (Listener<ReadResponse>) given;
                }

                @Override
                public void request(int count) {}

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {
                    isCancelled = true;
                }

                @Override
                public void halfClose() {}

                @Override
                public void sendMessage(Q message) {}
            };
        }

        @Override
        public String authority() {
            return "test";
        }
    }
}
