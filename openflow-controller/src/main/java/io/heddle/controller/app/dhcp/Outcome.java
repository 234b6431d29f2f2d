package io.heddle.controller.app.dhcp;

import io.heddle.controller.core.Event;
import io.heddle.controller.store.Lease;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the server makes of a message.
 *
 * @param result in a word, for the metrics
 * @param reply to send; null: silence
 * @param written leases that must be on the disk before the reply leaves
 * @param published what other apps are told after that
 */
record Outcome(String result, @Nullable DhcpMessage reply, List<Lease> written, List<Event> published) {
    static Outcome silence(String result) {
        return new Outcome(result, null, List.of(), List.of());
    }

    static Outcome reply(String result, DhcpMessage reply) {
        return new Outcome(result, reply, List.of(), List.of());
    }
}
