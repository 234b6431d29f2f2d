# Open vSwitch's user-space datapath on system ports with userspace-tso-enable: carries what its hosts do not segment.
OVS_OTHER="other_config:userspace-tso-enable=true"
. "$HERE/kinds/ovs-system.sh"
