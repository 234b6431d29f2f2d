package io.heddle.controller.app.dhcp;

/** IPv4 addresses from {@code first} to {@code last}, both included. */
public record AddressRange(int first, int last) {
    public AddressRange {
        if (Integer.compareUnsigned(first, last) > 0) {
            throw new IllegalArgumentException(
                    "range %s-%s ends before it begins".formatted(DhcpNetwork.text(first), DhcpNetwork.text(last)));
        }
    }

    /** Number of addresses. */
    public long size() {
        return (last & 0xffffffffL) - (first & 0xffffffffL) + 1;
    }

    public boolean contains(int ip) {
        return Integer.compareUnsigned(first, ip) <= 0 && Integer.compareUnsigned(ip, last) <= 0;
    }
}
