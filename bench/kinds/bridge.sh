# The kernel's bridge.
switch_start() { ip -n "$NS" link add br0 type bridge stp_state 0 && ip -n "$NS" link set br0 up; }
switch_add_port() { ip -n "$NS" link set "$1" master br0; }
