package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.OxmId;
import io.netty.buffer.ByteBuf;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of errors in versions other than 1.3, and in Open vSwitch's extension of OpenFlow 1.0 and 1.1 for errors that came later.
 *
 * <pre>
 *   type 0xb0c2 | code 0 | 0x00002320 | type 16 | code 16 | data      an error of the extension
 *   type 0xffff | code 16 | 0x00002320 | data                         one of its own, in OpenFlow 1.2 and later
 * </pre>
 */
final class ErrorNumbers {
    private static final int EXTENSION = 0xb0c2;
    private static final int EXPERIMENTER = 0xffff;

    /** Who gave an error its numbers; {@code type} counts for STANDARD and EXTENSION only. */
    private enum Owner {
        STANDARD,
        /** Open vSwitch, before OpenFlow had errors of experimenters. */
        EXTENSION,
        /** Open vSwitch, in OpenFlow 1.2 and later. */
        NICIRA,
        /** The Open Networking Foundation's extensions of OpenFlow 1.3. */
        ONF
    }

    /** What an error is in one version. */
    private record Numbers(Owner owner, int type, int code) {}

    /** {@code NXBRC_UNENCODABLE_ERROR}: the version has nothing for it. */
    private static final Numbers OTHER = new Numbers(Owner.EXTENSION, 1, 521);

    private static final Numbers OTHER_SINCE_12 = new Numbers(Owner.NICIRA, 0, 10);

    private static final int FIRST_TYPE_OF_14 = 14;
    private static final int BAD_PROPERTY = 14;
    private static final int BUNDLE_FAILED = 17;
    private static final int LAST_BUNDLE_ERROR_OF_ONF = 15;

    private static final Map<OpenFlowVersion, Map<ErrorCode, Numbers>> NUMBERS = new EnumMap<>(OpenFlowVersion.class);
    private static final Map<OpenFlowVersion, Map<Numbers, ErrorCode>> ERRORS = new EnumMap<>(OpenFlowVersion.class);

    static {
        for (OpenFlowVersion version : OpenFlowVersion.values()) {
            Map<ErrorCode, Numbers> numbers = new EnumMap<>(ErrorCode.class);
            Map<Numbers, ErrorCode> errors = new HashMap<>();
            for (ErrorCode error : ErrorCode.values()) {
                Numbers there = switch (version) {
                    case OPENFLOW_10 -> first(error);
                    case OPENFLOW_11 -> second(error);
                    case OPENFLOW_12, OPENFLOW_13 ->
                        isOfBucketCommands(error)
                                ? OTHER_SINCE_12
                                : error.type() < FIRST_TYPE_OF_14 ? same(error) : before14(error, version);
                    case OPENFLOW_14 -> isOfBucketCommands(error) ? OTHER_SINCE_12 : withProperties(error);
                    case OPENFLOW_15 -> withProperties(error);
                };
                numbers.put(error, there);
                errors.putIfAbsent(there, error);
            }
            errors.remove(OTHER);
            errors.remove(OTHER_SINCE_12);
            NUMBERS.put(version, numbers);
            ERRORS.put(version, errors);
        }
    }

    private ErrorNumbers() {}

    /** OpenFlow 1.5 added them to an old type. */
    private static boolean isOfBucketCommands(ErrorCode error) {
        return error == ErrorCode.GROUP_MOD_FAILED_UNKNOWN_BUCKET || error == ErrorCode.GROUP_MOD_FAILED_BUCKET_EXISTS;
    }

    private static Numbers same(ErrorCode error) {
        return new Numbers(Owner.STANDARD, error.type(), error.code());
    }

    private static Numbers of(int type, int code) {
        return new Numbers(Owner.STANDARD, type, code);
    }

    private static Numbers extension(int type, int code) {
        return new Numbers(Owner.EXTENSION, type, code);
    }

    private static Numbers nicira(int number) {
        return new Numbers(Owner.NICIRA, 0, number);
    }

    private static Numbers onf(int number) {
        return new Numbers(Owner.ONF, 0, number);
    }

    /** What OpenFlow 1.4 added, in 1.2 and 1.3. */
    private static Numbers before14(ErrorCode error, OpenFlowVersion version) {
        boolean hasOnf = version == OpenFlowVersion.OPENFLOW_13;
        return switch (error) {
            case FLOW_MONITOR_FAILED_MONITOR_EXISTS -> nicira(6);
            case FLOW_MONITOR_FAILED_BAD_FLAGS -> nicira(7);
            case FLOW_MONITOR_FAILED_UNKNOWN_MONITOR -> nicira(8);
            default ->
                switch (error.type()) {
                    case ErrorCode.EXPERIMENTER -> nicira(error.code());
                    case BAD_PROPERTY -> hasOnf ? onf(4440 + error.code()) : nicira(25 + error.code());
                    case BUNDLE_FAILED ->
                        hasOnf && error.code() <= LAST_BUNDLE_ERROR_OF_ONF ? onf(2300 + error.code()) : OTHER_SINCE_12;
                    default -> OTHER_SINCE_12;
                };
        };
    }

    /** What were errors of table features are errors of any properties. */
    private static Numbers withProperties(ErrorCode error) {
        return switch (error) {
            case TABLE_FEATURES_FAILED_BAD_TYPE -> of(14, 0);
            case TABLE_FEATURES_FAILED_BAD_LEN -> of(14, 1);
            case TABLE_FEATURES_FAILED_BAD_ARGUMENT -> of(14, 2);
            default -> error.type() == ErrorCode.EXPERIMENTER ? nicira(error.code()) : same(error);
        };
    }

    private static Numbers first(ErrorCode error) {
        return switch (error) {
            case BAD_REQUEST_BAD_TABLE_ID -> extension(1, 512);
            case FLOW_MOD_FAILED_TABLE_FULL -> of(3, 0);
            case FLOW_MOD_FAILED_OVERLAP -> of(3, 1);
            case FLOW_MOD_FAILED_EPERM -> of(3, 2);
            case FLOW_MOD_FAILED_BAD_TIMEOUT -> of(3, 3);
            case FLOW_MOD_FAILED_BAD_COMMAND -> of(3, 4);
            case FLOW_MOD_FAILED_UNKNOWN -> of(3, 5);
            case FLOW_MOD_FAILED_BAD_FLAGS -> extension(3, 258);
            case FLOW_MOD_FAILED_BAD_TABLE_ID -> extension(5, 257);
            case PORT_MOD_FAILED_BAD_PORT -> of(4, 0);
            case PORT_MOD_FAILED_BAD_HW_ADDR -> of(4, 1);
            case QUEUE_OP_FAILED_BAD_PORT, QUEUE_OP_FAILED_BAD_QUEUE, QUEUE_OP_FAILED_EPERM -> of(5, error.code());
            case BAD_ACTION_MATCH_INCONSISTENT -> extension(1, 522);
            case BAD_INSTRUCTION_UNSUP_INST -> extension(2, 257);
            case BAD_MATCH_BAD_TYPE, BAD_MATCH_BAD_LEN -> extension(1, 256);
            case BAD_MATCH_BAD_VALUE -> extension(1, 258);
            case BAD_MATCH_BAD_WILDCARDS -> extension(1, 262);
            case BAD_MATCH_BAD_FIELD -> extension(1, 263);
            default -> {
                boolean isOld = error.type() == 0
                        || error.type() == 1 && error.code() <= 8
                        || error.type() == 2 && error.code() <= 8;
                yield isOld ? same(error) : before12(error);
            }
        };
    }

    private static Numbers second(ErrorCode error) {
        return switch (error) {
            case BAD_INSTRUCTION_BAD_EXP_TYPE -> of(3, 5);
            case BAD_INSTRUCTION_DUP_INST -> extension(3, 256);
            case FLOW_MOD_FAILED_BAD_FLAGS -> extension(5, 258);
            default -> {
                int last = switch (error.type()) {
                    case 0 -> 1;
                    case 1 -> 9;
                    case 2 -> 12;
                    case 3 -> 5;
                    case 4 -> 7;
                    case 5 -> 6;
                    case 6 -> 8;
                    case 7 -> 3;
                    case 8 -> 1;
                    case 9 -> 2;
                    case 10 -> 1;
                    default -> -1;
                };
                yield error.code() <= last ? same(error) : before12(error);
            }
        };
    }

    /** What the extension has for OpenFlow 1.0 and 1.1 alike. */
    private static Numbers before12(ErrorCode error) {
        return switch (error) {
            case BAD_REQUEST_IS_SLAVE -> of(1, 5);
            case BAD_REQUEST_BAD_PORT -> extension(1, 514);
            case BAD_ACTION_BAD_SET_TYPE -> extension(1, 523);
            case BAD_ACTION_BAD_SET_LEN -> extension(1, 524);
            case BAD_ACTION_BAD_SET_ARGUMENT -> extension(1, 525);
            case BAD_MATCH_BAD_MASK -> extension(1, 259);
            case BAD_MATCH_BAD_PREREQ -> extension(1, 260);
            case BAD_MATCH_DUP_FIELD -> extension(1, 261);
            case ROLE_REQUEST_FAILED_BAD_ROLE -> extension(1, 513);
            case FLOW_MONITOR_FAILED_MONITOR_EXISTS -> extension(1, 517);
            case FLOW_MONITOR_FAILED_BAD_FLAGS -> extension(1, 518);
            case FLOW_MONITOR_FAILED_UNKNOWN_MONITOR -> extension(1, 519);
            case BAD_PROPERTY_TOO_MANY,
                    BAD_PROPERTY_DUP_TYPE,
                    BAD_PROPERTY_BAD_EXPERIMENTER,
                    BAD_PROPERTY_BAD_EXP_TYPE,
                    BAD_PROPERTY_BAD_EXP_VALUE,
                    BAD_PROPERTY_EPERM -> extension(14, error.code());
            case TLV_TABLE_MOD_FAILED_BAD_COMMAND -> extension(1, 527);
            case TLV_TABLE_MOD_FAILED_BAD_OPT_LEN -> extension(1, 528);
            case TLV_TABLE_MOD_FAILED_BAD_FIELD_IDX -> extension(1, 529);
            case TLV_TABLE_MOD_FAILED_TABLE_FULL -> extension(1, 530);
            case TLV_TABLE_MOD_FAILED_ALREADY_MAPPED -> extension(1, 531);
            case TLV_TABLE_MOD_FAILED_DUP_ENTRY -> extension(1, 532);
            case RESUME_FAILED_STALE -> extension(1, 534);
            case FLOW_MOD_FAILED_INVALID_TLV_FIELD -> extension(1, 536);
            case TLV_TABLE_MOD_FAILED_INVALID_TLV_DEL -> extension(1, 537);
            default -> OTHER;
        };
    }

    static OpenFlowMessage decode(OpenFlowVersion version, Reader in) throws FlowException {
        int type = in.u16();
        int code = in.u16();
        Numbers numbers = of(type, code);
        int experimenter = in.remaining() >= 4 ? in.peek16(0) << 16 | in.peek16(2) : 0;
        if (type == EXTENSION && in.remaining() >= 8 && experimenter == OxmId.NICIRA) {
            in.skip(4);
            numbers = extension(in.u16(), in.u16());
        } else if (type == EXPERIMENTER && (experimenter == OxmId.NICIRA || experimenter == OxmId.ONF)) {
            Numbers known = experimenter == OxmId.ONF ? onf(code) : nicira(code);
            if (ERRORS.getOrDefault(version, Map.of()).containsKey(known)) {
                in.skip(4);
                numbers = known;
            }
        }
        ErrorCode error = ERRORS.getOrDefault(version, Map.of()).get(numbers);
        Octets data = in.rest();
        return error == null
                ? new OpenFlowMessage.ErrorReply(numbers.type, numbers.code, data)
                : new OpenFlowMessage.ErrorReply(error, data);
    }

    static void encode(OpenFlowVersion version, ByteBuf out, OpenFlowMessage.ErrorReply reply) {
        @Nullable
        Numbers numbers = ErrorCode.of(reply.errorType(), reply.code())
                .map(error -> NUMBERS.getOrDefault(version, Map.of()).get(error))
                .orElse(null);
        if (numbers == null) {
            out.writeShort(reply.errorType()).writeShort(reply.code());
        } else {
            switch (numbers.owner) {
                case STANDARD -> out.writeShort(numbers.type).writeShort(numbers.code);
                case EXTENSION -> {
                    out.writeShort(EXTENSION).writeShort(0).writeInt(OxmId.NICIRA);
                    out.writeShort(numbers.type).writeShort(numbers.code);
                }
                case NICIRA ->
                    out.writeShort(EXPERIMENTER).writeShort(numbers.code).writeInt(OxmId.NICIRA);
                case ONF ->
                    out.writeShort(EXPERIMENTER).writeShort(numbers.code).writeInt(OxmId.ONF);
            }
        }
        out.writeBytes(reply.data().array());
    }
}
