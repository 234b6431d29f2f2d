#!/bin/sh
# shellcheck disable=SC2154 # what udhcpc says stands in the environment
# What busybox' udhcpc calls with a lease, for hosts in network namespaces: sets address, MTU and default route of the
# interface and nothing else. /etc is not the namespace's own.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/${mask:-24}" dev "$interface"
[ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
[ -n "$router" ] && ip route replace default via "${router%% *}"
exit 0
