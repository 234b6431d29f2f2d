package io.heddle.datapath.agent.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.FlowMonitor;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Joins requests that a client has spread over several messages ({@code OFPMPF_REQ_MORE}): those with a list, of tables or of flow monitors,
 * become one with all entries. Others have one body, which cannot be spread.
 *
 * <p>What waits for its last message has {@value #MOST_OCTETS} octets at most, all requests of a session together; it goes with the session.
 *
 * <p>Threading: the session's event loop.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.5</a>
 */
final class MultipartJoiner {
    static final int MOST_OCTETS = 4 << 20;

    /** The messages of one request so far. */
    private static final class Begun {
        final List<MultipartBody.Request> parts = new ArrayList<>();
        int octets;
    }

    private final Map<Integer, Begun> begun = new HashMap<>();
    private int octets;

    /**
     * Adds a message.
     *
     * @param length of the message, in octets
     * @return the whole request; null while further messages are to come
     * @throws FlowException when the messages do not belong together or are too many; what waits under {@code xid} is forgotten then
     */
    MultipartBody.@Nullable Request add(int xid, int length, OpenFlowMessage.MultipartRequest message)
            throws FlowException {
        Begun earlier = begun.remove(xid);
        if (earlier == null && !message.more()) {
            return message.body();
        }
        Begun request = earlier == null ? new Begun() : earlier;
        octets -= request.octets;
        requireSameKind(request, message.body());
        request.parts.add(message.body());
        if (!message.more()) {
            return joined(request.parts);
        }
        request.octets += length;
        if (octets + request.octets > MOST_OCTETS) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW,
                    "multipart",
                    "requests that wait for their last message may have " + MOST_OCTETS + " octets together");
        }
        octets += request.octets;
        begun.put(xid, request);
        return null;
    }

    private static void requireSameKind(Begun request, MultipartBody.Request next) throws FlowException {
        if (!request.parts.isEmpty() && !request.parts.getFirst().getClass().equals(next.getClass())) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_MULTIPART,
                    "multipart",
                    "messages of one transaction id are parts of one request: they have one type");
        }
    }

    private static MultipartBody.Request joined(List<MultipartBody.Request> parts) throws FlowException {
        MultipartBody.Request first = parts.getFirst();
        if (first instanceof MultipartBody.TableFeaturesRequest) {
            List<MultipartBody.TableFeatures> tables = new ArrayList<>();
            for (MultipartBody.Request part : parts) {
                if (part instanceof MultipartBody.TableFeaturesRequest(List<MultipartBody.TableFeatures> some)) {
                    tables.addAll(some);
                }
            }
            return new MultipartBody.TableFeaturesRequest(tables);
        }
        if (first instanceof MultipartBody.FlowMonitorRequest) {
            List<FlowMonitor> monitors = new ArrayList<>();
            for (MultipartBody.Request part : parts) {
                if (part instanceof MultipartBody.FlowMonitorRequest(List<FlowMonitor> some)) {
                    monitors.addAll(some);
                }
            }
            return new MultipartBody.FlowMonitorRequest(monitors);
        }
        throw new FlowException(
                ErrorCode.BAD_REQUEST_BAD_LEN,
                "multipart",
                "this request has one body: it cannot be spread over " + parts.size() + " messages");
    }
}
