# The kernel's vxlan device in the kernel's bridge.
. "$HERE/kinds/vxlan.sh"
one_end() { # NETNS UNDERLAY LOCAL REMOTE PORT
  ip -n "$1" addr add "$3/24" dev "$2"
  ip -n "$1" link add vx0 type vxlan id 77 dstport 4789 local "$3" remote "$4" dev "$2"
  ip -n "$1" link add br0 type bridge
  ip -n "$1" link set br0 up
  ip -n "$1" link set vx0 master br0 up
  ip -n "$1" link set "$5" master br0
}
switch_start() {
  one_end "$NS" u1 10.99.0.1 10.99.0.2 p1
  one_end "$NS2" u2 10.99.0.2 10.99.0.1 p2
}
