# Common part of the kinds with TAP ports: a host is the kernel's end of a TAP whose other end the switch has open.
topology_up() {
  add_namespace "$NS"
  add_namespace "$H1"
  add_namespace "$H2"
}
switch_devices() { :; }
switch_add_port() { :; }
# plug_host HOST-NETNS TAP MAC ADDRESS: gives a TAP of the switch's to the host.
plug_host() {
  wait_for 10 ip -n "$NS" link show "$2" || return 1
  ip -n "$NS" link set "$2" netns "$1" name eth0
  ip -n "$1" link set eth0 address "$3" up
  ip -n "$1" addr add "$4/24" dev eth0
}
plug_hosts() {
  plug_host "$H1" t1 $MAC1 $IP1
  plug_host "$H2" t2 $MAC2 $IP2
}
