# No switch: the two hosts share one veth pair. What everything else is compared with.
topology_up() {
  add_namespace "$H1"
  add_namespace "$H2"
  ip -n "$H1" link add eth0 type veth peer name eth0 netns "$H2"
  ip -n "$H1" link set eth0 address $MAC1 up
  ip -n "$H2" link set eth0 address $MAC2 up
  ip -n "$H1" addr add $IP1/24 dev eth0
  ip -n "$H2" addr add $IP2/24 dev eth0
}
switch_devices() { :; }
switch_add_port() { :; }
