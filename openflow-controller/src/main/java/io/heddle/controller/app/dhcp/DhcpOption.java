package io.heddle.controller.app.dhcp;

import java.util.List;

/**
 * The options that the server knows: one line each.
 *
 * @param code on the wire
 * @param name in logs
 * @param codec of the value
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2132">RFC 2132</a>; 82: RFC 3046; 119: RFC 3397; 121: RFC 3442
 */
record DhcpOption<T>(int code, String name, OptionCodec<T> codec) {
    static final int PAD = 0;
    static final int END = 255;

    // spotless:off
    static final DhcpOption<Integer>       SUBNET_MASK           = new DhcpOption<>(1,   "subnet-mask",           OptionCodec.ADDRESS);
    static final DhcpOption<List<Integer>> ROUTERS               = new DhcpOption<>(3,   "routers",               OptionCodec.ADDRESSES);
    static final DhcpOption<List<Integer>> DNS_SERVERS           = new DhcpOption<>(6,   "dns-servers",           OptionCodec.ADDRESSES);
    static final DhcpOption<String>        HOST_NAME             = new DhcpOption<>(12,  "host-name",             OptionCodec.TEXT);
    static final DhcpOption<String>        DOMAIN_NAME           = new DhcpOption<>(15,  "domain-name",           OptionCodec.TEXT);
    static final DhcpOption<Integer>       INTERFACE_MTU         = new DhcpOption<>(26,  "interface-mtu",         OptionCodec.U16);
    static final DhcpOption<Integer>       BROADCAST_ADDRESS     = new DhcpOption<>(28,  "broadcast-address",     OptionCodec.ADDRESS);
    static final DhcpOption<List<Integer>> NTP_SERVERS           = new DhcpOption<>(42,  "ntp-servers",           OptionCodec.ADDRESSES);
    static final DhcpOption<byte[]>        VENDOR_INFORMATION    = new DhcpOption<>(43,  "vendor-information",    OptionCodec.OCTETS);
    static final DhcpOption<Integer>       REQUESTED_ADDRESS     = new DhcpOption<>(50,  "requested-address",     OptionCodec.ADDRESS);
    static final DhcpOption<Long>          LEASE_TIME            = new DhcpOption<>(51,  "lease-time",            OptionCodec.U32);
    static final DhcpOption<Integer>       OVERLOAD              = new DhcpOption<>(52,  "overload",              OptionCodec.U8);
    static final DhcpOption<Integer>       MESSAGE_TYPE          = new DhcpOption<>(53,  "message-type",          OptionCodec.U8);
    static final DhcpOption<Integer>       SERVER_IDENTIFIER     = new DhcpOption<>(54,  "server-identifier",     OptionCodec.ADDRESS);
    static final DhcpOption<List<Integer>> PARAMETER_REQUESTS    = new DhcpOption<>(55,  "parameter-requests",    OptionCodec.CODES);
    static final DhcpOption<String>        MESSAGE               = new DhcpOption<>(56,  "message",               OptionCodec.TEXT);
    static final DhcpOption<Integer>       MAX_MESSAGE_SIZE      = new DhcpOption<>(57,  "max-message-size",      OptionCodec.U16);
    static final DhcpOption<Long>          RENEWAL_TIME          = new DhcpOption<>(58,  "renewal-time",          OptionCodec.U32);
    static final DhcpOption<Long>          REBINDING_TIME        = new DhcpOption<>(59,  "rebinding-time",        OptionCodec.U32);
    static final DhcpOption<String>        VENDOR_CLASS          = new DhcpOption<>(60,  "vendor-class",          OptionCodec.TEXT);
    static final DhcpOption<byte[]>        CLIENT_IDENTIFIER     = new DhcpOption<>(61,  "client-identifier",     OptionCodec.OCTETS);
    static final DhcpOption<String>        TFTP_SERVER_NAME      = new DhcpOption<>(66,  "tftp-server-name",      OptionCodec.TEXT);
    static final DhcpOption<String>        BOOTFILE_NAME         = new DhcpOption<>(67,  "bootfile-name",         OptionCodec.TEXT);
    static final DhcpOption<byte[]>        RELAY_INFORMATION     = new DhcpOption<>(82,  "relay-information",     OptionCodec.OCTETS);
    static final DhcpOption<List<String>>  DOMAIN_SEARCH         = new DhcpOption<>(119, "domain-search",         OptionCodec.DOMAINS);
    static final DhcpOption<List<Route>>   CLASSLESS_ROUTES      = new DhcpOption<>(121, "classless-routes",      OptionCodec.ROUTES);
    // spotless:on

    /** Every option of the table. */
    static final List<DhcpOption<?>> ALL = List.of(
            SUBNET_MASK,
            ROUTERS,
            DNS_SERVERS,
            HOST_NAME,
            DOMAIN_NAME,
            INTERFACE_MTU,
            BROADCAST_ADDRESS,
            NTP_SERVERS,
            VENDOR_INFORMATION,
            REQUESTED_ADDRESS,
            LEASE_TIME,
            OVERLOAD,
            MESSAGE_TYPE,
            SERVER_IDENTIFIER,
            PARAMETER_REQUESTS,
            MESSAGE,
            MAX_MESSAGE_SIZE,
            RENEWAL_TIME,
            REBINDING_TIME,
            VENDOR_CLASS,
            CLIENT_IDENTIFIER,
            TFTP_SERVER_NAME,
            BOOTFILE_NAME,
            RELAY_INFORMATION,
            DOMAIN_SEARCH,
            CLASSLESS_ROUTES);
}
