package io.heddle.flow.match;

/**
 * The id of a match field on the wire: a class, a field number in it and, for the experimenter class, whose it is.
 *
 * @param oxmClass {@code OFPXMC_*}, 16 bits
 * @param field field number, 7 bits; for the experimenter class the experimenter's own 7-bit number
 * @param experimenter experimenter id, 0 unless {@code oxmClass} is {@link #EXPERIMENTER}
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.2.3.2</a>
 */
public record OxmId(int oxmClass, int field, int experimenter) {
    /** {@code OFPXMC_NXM_0}. */
    public static final int NXM_0 = 0x0000;

    /** {@code OFPXMC_NXM_1}. */
    public static final int NXM_1 = 0x0001;

    /** {@code OFPXMC_OPENFLOW_BASIC}. */
    public static final int OPENFLOW_BASIC = 0x8000;

    /** {@code OFPXMC_PACKET_REGS} (OpenFlow 1.5). */
    public static final int PACKET_REGS = 0x8001;

    /** {@code OFPXMC_EXPERIMENTER}. */
    public static final int EXPERIMENTER = 0xffff;

    /** Experimenter id of the Open Networking Foundation. */
    public static final int ONF = 0x4f4e4600;

    /** Experimenter id of Nicira. */
    public static final int NICIRA = 0x00002320;

    /** Experimenter id of the NSH fields. */
    public static final int NSH = 0x005ad650;

    /** The class of Ericsson's fields, which Open vSwitch has. */
    public static final int ERICSSON = 0x1000;

    public OxmId {
        if (oxmClass < 0 || oxmClass > 0xffff || field < 0 || field > 0x7f) {
            throw new IllegalArgumentException(
                    "class " + oxmClass + " is not in 0-65535 or field " + field + " not in 0-127");
        }
    }

    static OxmId basic(int field) {
        return new OxmId(OPENFLOW_BASIC, field, 0);
    }

    static OxmId nxm0(int field) {
        return new OxmId(NXM_0, field, 0);
    }

    static OxmId nxm1(int field) {
        return new OxmId(NXM_1, field, 0);
    }

    static OxmId packetRegister(int field) {
        return new OxmId(PACKET_REGS, field, 0);
    }

    static OxmId onf(int field) {
        return new OxmId(EXPERIMENTER, field, ONF);
    }

    static OxmId nicira(int field) {
        return new OxmId(EXPERIMENTER, field, NICIRA);
    }

    static OxmId nsh(int field) {
        return new OxmId(EXPERIMENTER, field, NSH);
    }

    static OxmId ericsson(int field) {
        return new OxmId(ERICSSON, field, 0);
    }
}
