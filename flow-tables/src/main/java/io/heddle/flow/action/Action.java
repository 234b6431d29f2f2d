package io.heddle.flow.action;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One OpenFlow action.
 *
 * <p>A {@code switch} over the cases has no {@code default}: adding an action then breaks the build at every place that must
 * handle it.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.2.5</a>
 */
public sealed interface Action {
    /** {@code max_len} that asks for the whole packet ({@code OFPCML_NO_BUFFER}). */
    int WHOLE_PACKET = 0xffff;

    /**
     * Sends the packet to a port.
     *
     * @param port port number or one of {@link Ports}
     * @param maxLength octets of the packet that go to the controller, 0 to 65535; meant for {@link Ports#CONTROLLER} only
     */
    record Output(int port, int maxLength) implements Action {
        public Output {
            if (maxLength < 0 || maxLength > 0xffff) {
                throw new IllegalArgumentException("maxLength " + maxLength + " is not in 0-65535");
            }
        }

        public Output(int port) {
            this(port, port == Ports.CONTROLLER ? WHOLE_PACKET : 0);
        }
    }

    /** Processes the packet through a group. */
    record GroupAction(int groupId) implements Action {}

    /** Chooses the queue of later outputs ({@code OFPAT_SET_QUEUE}). */
    record SetQueue(int queueId) implements Action {}

    /**
     * Writes a field.
     *
     * @param value of the field; bits outside {@code mask} are zero
     * @param mask the bits to write; all of the field for a plain {@code set_field}
     */
    record SetField(MatchField field, Bits value, Bits mask) implements Action {
        public SetField {
            if (mask.isZero()) {
                throw new IllegalArgumentException("mask of " + field.fieldName() + " is empty");
            }
            value = value.and(mask);
        }

        public SetField(MatchField field, Bits value) {
            this(field, value, field.allOnes());
        }

        public SetField(MatchField field, long value) {
            this(field, Bits.of(value), field.allOnes());
        }

        public boolean isMasked() {
            return !mask.equals(field.allOnes());
        }
    }

    /**
     * Copies bits between fields ({@code NXAST_REG_MOVE}, {@code OFPAT_COPY_FIELD}).
     *
     * @param bits how many, 1 or more
     */
    record CopyField(MatchField source, int sourceBit, MatchField destination, int destinationBit, int bits)
            implements Action {
        public CopyField {
            if (bits < 1
                    || sourceBit < 0
                    || destinationBit < 0
                    || sourceBit + bits > source.bits()
                    || destinationBit + bits > destination.bits()) {
                throw new IllegalArgumentException("%s[%d..%d] to %s[%d..%d] is outside the fields"
                        .formatted(
                                source.fieldName(),
                                sourceBit,
                                sourceBit + bits - 1,
                                destination.fieldName(),
                                destinationBit,
                                destinationBit + bits - 1));
            }
        }
    }

    /** Pushes a VLAN tag. {@code etherType} is 0x8100 or 0x88a8. */
    record PushVlan(int etherType) implements Action {}

    /** Removes the outermost VLAN tag. */
    record PopVlan() implements Action {}

    /** Pushes an MPLS label. {@code etherType} is 0x8847 or 0x8848. */
    record PushMpls(int etherType) implements Action {}

    /** Removes the outermost MPLS label; {@code etherType} is what the packet is then. */
    record PopMpls(int etherType) implements Action {}

    /** Pushes a PBB service tag; {@code etherType} is 0x88e7. */
    record PushPbb(int etherType) implements Action {}

    /** Removes the PBB service tag. */
    record PopPbb() implements Action {}

    record SetMplsTtl(int ttl) implements Action {}

    record DecMplsTtl() implements Action {}

    record SetNwTtl(int ttl) implements Action {}

    record DecNwTtl() implements Action {}

    /** Open vSwitch's: decrements the TTL of the Network Service Header. */
    record DecNshTtl() implements Action {}

    record CopyTtlOut() implements Action {}

    record CopyTtlIn() implements Action {}

    /** Applies a meter (an instruction in OpenFlow 1.3 and 1.4, an action in 1.5). */
    record Meter(int meterId) implements Action {}

    /**
     * Looks the packet up again ({@code NXAST_RESUBMIT_TABLE}).
     *
     * @param inPort port to look up with, {@link Ports#IN_PORT} for the packet's own
     * @param tableId table to look in, 255 for the current one
     * @param withConnection looked up with the addresses, the protocol and the ports of the original direction of the packet's connection
     *     ({@code NXAST_RESUBMIT_TABLE_CT})
     */
    record Resubmit(int inPort, int tableId, boolean withConnection) implements Action {
        public Resubmit(int inPort, int tableId) {
            this(inPort, tableId, false);
        }
    }

    /**
     * Sends the packet to controllers ({@code NXAST_CONTROLLER}, {@code NXAST_CONTROLLER2}).
     *
     * @param maxLength octets of the packet, 0 to 65535; a paused packet is sent whole
     * @param reason {@code OFPR_*}
     * @param controllerId which controllers, 0 for all
     * @param meterId limits how many of the packets are sent; 0 for the meter of all controllers ({@code OFPM_CONTROLLER})
     * @param userdata what the controllers are told with the packet: octets in hexadecimal, two digits for each
     * @param isPaused the packet goes on when a controller sends it back, and as that sends it
     */
    record Controller(int maxLength, int reason, int controllerId, int meterId, String userdata, boolean isPaused)
            implements Action {
        public Controller {
            if (maxLength < 0 || maxLength > 0xffff) {
                throw new IllegalArgumentException("maxLength " + maxLength + " is not in 0-65535");
            }
            if (!userdata.matches("([0-9a-f]{2})*")) {
                throw new IllegalArgumentException("\"" + userdata + "\" is not pairs of hexadecimal digits");
            }
        }

        public Controller(int maxLength, int reason, int controllerId) {
            this(maxLength, reason, controllerId, 0, "", false);
        }
    }

    /** Takes a {@code tun_metadata} field off the packet ({@code NXAST_DELETE_FIELD}). */
    record DeleteField(MatchField field) implements Action {}

    /**
     * Sends the packet through the connection tracker ({@code NXAST_CT}).
     *
     * @param isCommit remember the connection
     * @param isForced forget a connection whose other direction the packet is; needs {@code isCommit}
     * @param zone 0 to 65535; not used where {@code zoneField} is there
     * @param zoneField bits that hold the zone
     * @param tableId where a copy of the packet goes on that knows what the tracker said; {@link #NO_TABLE} for nowhere
     * @param exec writes to ct_mark and ct_label of the connection; need {@code isCommit}
     * @param alg what a connection that this action commits is read as; null for none
     * @param nat null for none; one with a direction needs {@code isCommit}
     */
    record Conntrack(
            boolean isCommit,
            boolean isForced,
            int zone,
            @Nullable Subfield zoneField,
            int tableId,
            List<Action> exec,
            @Nullable Alg alg,
            @Nullable NatSpec nat)
            implements Action {
        /** The packet goes on in this list only. */
        public static final int NO_TABLE = 255;

        public Conntrack {
            exec = List.copyOf(exec);
            if (zone < 0 || zone > 0xffff) {
                throw new IllegalArgumentException("zone " + zone + " is not in 0-65535");
            }
        }
    }

    /** Bits of a field: {@code bits} from {@code bit} on. */
    record Subfield(MatchField field, int bit, int bits) {
        public Subfield {
            if (bits < 1 || bit < 0 || bit + bits > field.bits()) {
                throw new IllegalArgumentException(
                        "bits %d to %d are outside of %s".formatted(bit, bit + bits - 1, field.fieldName()));
            }
        }
    }

    /** Forgets what the connection tracker said of the packet ({@code NXAST_CT_CLEAR}). */
    record ConntrackClear() implements Action {}

    /** Sends the packet to the port that a field names ({@code NXAST_OUTPUT_REG}). */
    record OutputField(MatchField field, int bit, int bits, int maxLength) implements Action {}

    /**
     * Makes the flow an alternative of one dimension of a conjunctive match ({@code NXAST_CONJUNCTION}). Such a flow does nothing itself.
     *
     * @param id of the conjunction, unsigned
     * @param dimension from 1
     * @param dimensions 2 to 64
     */
    record Conjunction(int id, int dimension, int dimensions) implements Action {
        public Conjunction {
            if (dimensions < 2 || dimensions > 64 || dimension < 1 || dimension > dimensions) {
                throw new IllegalArgumentException("%d/%d is not in 1/2 to 64/64".formatted(dimension, dimensions));
            }
        }
    }

    /**
     * Does nothing ({@code NXAST_NOTE}).
     *
     * @param octets in hexadecimal, two digits for each; zeros are added until there are 6 more than a multiple of 8
     */
    record Note(String octets) implements Action {
        private static final int UNIT = 16;
        private static final int REST = 12;

        public Note {
            if (!octets.matches("([0-9a-f]{2})*")) {
                throw new IllegalArgumentException("\"" + octets + "\" is not pairs of hexadecimal digits");
            }
            octets += "0".repeat((REST - octets.length() % UNIT + UNIT) % UNIT);
        }
    }

    /**
     * Executes actions on a copy of the packet, and at their end the action set as it is by then; packet, registers, stack and action set
     * are then as before ({@code NXAST_CLONE}).
     */
    record CloneActions(List<Action> actions) implements Action {
        public CloneActions {
            actions = List.copyOf(actions);
        }
    }

    /** Puts bits of a field on the packet's stack ({@code NXAST_STACK_PUSH}). */
    record Push(Subfield source) implements Action {}

    /** Takes bits off the packet's stack ({@code NXAST_STACK_POP}): the lowest, and zeros where there are fewer. */
    record Pop(Subfield destination) implements Action {}

    /** Ends the packet's way through lists of actions and tables ({@code NXAST_EXIT}); its action set is not executed. */
    record Exit() implements Action {}

    /**
     * Writes to one bit whether the packet, from its Ethernet header on, is longer than that ({@code NXAST_CHECK_PKT_LARGER}).
     *
     * @param length octets, 0 to 65535
     */
    record CheckPacketLarger(int length, Subfield destination) implements Action {
        public CheckPacketLarger {
            if (length < 0 || length > 0xffff) {
                throw new IllegalArgumentException("length " + length + " is not in 0-65535");
            }
        }
    }

    /**
     * Writes one of some links, chosen by a hash ({@code NXAST_MULTIPATH}).
     *
     * @param basis of the hash, 0 to 65535
     * @param links how many there are, 1 to 65536; they are numbered from 0
     * @param argument of {@link LinkAlgorithm#ITER_HASH}, unsigned
     * @param destination has room for the highest link
     */
    record Multipath(
            HashFields fields, int basis, LinkAlgorithm algorithm, int links, int argument, Subfield destination)
            implements Action {
        /** Most links. */
        public static final int MAX_LINKS = 65536;

        public Multipath {
            if (basis < 0 || basis > 0xffff) {
                throw new IllegalArgumentException("basis " + basis + " is not in 0-65535");
            }
            if (links < 1 || links > MAX_LINKS) {
                throw new IllegalArgumentException(links + " links are not 1-65536");
            }
            if (destination.bits() < 17 && links > 1 << destination.bits()) {
                throw new IllegalArgumentException(
                        "%d links need more than the %d bits that are written".formatted(links, destination.bits()));
            }
        }
    }

    /**
     * Outputs to one of some ports that are up, or writes its number ({@code NXAST_BUNDLE}, {@code NXAST_BUNDLE_LOAD}).
     *
     * @param basis of the hash, 0 to 65535
     * @param byWeight chosen by a hash of the packet with highest random weight; otherwise the first that is up
     * @param members OpenFlow port numbers; {@link Ports#ANY} stands for no output
     * @param destination gets the number in its 16-bit form, {@code 0xffff} where no port is up; null to output
     */
    record Bundle(
            HashFields fields,
            int basis,
            boolean byWeight,
            List<Integer> members,
            @Nullable Subfield destination) implements Action {
        /** Most members. */
        public static final int MAX_MEMBERS = 2048;

        public Bundle {
            members = List.copyOf(members);
            if (basis < 0 || basis > 0xffff) {
                throw new IllegalArgumentException("basis " + basis + " is not in 0-65535");
            }
            if (members.size() > MAX_MEMBERS) {
                throw new IllegalArgumentException(members.size() + " members are more than " + MAX_MEMBERS);
            }
            if (destination != null && destination.bits() < 16) {
                throw new IllegalArgumentException(
                        "a port number has 16 bits, but only " + destination.bits() + " are written");
            }
        }
    }

    /**
     * Sends the beginning of the packet to a port ({@code NXAST_OUTPUT_TRUNC}).
     *
     * @param port a real port, {@link Ports#LOCAL} or {@link Ports#IN_PORT}
     * @param maxLength octets from the Ethernet header on, 14 or more
     */
    record OutputTruncated(int port, int maxLength) implements Action {
        /** Shortest beginning: an Ethernet header. */
        public static final int MIN_LENGTH = 14;

        public OutputTruncated {
            if (maxLength < MIN_LENGTH) {
                throw new IllegalArgumentException("maxLength " + maxLength + " is not 14 or more");
            }
        }
    }

    /** Chooses no queue for later outputs ({@code NXAST_POP_QUEUE}). */
    record PopQueue() implements Action {}

    /** Says whether one of the actions, or of those in them, is wanted. */
    static boolean anyMatch(List<Action> actions, Predicate<? super Action> wanted) {
        for (Action action : actions) {
            if (wanted.test(action) || (action instanceof CloneActions clone && anyMatch(clone.actions(), wanted))) {
                return true;
            }
        }
        return false;
    }

    /** Adds or changes a flow that is made of the packet ({@code NXAST_LEARN}, {@code NXAST_LEARN2}). */
    record Learn(LearnSpec spec) implements Action {}

    /**
     * Shortens the timeouts of the flow that contains it when a TCP packet with FIN or RST hits it ({@code NXAST_FIN_TIMEOUT}).
     *
     * @param idleTimeoutSeconds 0 to 65535, 0 to leave the timeout
     * @param hardTimeoutSeconds 0 to 65535, 0 to leave the timeout
     */
    record FinTimeout(int idleTimeoutSeconds, int hardTimeoutSeconds) implements Action {
        public FinTimeout {
            if (idleTimeoutSeconds < 0
                    || idleTimeoutSeconds > 0xffff
                    || hardTimeoutSeconds < 0
                    || hardTimeoutSeconds > 0xffff) {
                throw new IllegalArgumentException(
                        "timeouts %d and %d are not in 0-65535".formatted(idleTimeoutSeconds, hardTimeoutSeconds));
            }
        }
    }
}
