package io.heddle.flow.match;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.packet.GeneveView;
import io.heddle.flow.packet.Octets;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which Geneve option is which {@code tun_metadata} field: the TLV table of a bridge.
 *
 * <p>The values of a packet's options are {@link KeyLayout#TUN_OPTION_WORDS} words: a map of the fields that are there, and {@link #SLOTS}
 * values. Field N has the slot N modulo {@link #SLOTS}, so that a field is at one place in every bridge; two fields with one slot cannot
 * be mapped at a time.
 *
 * <p>Thread safety: immutable; every change makes another table.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8926">RFC 8926 section 3.5</a>; {@code ovs-fields(7)}, "TUNNEL FIELDS"
 */
public final class TunnelOptions {
    /** Nothing is mapped: options are ignored, and none is sent. */
    public static final TunnelOptions NONE = new TunnelOptions(List.of());

    /** Fields: tun_metadata0 to tun_metadata63. */
    public static final int FIELDS = 64;

    /** Places for values. */
    public static final int SLOTS = KeyLayout.TUN_OPTION_WORDS - 1;

    /** Longest option, in octets of data, that can be mapped. */
    public static final int MAX_LENGTH = 8;

    /** Octets of all options that can be sent, with their headers. */
    public static final int MAX_ENCODED = SLOTS * (GeneveView.OPTION_LENGTH + MAX_LENGTH);

    private static final int MAX_WIRE_LENGTH = 124;
    private static final int CRITICAL = 0x80;

    /**
     * One option and its field.
     *
     * @param optionClass who defines the type, 16 bits
     * @param type 8 bits; the first says that the option must be understood
     * @param length octets of data, a multiple of 4
     * @param index N of {@code tun_metadataN}
     */
    public record Option(int optionClass, int type, int length, int index) {}

    private final List<Option> options;

    private TunnelOptions(List<Option> options) {
        this.options = List.copyOf(options);
    }

    /** All of them, by their index. */
    public List<Option> options() {
        return options;
    }

    /** Number in a packet's words of the value of a field, from the map of fields on. */
    public static int slot(int index) {
        return 1 + index % SLOTS;
    }

    /**
     * Maps more options; all or none.
     *
     * @throws FlowException when an option or a field is mapped already, a length is not supported, or there is no room
     */
    public TunnelOptions add(List<Option> added) throws FlowException {
        List<Option> all = new ArrayList<>(options);
        for (int i = 0; i < added.size(); i++) {
            Option option = added.get(i);
            check(option, all, "mappings[" + i + "]");
            all.add(option);
        }
        all.sort(Comparator.comparingInt(Option::index));
        return new TunnelOptions(all);
    }

    private static void check(Option option, List<Option> all, String path) throws FlowException {
        if (option.index < 0 || option.index >= FIELDS) {
            throw new FlowException(
                    ErrorCode.TLV_TABLE_MOD_FAILED_BAD_FIELD_IDX,
                    path + ".index",
                    option.index + " is not in [0, 63]: fields are tun_metadata0 to tun_metadata63");
        }
        if (option.length < 4 || option.length > MAX_WIRE_LENGTH || option.length % 4 != 0) {
            throw new FlowException(
                    ErrorCode.TLV_TABLE_MOD_FAILED_BAD_OPT_LEN,
                    path + ".length",
                    option.length + " is not a multiple of 4 in [4, 124]");
        }
        for (Option other : all) {
            if (other.index == option.index) {
                throw new FlowException(
                        ErrorCode.TLV_TABLE_MOD_FAILED_ALREADY_MAPPED,
                        path + ".index",
                        "tun_metadata" + option.index + " is mapped already: delete that mapping first");
            }
            if (other.optionClass == option.optionClass && other.type == option.type) {
                throw new FlowException(
                        ErrorCode.TLV_TABLE_MOD_FAILED_DUP_ENTRY,
                        path,
                        "the option is mapped to tun_metadata" + other.index + " already");
            }
            if (slot(other.index) == slot(option.index)) {
                throw new FlowException(
                        ErrorCode.TLV_TABLE_MOD_FAILED_TABLE_FULL,
                        path + ".index",
                        "tun_metadata" + option.index + " has its place where tun_metadata" + other.index
                                + " is: map it to another of tun_metadata0 to tun_metadata" + (SLOTS - 1));
            }
        }
        if (option.length > MAX_LENGTH) {
            throw new FlowException(
                    ErrorCode.TLV_TABLE_MOD_FAILED_TABLE_FULL,
                    path + ".length",
                    "there is room for options of " + MAX_LENGTH + " octets, not of " + option.length);
        }
    }

    /**
     * Takes mappings away; what is not mapped is ignored.
     *
     * @param isUsed says of a field's index whether a flow has it
     */
    public TunnelOptions delete(List<Option> deleted, IntPredicate isUsed) throws FlowException {
        List<Option> rest = new ArrayList<>(options);
        rest.removeIf(deleted::contains);
        return withoutUnused(rest, isUsed);
    }

    /** Takes all mappings away. */
    public TunnelOptions clear(IntPredicate isUsed) throws FlowException {
        return withoutUnused(List.of(), isUsed);
    }

    private TunnelOptions withoutUnused(List<Option> rest, IntPredicate isUsed) throws FlowException {
        for (Option option : options) {
            if (!rest.contains(option) && isUsed.test(option.index)) {
                throw new FlowException(
                        ErrorCode.TLV_TABLE_MOD_FAILED_INVALID_TLV_DEL,
                        "mappings",
                        "a flow uses tun_metadata" + option.index + ": delete the flow first");
            }
        }
        return new TunnelOptions(rest);
    }

    // ---- packets

    /**
     * Reads the options of a packet; those that are not mapped are left out, unless they are critical: a packet with an unknown one of those
     * must be dropped (RFC 8926 section 3.5).
     *
     * @param length octets of all options
     * @param words that are written, {@link KeyLayout#TUN_OPTION_WORDS} of them, 0 before
     * @return false if they contradict themselves, one has not the length that it is mapped with, or a critical one is not mapped
     */
    public boolean decode(MemorySegment memory, long at, int length, long[] words) {
        long next = at;
        long end = at + length;
        while (next < end) {
            if (end - next < GeneveView.OPTION_LENGTH) {
                return false;
            }
            long header = Octets.u32(memory, next);
            int octets = (int) (header & 0x1f) * 4;
            long data = next + GeneveView.OPTION_LENGTH;
            if (octets > end - data) {
                return false;
            }
            Option option = find((int) (header >>> 16), (int) (header >>> 8) & 0xff);
            if (option == null && (header >>> 8 & CRITICAL) != 0) {
                return false;
            }
            if (option != null) {
                if (option.length != octets) {
                    return false;
                }
                words[0] |= 1L << option.index;
                words[slot(option.index)] = octets == 4 ? Octets.u32(memory, data) : Octets.u64(memory, data);
            }
            next = data + octets;
        }
        return true;
    }

    private @Nullable Option find(int optionClass, int type) {
        for (int i = 0; i < options.size(); i++) {
            Option option = options.get(i);
            if (option.optionClass == optionClass && option.type == type) {
                return option;
            }
        }
        return null;
    }

    /** Octets that {@link #encode} writes for a packet whose map of fields is {@code present}. */
    public int encodedLength(long present) {
        int length = 0;
        for (int i = 0; i < options.size(); i++) {
            if ((present >>> options.get(i).index & 1) != 0) {
                length += GeneveView.OPTION_LENGTH + options.get(i).length;
            }
        }
        return length;
    }

    /** Says whether a packet with these fields has an option that its receiver must understand. */
    public boolean hasCritical(long present) {
        for (int i = 0; i < options.size(); i++) {
            if ((present >>> options.get(i).index & 1) != 0 && (options.get(i).type & CRITICAL) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Writes the options of a packet in the order of their fields; returns their octets. Fields that are not mapped are left out. */
    public int encode(long[] words, MemorySegment memory, long at) {
        long next = at;
        for (int i = 0; i < options.size(); i++) {
            Option option = options.get(i);
            if ((words[0] >>> option.index & 1) != 0) {
                Octets.put32(memory, next, option.optionClass << 16 | option.type << 8 | option.length / 4);
                next += GeneveView.OPTION_LENGTH;
                long value = words[slot(option.index)];
                if (option.length == 4) {
                    Octets.put32(memory, next, (int) value);
                } else {
                    Octets.put64(memory, next, value);
                }
                next += option.length;
            }
        }
        return (int) (next - at);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TunnelOptions that && options.equals(that.options);
    }

    @Override
    public int hashCode() {
        return options.hashCode();
    }
}
