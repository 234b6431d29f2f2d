# Open vSwitch's user-space datapath on system ports (AF_PACKET).
switch_start() {
  ovs_up "$RUN/ovs" "$NS"
  ovs_set "$RUN/ovs" add-br br0 -- set bridge br0 datapath_type=netdev
}
switch_add_port() { ovs_set_and_wait "$RUN/ovs" add-port br0 "$1" -- set interface "$1" ${OVS_INTERFACE:-type=system}; }
switch_flows() {
  ovs_up "$RUN/ovs" "$NS"
  ovs_set_and_wait "$RUN/ovs" add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure
}
switch_openflow() { echo "unix:$RUN/ovs/br0.mgmt"; }
switch_pids() { cat "$RUN/ovs/vs.pid" 2>/dev/null; }
switch_stop() { ovs_down "$RUN/ovs"; }
switch_restart() { ovs_daemon "$RUN/ovs" "$NS"; }
switch_forget_megaflows() { OVS_RUNDIR=$RUN/ovs ovs-appctl --target="$RUN/ovs/vs.ctl" dpctl/del-flows netdev@ovs-netdev; }
