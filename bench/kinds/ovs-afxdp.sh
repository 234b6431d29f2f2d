# Open vSwitch's user-space datapath on AF_XDP ports, native mode.
OVS_INTERFACE="type=afxdp options:xdp-mode=native options:n_rxq=1"
. "$HERE/kinds/ovs-system.sh"
