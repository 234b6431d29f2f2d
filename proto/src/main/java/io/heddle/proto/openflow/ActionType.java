package io.heddle.proto.openflow;

import java.util.Optional;

/**
 * Kinds of actions with their numbers in each version ({@code OFPAT_*}).
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.2.5</a>
 */
@SuppressWarnings("EnumOrdinal") // the columns of the table are in the order of the versions
public enum ActionType {
    // spotless:off
    //                  1.0     1.1     1.2     1.3     1.4     1.5
    OUTPUT(               0,      0,      0,      0,      0,      0),
    SET_VLAN_VID(         1,      1,     -1,     -1,     -1,     -1),
    SET_VLAN_PCP(         2,      2,     -1,     -1,     -1,     -1),
    SET_DL_SRC(           4,      3,     -1,     -1,     -1,     -1),
    SET_DL_DST(           5,      4,     -1,     -1,     -1,     -1),
    SET_NW_SRC(           6,      5,     -1,     -1,     -1,     -1),
    SET_NW_DST(           7,      6,     -1,     -1,     -1,     -1),
    SET_NW_TOS(           8,      7,     -1,     -1,     -1,     -1),
    SET_NW_ECN(          -1,      8,     -1,     -1,     -1,     -1),
    SET_TP_SRC(           9,      9,     -1,     -1,     -1,     -1),
    SET_TP_DST(          10,     10,     -1,     -1,     -1,     -1),
    ENQUEUE(             11,     -1,     -1,     -1,     -1,     -1),
    COPY_TTL_OUT(        -1,     11,     11,     11,     11,     11),
    COPY_TTL_IN(         -1,     12,     12,     12,     12,     12),
    SET_MPLS_LABEL(      -1,     13,     -1,     -1,     -1,     -1),
    SET_MPLS_TC(         -1,     14,     -1,     -1,     -1,     -1),
    SET_MPLS_TTL(        -1,     15,     15,     15,     15,     15),
    DEC_MPLS_TTL(        -1,     16,     16,     16,     16,     16),
    PUSH_VLAN(           -1,     17,     17,     17,     17,     17),
    POP_VLAN(             3,     18,     18,     18,     18,     18),
    PUSH_MPLS(           -1,     19,     19,     19,     19,     19),
    POP_MPLS(            -1,     20,     20,     20,     20,     20),
    SET_QUEUE(           -1,     21,     21,     21,     21,     21),
    GROUP(               -1,     22,     22,     22,     22,     22),
    SET_NW_TTL(          -1,     23,     23,     23,     23,     23),
    DEC_NW_TTL(          -1,     24,     24,     24,     24,     24),
    SET_FIELD(           -1,     -1,     25,     25,     25,     25),
    PUSH_PBB(            -1,     -1,     -1,     26,     26,     26),
    POP_PBB(             -1,     -1,     -1,     27,     27,     27),
    COPY_FIELD(          -1,     -1,     -1,     -1,     -1,     28),
    METER(               -1,     -1,     -1,     -1,     -1,     29),
    EXPERIMENTER(    0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff);
    // spotless:on

    private final int[] numbers;

    ActionType(int... numbers) {
        this.numbers = numbers;
    }

    /** The number on the wire, -1 when the version does not have this kind of action. */
    public int number(OpenFlowVersion version) {
        return numbers[version.ordinal()];
    }

    /** The kind of action with that number. */
    public static Optional<ActionType> of(OpenFlowVersion version, int number) {
        for (ActionType type : values()) {
            if (type.number(version) == number) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
