# Common part of the tunnel kinds: two switches, each with one host, joined by an underlay cable (u1 - u2).
topology_up() {
  add_namespace "$NS"
  add_namespace "$NS2"
  add_host "$H1" "$NS" p1 $MAC1 $IP1
  add_host "$H2" "$NS2" p2 $MAC2 $IP2
  ip -n "$NS" link add u1 type veth peer name u2 netns "$NS2"
  ip -n "$NS" link set u1 up
  ip -n "$NS2" link set u2 up
  ip -n "$H1" link set eth0 mtu 1450
  ip -n "$H2" link set eth0 mtu 1450
}
switch_devices() { printf '%s\n' "$NS p1" "$NS u1" "$NS2 p2" "$NS2 u2"; }
switch_add_port() { :; }
