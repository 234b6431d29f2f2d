package io.heddle.datapath.buffer;

import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.TunnelOptions;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Tunnel header fields of a packet, as match fields {@code tun_*} have them: of the tunnel it came through, and then of the tunnel
 * it is to be sent through. All zero for a packet without a tunnel.
 *
 * <p>Thread safety: that of the packet.
 */
public final class TunnelMetadata {
    private long id;
    private int source;
    private int destination;
    private long source6High;
    private long source6Low;
    private long destination6High;
    private long destination6Low;
    private int flags;
    private int tos;
    private int ttl;
    private int sourcePort;
    private int destinationPort;
    private int gbpId;
    private int gbpFlags;

    /** Map and values of the {@code tun_metadata} fields, as {@link TunnelOptions} has them; all 0 unless {@code hasOptions}. */
    private final long[] options = new long[KeyLayout.TUN_OPTION_WORDS];

    private boolean hasOptions;

    /** Sets everything to 0. */
    public void clear() {
        clearOptions();
        id = 0;
        source = 0;
        destination = 0;
        source6High = 0;
        source6Low = 0;
        destination6High = 0;
        destination6Low = 0;
        flags = 0;
        tos = 0;
        ttl = 0;
        sourcePort = 0;
        destinationPort = 0;
        gbpId = 0;
        gbpFlags = 0;
    }

    /** Takes over all fields. */
    public void copyFrom(TunnelMetadata other) {
        id = other.id;
        source = other.source;
        destination = other.destination;
        source6High = other.source6High;
        source6Low = other.source6Low;
        destination6High = other.destination6High;
        destination6Low = other.destination6Low;
        flags = other.flags;
        tos = other.tos;
        ttl = other.ttl;
        sourcePort = other.sourcePort;
        destinationPort = other.destinationPort;
        gbpId = other.gbpId;
        gbpFlags = other.gbpFlags;
        if (other.hasOptions) {
            System.arraycopy(other.options, 0, options, 0, options.length);
            hasOptions = true;
        } else {
            clearOptions();
        }
    }

    private void clearOptions() {
        if (hasOptions) {
            Arrays.fill(options, 0);
            hasOptions = false;
        }
    }

    /** Says whether there is a tunnel: a destination address is set. */
    public boolean isPresent() {
        return destination != 0 || destination6High != 0 || destination6Low != 0;
    }

    /** Returns {@code tun_id}, the VNI of VXLAN. */
    public long id() {
        return id;
    }

    /** Sets {@link #id()}. */
    public void setId(long value) {
        id = value;
    }

    /** Returns {@code tun_src}: 10.0.0.1 is 0x0a000001. */
    public int source() {
        return source;
    }

    /** Returns {@code tun_dst}. */
    public int destination() {
        return destination;
    }

    /** Sets the IPv4 addresses of the outer header. */
    public void setAddresses(int source, int destination) {
        this.source = source;
        this.destination = destination;
    }

    /** Returns the first 64 bits of {@code tun_ipv6_src}. */
    public long source6High() {
        return source6High;
    }

    /** Returns the last 64 bits of {@code tun_ipv6_src}. */
    public long source6Low() {
        return source6Low;
    }

    /** Returns the first 64 bits of {@code tun_ipv6_dst}. */
    public long destination6High() {
        return destination6High;
    }

    /** Returns the last 64 bits of {@code tun_ipv6_dst}. */
    public long destination6Low() {
        return destination6Low;
    }

    /** Sets {@code tun_ipv6_src}. */
    public void setSource6(long high, long low) {
        source6High = high;
        source6Low = low;
    }

    /** Sets {@code tun_ipv6_dst}. */
    public void setDestination6(long high, long low) {
        destination6High = high;
        destination6Low = low;
    }

    /** Returns {@code tun_flags} (16 bits; bit 0 = OAM) and what the tunnel implementations add. */
    public int flags() {
        return flags;
    }

    /** Sets {@link #flags()}. */
    public void setFlags(int value) {
        flags = value;
    }

    /** Returns the outer IP header's TOS or traffic class. */
    public int tos() {
        return tos;
    }

    /** Sets {@link #tos()}. */
    public void setTos(int value) {
        tos = value;
    }

    /** Returns the outer IP header's TTL or hop limit. */
    public int ttl() {
        return ttl;
    }

    /** Sets {@link #ttl()}. */
    public void setTtl(int value) {
        ttl = value;
    }

    /** Returns the outer UDP source port. */
    public int sourcePort() {
        return sourcePort;
    }

    /** Returns the outer UDP destination port. */
    public int destinationPort() {
        return destinationPort;
    }

    /** Sets the outer UDP ports. */
    public void setPorts(int source, int destination) {
        sourcePort = source;
        destinationPort = destination;
    }

    /** Returns {@code tun_gbp_id}, the VXLAN group policy id. */
    public int gbpId() {
        return gbpId;
    }

    /** Returns {@code tun_gbp_flags}. */
    public int gbpFlags() {
        return gbpFlags;
    }

    /** Sets the VXLAN group policy fields. */
    public void setGbp(int policyId, int policyFlags) {
        gbpId = policyId;
        gbpFlags = policyFlags;
    }

    /** Says whether any {@code tun_metadata} field was set. */
    public boolean hasOptions() {
        return hasOptions;
    }

    /** Returns the words of the {@code tun_metadata} fields, {@link KeyLayout#TUN_OPTION_WORDS} of them: to be read only. */
    public long[] options() {
        return options;
    }

    /** Sets one of the words of {@link #options}. */
    public void setOptionWord(int index, long value) {
        options[index] = value;
        hasOptions = true;
    }

    /**
     * Sets the {@code tun_metadata} fields from the options of a Geneve header.
     *
     * @return as {@link TunnelOptions#decode}
     */
    public boolean readOptions(TunnelOptions table, MemorySegment memory, long at, int length) {
        clearOptions();
        hasOptions = true;
        return table.decode(memory, at, length, options);
    }
}
