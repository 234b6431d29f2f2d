# Open vSwitch's internal ports, which are TAPs in its user-space datapath.
. "$HERE/kinds/ovs-system.sh"
. "$HERE/kinds/tap.sh"
switch_commit() {
  local port
  for port in t1 t2; do ovs_set_and_wait "$RUN/ovs" add-port br0 $port -- set interface $port type=internal; done
  plug_hosts
}
