package io.heddle.datapath.os;

import io.heddle.flow.match.Bits;
import io.heddle.flow.text.AddressText;

/**
 * An IPv4 or IPv6 address in two words, so that packets' addresses can be compared without an object: an IPv4 address is the mapped
 * address {@code ::ffff:10.0.0.1}, and zero is no address.
 *
 * <p>Thread safety: immutable.
 *
 * @param high first 64 bits
 * @param low last 64 bits
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4291">RFC 4291 section 2.5.5.2</a>
 */
public record IpAddress(long high, long low) {
    /** No address. */
    public static final IpAddress NONE = new IpAddress(0, 0);

    private static final long MAPPED = 0xffff_00000000L;

    /** The second word of an IPv4 address; the first is 0. */
    public static long mapped(int address) {
        return MAPPED | address & 0xffffffffL;
    }

    /** Says whether two words are an IPv4 address. */
    public static boolean isIpv4(long high, long low) {
        return high == 0 && (low & 0xffffffff_00000000L) == MAPPED;
    }

    /** An IPv4 address: 10.0.0.1 is 0x0a000001. */
    public static IpAddress ipv4(int address) {
        return new IpAddress(0, mapped(address));
    }

    public boolean isNone() {
        return high == 0 && low == 0;
    }

    public boolean isIpv4() {
        return isIpv4(high, low);
    }

    /** Neither IPv4 nor none. */
    public boolean isIpv6() {
        return !isIpv4() && !isNone();
    }

    /** The address of 32 bits; valid iff {@link #isIpv4}. */
    public int ipv4() {
        return (int) low;
    }

    /** {@code 10.0.0.1} or {@code fd00::1}; empty for none. */
    @Override
    public String toString() {
        return isNone() ? "" : isIpv4() ? AddressText.ipv4(ipv4()) : AddressText.ipv6(new Bits(high, low));
    }
}
