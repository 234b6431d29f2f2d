# Common functions of the benchmark; sourced. What a caller may set:
#   PREFIX  of network namespaces            RUN      private folder of this run
#   TOOLS   where the generators are         HOSTCPU  core of generator, receiver, iperf3 and ping-pong
#   SWCPU   core of the switch               PIN=0    turns pinning off
H1=${PREFIX}h1 H2=${PREFIX}h2 NS=${PREFIX}sw NS2=${PREFIX}sx
MAC1=02:00:00:00:77:01 MAC2=02:00:00:00:77:02 IP1=10.77.0.1 IP2=10.77.0.2

# Words before a command of the hosts; none without pinning.
PINNED=
[[ $PIN == 1 ]] && PINNED="taskset -c $HOSTCPU"
# For "&" write "ip netns exec": $! is the subshell of a function, not the program.
in_ns() { ip netns exec "$@"; }
# in_switch NETNS COMMAND...: becomes the command, in the namespace and on the core of the switch; for "&": $! is the switch itself.
in_switch() {
  local ns=$1 pinned=()
  shift
  [[ $PIN == 1 ]] && pinned=(taskset -c "$SWCPU")
  exec ip netns exec "$ns" "${pinned[@]}" "$@"
}

quiet_namespace() { in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; }
add_namespace() {
  ip netns add "$1"
  quiet_namespace "$1"
  ip -n "$1" link set lo up
}

# add_host HOST-NETNS SWITCH-NETNS PORT MAC ADDRESS: eth0 in the host, PORT in the switch.
add_host() {
  add_namespace "$1"
  ip -n "$2" link add "$3" type veth peer name eth0 netns "$1"
  ip -n "$1" link set eth0 address "$4" up
  ip -n "$1" addr add "$5/24" dev eth0
  ip -n "$2" link set "$3" up
}

# Two hosts and the switch's namespace. A kind may replace it.
topology_up() {
  add_namespace "$NS"
  add_host "$H1" "$NS" p1 $MAC1 $IP1
  add_host "$H2" "$NS" p2 $MAC2 $IP2
}
topology_down() {
  local ns
  for ns in "$H1" "$H2" "$NS" "$NS2"; do ip netns del "$ns" 2>/dev/null; done
  return 0
}

# switch_devices: "netns device" lines of the switch's ends. A kind may replace it.
switch_devices() { printf '%s\n' "$NS p1" "$NS p2"; }

# offloads on|off: of hosts and of the switch's ends. off: checksums, scatter-gather, TSO, GSO and GRO.
offloads() {
  local features=(tx on sg on tso on gso on gro off) ns device # gro off is the default of veth
  [[ $1 == off ]] && features=(tx off sg off tso off gso off gro off)
  { echo "$H1 eth0"; echo "$H2 eth0"; switch_devices; } | while read -r ns device; do
    in_ns "$ns" ethtool -K "$device" "${features[@]}" >/dev/null 2>&1
  done
  return 0
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local tries=$(($1 * 20)) i
  shift
  for ((i = 0; i < tries; i++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  return 1
}
is_reachable() { in_ns "$H1" ping -c1 -W1 $IP2; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }
stop_process() {
  kill "$1" 2>/dev/null || return 0
  wait_for 5 is_gone "$1" || kill -9 "$1" 2>/dev/null
  wait "$1" 2>/dev/null
  return 0
}

# field NAME: its value from "a=1 b=2" on standard input.
field() { sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p"; }

# cpu_ns PID...: exact CPU time of all threads of these processes, in nanoseconds.
cpu_ns() {
  local pid
  for pid in "$@"; do cat "/proc/$pid"/task/*/schedstat 2>/dev/null; done | awk '{sum += $1} END {printf "%.0f\n", sum}'
}
softirq_threads() { pgrep -x 'ksoftirqd/[0-9]+' | tr '\n' ' '; }
rss_kb() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }

# Busy time of the machine that is not the benchmark's, in percent of a core: how much the neighbours disturb.
busy_now() {
  cat /proc/stat /proc/[0-9]*/stat 2>/dev/null | awk -v root=$$ -v sw=" $(switch_pids | tr '\n' ' ') " -v ks=" $(softirq_threads)" \
    -v up="$(cut -d' ' -f1 /proc/uptime)" '
    $1 == "cpu" { busy = $2 + $3 + $4 + $6 + $7 + $8; next }
    $2 !~ /^\(/ { next }
    { pid = $1; sub(/.*\) /, ""); parent[pid] = $2; own[pid] = $12 + $13; all[pid] = $12 + $13 + $14 + $15 }
    END {
      for (p in parent) {
        if (index(sw, " " p " ") || index(ks, " " p " ")) { ours += own[p]; continue }
        for (q = p; q > 1 && (q in parent); q = parent[q]) if (q == root) { ours += all[p]; break }
      }
      print busy, ours + 0, up
    }'
}
foreign_mark() { MARK=$(busy_now); }
foreign_share() { echo "$MARK $(busy_now)" | awk '{d = $6 - $3; f = ($4 - $1 - $5 + $2) / (d > 0 ? d : 1); printf "%.0f\n", f < 0 ? 0 : f}'; }
# await_quiet SECONDS: until neighbours use less than FOREIGN_MAX percent of a core, or the time is over.
await_quiet() {
  local end=$((SECONDS + $1))
  while ((SECONDS < end)); do
    foreign_mark
    sleep 0.3
    (($(foreign_share) <= FOREIGN_MAX)) && return 0
  done
  return 1
}

# A private Open vSwitch: ovs_up FOLDER NETNS; ovs_down FOLDER.
ovs_up() {
  local dir=$1 ns=$2
  rm -rf "$dir"
  mkdir -p "$dir"
  ovsdb-tool create "$dir/conf.db" /usr/share/openvswitch/vswitch.ovsschema
  OVS_RUNDIR=$dir OVS_LOGDIR=$dir ovsdb-server "$dir/conf.db" --remote=punix:"$dir/db.sock" --unixctl="$dir/db.ctl" \
    --pidfile="$dir/db.pid" --log-file="$dir/db.log" -vconsole:off --detach --no-chdir 2>/dev/null
  ovs_set "$dir" init
  ovs_set "$dir" set Open_vSwitch . other_config:pmd-cpu-mask=0x$(printf %x $((1 << SWCPU))) ${OVS_OTHER:-}
  ovs_daemon "$dir" "$ns"
}
ovs_daemon() { # FOLDER NETNS: ovs-vswitchd alone, with what its database has
  local dir=$1 ns=$2 pinned=()
  [[ $PIN == 1 ]] && pinned=(taskset -c "$SWCPU")
  OVS_RUNDIR=$dir OVS_LOGDIR=$dir ip netns exec "$ns" "${pinned[@]}" ovs-vswitchd unix:"$dir/db.sock" --unixctl="$dir/vs.ctl" \
    --pidfile="$dir/vs.pid" --log-file="$dir/vs.log" -vconsole:off --detach --no-chdir 2>/dev/null
}
ovs_set() { OVS_RUNDIR=$1 ovs-vsctl --db=unix:"$1/db.sock" --no-wait "${@:2}"; }
ovs_set_and_wait() { OVS_RUNDIR=$1 timeout 20 ovs-vsctl --db=unix:"$1/db.sock" "${@:2}"; }
ovs_down() {
  local dir=$1 name pid
  for name in vs db; do
    pid=$(cat "$dir/$name.pid" 2>/dev/null) && stop_process "$pid"
  done
  return 0
}

# A Heddle switch: heddle_up FOLDER NETNS < the bridges' YAML; sets HEDDLE_PID.
heddle_up() {
  local dir=$1 ns=$2
  rm -rf "$dir"
  mkdir -p "$dir"
  {
    echo "switch: { grpc: { listen: [\"unix:$dir/switch.sock\"] }, metrics: { listen: \"127.0.0.1:9464\" }, state: $dir/state }"
    cat
  } >"$dir/switch.yaml"
  heddle_daemon "$dir" "$ns"
}
heddle_daemon() { # FOLDER NETNS: the switch with the file and the state of the folder
  local dir=$1 ns=$2
  HEDDLE_BUILD=never in_switch "$ns" "$ROOT/heddle" switch --config "$dir/switch.yaml" >"$dir/log" 2>&1 &
  HEDDLE_PID=$!
  wait_for 30 grep -q ready "$dir/log" || {
    cat "$dir/log" >&2
    return 1
  }
}
