# Open vSwitch's user-space tunnel on system ports; the underlay's address is on a bridge of its own, as it asks for.
. "$HERE/kinds/vxlan.sh"
one_end() { # FOLDER NETNS UNDERLAY LOCAL REMOTE PORT
  ovs_up "$1" "$2"
  ovs_set "$1" add-br brp -- set bridge brp datapath_type=netdev -- add-br br0 -- set bridge br0 datapath_type=netdev
  ovs_set_and_wait "$1" add-port brp "$3"
  ovs_set_and_wait "$1" add-port br0 "$6"
  ovs_set_and_wait "$1" add-port br0 vx0 -- set interface vx0 type=vxlan options:remote_ip="$5" options:key=77
  ip -n "$2" addr add "$4/24" dev brp
  ip -n "$2" link set brp up
}
switch_start() {
  one_end "$RUN/ovs" "$NS" u1 10.99.0.1 10.99.0.2 p1
  one_end "$RUN/ovs2" "$NS2" u2 10.99.0.2 10.99.0.1 p2
}
switch_pids() { cat "$RUN/ovs/vs.pid" "$RUN/ovs2/vs.pid" 2>/dev/null; }
switch_stop() {
  ovs_down "$RUN/ovs"
  ovs_down "$RUN/ovs2"
}
