package io.heddle.proto.openflow;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Kinds of messages with their numbers in each version ({@code OFPT_*}).
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.1</a>
 */
@SuppressWarnings("EnumOrdinal") // the columns of the table are in the order of the versions
public enum MessageType {
    // spotless:off
    //                         1.0  1.1  1.2  1.3  1.4  1.5
    HELLO(                       0,   0,   0,   0,   0,   0),
    ERROR(                       1,   1,   1,   1,   1,   1),
    ECHO_REQUEST(                2,   2,   2,   2,   2,   2),
    ECHO_REPLY(                  3,   3,   3,   3,   3,   3),
    EXPERIMENTER(                4,   4,   4,   4,   4,   4),
    FEATURES_REQUEST(            5,   5,   5,   5,   5,   5),
    FEATURES_REPLY(              6,   6,   6,   6,   6,   6),
    GET_CONFIG_REQUEST(          7,   7,   7,   7,   7,   7),
    GET_CONFIG_REPLY(            8,   8,   8,   8,   8,   8),
    SET_CONFIG(                  9,   9,   9,   9,   9,   9),
    PACKET_IN(                  10,  10,  10,  10,  10,  10),
    FLOW_REMOVED(               11,  11,  11,  11,  11,  11),
    PORT_STATUS(                12,  12,  12,  12,  12,  12),
    PACKET_OUT(                 13,  13,  13,  13,  13,  13),
    FLOW_MOD(                   14,  14,  14,  14,  14,  14),
    GROUP_MOD(                  -1,  15,  15,  15,  15,  15),
    PORT_MOD(                   15,  16,  16,  16,  16,  16),
    TABLE_MOD(                  -1,  17,  17,  17,  17,  17),
    MULTIPART_REQUEST(          16,  18,  18,  18,  18,  18),
    MULTIPART_REPLY(            17,  19,  19,  19,  19,  19),
    BARRIER_REQUEST(            18,  20,  20,  20,  20,  20),
    BARRIER_REPLY(              19,  21,  21,  21,  21,  21),
    QUEUE_GET_CONFIG_REQUEST(   20,  22,  22,  22,  -1,  -1),
    QUEUE_GET_CONFIG_REPLY(     21,  23,  23,  23,  -1,  -1),
    ROLE_REQUEST(               -1,  -1,  24,  24,  24,  24),
    ROLE_REPLY(                 -1,  -1,  25,  25,  25,  25),
    GET_ASYNC_REQUEST(          -1,  -1,  -1,  26,  26,  26),
    GET_ASYNC_REPLY(            -1,  -1,  -1,  27,  27,  27),
    SET_ASYNC(                  -1,  -1,  -1,  28,  28,  28),
    METER_MOD(                  -1,  -1,  -1,  29,  29,  29),
    ROLE_STATUS(                -1,  -1,  -1,  -1,  30,  30),
    TABLE_STATUS(               -1,  -1,  -1,  -1,  31,  31),
    REQUEST_FORWARD(            -1,  -1,  -1,  -1,  32,  32),
    BUNDLE_CONTROL(             -1,  -1,  -1,  -1,  33,  33),
    BUNDLE_ADD_MESSAGE(         -1,  -1,  -1,  -1,  34,  34),
    CONTROLLER_STATUS(          -1,  -1,  -1,  -1,  -1,  35);
    // spotless:on

    private static final Map<OpenFlowVersion, MessageType[]> BY_WIRE = new EnumMap<>(OpenFlowVersion.class);

    static {
        for (OpenFlowVersion version : OpenFlowVersion.values()) {
            MessageType[] byWire = new MessageType[36];
            for (MessageType type : values()) {
                if (type.numbers[version.ordinal()] >= 0) {
                    byWire[type.numbers[version.ordinal()]] = type;
                }
            }
            BY_WIRE.put(version, byWire);
        }
    }

    private final byte[] numbers;

    MessageType(int... numbers) {
        this.numbers = new byte[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            this.numbers[i] = (byte) numbers[i];
        }
    }

    /** The number on the wire, -1 when the version does not have this kind of message. */
    public int number(OpenFlowVersion version) {
        return numbers[version.ordinal()];
    }

    /** The kind of message with that number. */
    public static Optional<MessageType> of(OpenFlowVersion version, int number) {
        MessageType[] byWire = BY_WIRE.getOrDefault(version, new MessageType[0]);
        return number >= 0 && number < byWire.length ? Optional.ofNullable(byWire[number]) : Optional.empty();
    }
}
