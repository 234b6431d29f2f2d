#!/usr/bin/env bash
# measure.sh KIND ROUND OUT.csv TEST...: measures one kind of switch once and appends "round,kind,metric,value" lines.
# Tests: tcp-on tcp-off pps rr megaflows setup start flows scale. bench.sh sets the environment (see lib.sh).
#
# A measurement during which neighbours on this machine used more than FOREIGN_MAX percent of a core is repeated, up to
# TRIES times, and the least disturbed one is kept; how much they used is written as foreign_METRIC.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
kind=$1 round=$2 out=$3
shift 3
switch_start() { :; }
switch_add_port() { :; }
switch_commit() { :; }
switch_pids() { :; }
switch_stop() { :; }
switch_forget_megaflows() { :; }
. "$HERE/kinds/$kind.sh"

server=
cleanup() {
  [[ -n $server ]] && kill "$server" 2>/dev/null
  switch_stop
  topology_down
}
trap cleanup EXIT
trap 'exit 130' INT TERM

emit() { echo "$round,$kind,$1,$2" >>"$out"; }
say() { printf '  round %s  %-13s %s\n' "$round" "$kind" "$1" >&2; }

# repeat FUNCTION ARGUMENT...: the function prints "metric value" lines and calls foreign_mark when its busy part begins.
repeat() {
  local try share best=1000000 metric value name
  for ((try = 0; try < TRIES; try++)); do
    await_quiet "$QUIET_S"
    foreign_mark
    "$@" >"$RUN/lines" 2>>"$RUN/errors"
    share=$(foreign_share)
    if ((share < best)); then
      best=$share
      cp "$RUN/lines" "$RUN/best"
    fi
    ((share <= FOREIGN_MAX)) && break
  done
  name=
  while read -r metric value; do
    emit "$metric" "$value"
    [[ -n $name ]] || { name=$metric; say "$metric = $value"; }
  done <"$RUN/best"
  emit "foreign_$name" "$best"
}

tcp() { # on|off
  ip netns exec "$H2" $PINNED iperf3 -s -1 >/dev/null 2>&1 &
  server=$!
  wait_for 3 in_ns "$H2" sh -c 'ss -ltn | grep -q :5201'
  local cpu before=0 bytes rate
  before=$(cpu_ns $(switch_pids))
  in_ns "$H1" timeout $((TCP_S + 9)) $PINNED iperf3 -c $IP2 -t "$TCP_S" -O 1 --connect-timeout 2000 -J >"$RUN/iperf.json" 2>/dev/null
  cpu=$(($(cpu_ns $(switch_pids)) - before))
  wait_for 1 is_gone "$server" || kill "$server"
  wait "$server" 2>/dev/null
  server=
  rate=$(jq -r '.end.sum_received.bits_per_second // 0' "$RUN/iperf.json" 2>/dev/null || echo 0)
  awk -v m="tcp_$1" -v r="$rate" -v cpu="$cpu" -v s="$TCP_S" 'BEGIN {
    printf "%s_gbps %.3f\n", m, r / 1e9
    # The first second, which iperf3 leaves out, is in the CPU time too.
    if (cpu > 5e7) printf "%s_gbit_per_cpu_s %.3f\n", m, r / 1e9 * (s + 1) / (cpu / 1e9)
  }'
}

pps() { traffic "pps_$1" -f "$1"; } # FLOWS
traffic() { # NAME PFGEN-OPTION...
  local receiver sender sw0 sw1 ks0 ks1 counted
  rm -f "$RUN/received"
  ip netns exec "$H2" taskset -c "$SWCPU" "$TOOLS/pfrx" -i eth0 -C "$RUN/received" -w 1 -t "$PPS_S" >"$RUN/rx" &
  receiver=$!
  wait_for 3 test -s "$RUN/received"
  sw0=$(cpu_ns $(switch_pids)) ks0=$(cpu_ns $(softirq_threads))
  ip netns exec "$H1" "$TOOLS/pfgen" -i eth0 -d $MAC2 -c "$HOSTCPU" "${@:2}" -t $((PPS_S + 1)) >"$RUN/tx" 2>&1 &
  sender=$!
  wait "$sender"
  sw1=$(cpu_ns $(switch_pids)) ks1=$(cpu_ns $(softirq_threads))
  wait "$receiver"
  counted=$(cat "$RUN/received")
  # What the bottleneck's CPU time is: the switch's, or for kernel paths the generator's, in whose context they run.
  awk -v f="$1" -v p="$(field pps <"$RUN/rx")" -v n="$counted" -v sw=$((sw1 - sw0)) -v ks=$((ks1 - ks0)) -v run="$(field run <"$RUN/tx")" 'BEGIN {
    printf "%s %.0f\n", f, p
    printf "%s_per_cpu_s %.0f\n", f, n / (sw > 5e7 ? sw / 1e9 : run + ks / 1e9)
  }'
}

rr() { # u|T
  ip netns exec "$H2" "$TOOLS/pingpong" -l "-$1" -c "$HOSTCPU" &
  server=$!
  sleep 0.2
  in_ns "$H1" timeout 20 "$TOOLS/pingpong" -h $IP2 "-$1" -w 1 -t $((RR_S + 1)) -c "$HOSTCPU" >"$RUN/rr"
  kill "$server"
  wait "$server" 2>/dev/null
  server=
  local q
  for q in p50 p99 p999; do echo "rr_${1,,}_${q}_us $(field ${q}_us <"$RUN/rr")"; done
}

flows() {
  add_namespace "$NS"
  switch_flows
  local address n=$FLOWS rss before i
  address=$(switch_openflow)
  # Rates of all passes are written, the report takes the median: a JVM's code is not warm in the first ones.
  for ((i = 0; i < 9; i++)); do
    emit flows_add_per_s "$("$TOOLS/ofbench" "$address" add -n "$n" | field rate)"
    emit flows_modify_per_s "$("$TOOLS/ofbench" "$address" mod -n "$n" | field rate)"
    emit flows_dump_s "$("$TOOLS/ofbench" "$address" stats | field secs)"
    emit flows_delete_per_s "$("$TOOLS/ofbench" "$address" del -n "$n" | field rate)"
  done
  say "flow-mods, nine passes of $n"
  before=$(date +%s%N)
  awk -v n="$n" 'BEGIN {for (i = 0; i < n; i++) printf "priority=100,ip,nw_dst=11.%d.%d.%d,actions=output:2\n", i / 65536 % 256, i / 256 % 256, i % 256}' >"$RUN/flows"
  before=$(date +%s%N)
  ovs-ofctl -O OpenFlow13 add-flows "$address" "$RUN/flows" && emit flows_ofctl_s "$(awk -v a="$before" -v b="$(date +%s%N)" 'BEGIN {print (b - a) / 1e9}')"
  rss=$(rss_kb $(switch_pids))
  emit flows_rss_mb $((rss / 1024))
  say "flow-mods by ovs-ofctl; resident $((rss / 1024)) MB"
}

# Many flows: how long they take, and what each of them costs in resident memory once the switch is idle again.
scale() {
  add_namespace "$NS"
  switch_flows
  local address before
  address=$(switch_openflow)
  "$TOOLS/ofbench" "$address" add -n 20000 >/dev/null # warm
  "$TOOLS/ofbench" "$address" del -n 20000 >/dev/null
  before=$(settled_rss_kb)
  emit scale_add_per_s "$("$TOOLS/ofbench" "$address" add -n "$SCALE" | field rate)"
  emit scale_kb_per_flow "$(awk -v a="$before" -v b="$(settled_rss_kb)" -v n="$SCALE" 'BEGIN {printf "%.3f", (b - a) / n}')"
  emit scale_dump_s "$("$TOOLS/ofbench" "$address" stats | field secs)"
  say "$SCALE flows"
}
# Resident memory when it has not shrunk for ten seconds.
settled_rss_kb() {
  local least since rss
  least=$(rss_kb $(switch_pids)) since=$SECONDS
  while ((SECONDS - since < 10)); do
    sleep 1
    rss=$(rss_kb $(switch_pids))
    if ((rss < least - 1024)); then least=$rss since=$SECONDS; fi
  done
  echo "$least"
}

# openflow FILE: replaces the flows of table 0 and up by those of the file.
openflow() { ovs-ofctl -O OpenFlow13 del-flows "$(switch_openflow)" && ovs-ofctl -O OpenFlow13 add-flows "$(switch_openflow)" "$1"; }
port_number() { ovs-ofctl -O OpenFlow13 show "$(switch_openflow)" | sed -n "s/^ *\([0-9]*\)($1).*/\1/p"; }

# megaflows NUMBER: that many flows by source address, cached under 20 masks.
megaflows() {
  openflow <(awk -v n="$1" -v out="$(port_number p2)" 'BEGIN {
    for (j = 0; j < 32; j++) printf "table=0,priority=50,udp,nw_src=0.0.0.%d/0.0.0.31,actions=goto_table:%d\n", j, 1 + j % 20
    for (i = 0; i < n; i++) {
      a = i + 1
      printf "table=%d,priority=50,udp,nw_src=10.%d.%d.%d,nw_dst=10.77.0.2/%d,actions=output:%s\n", 1 + a % 32 % 20, 80 + int(a / 65536), int(a / 256) % 256, a % 256, 13 + a % 32 % 20, out
    }
  }') || return
  in_ns "$H1" "$TOOLS/pfgen" -i eth0 -d $MAC2 -c "$HOSTCPU" -m ip -S 10.80.0.1 -f "$1" -r 50000 -t 4 >/dev/null 2>&1 # every flow is cached once
  traffic "megaflows_$1" -m ip -S 10.80.0.1 -f "$1"
}

# The first packets of connections: each is translated and its exact megaflow installed. A few thousand at a moderate
# rate, so that no limit is reached and nothing is lost; the CPU time of the switch is what counts. Twenty times: the second ten are reported.
setup() {
  local i receiver received=0 sw0=0
  openflow <(echo "priority=50,udp,actions=multipath(symmetric_l3l4+udp,50,modulo_n,1,0,NXM_NX_REG0[0..7]),output:$(port_number p2)") || return
  for ((i = 0; i < 20; i++)); do
    switch_forget_megaflows
    rm -f "$RUN/received"
    ip netns exec "$H2" taskset -c "$SWCPU" "$TOOLS/pfrx" -i eth0 -C "$RUN/received" -w 0 -t 1 >/dev/null &
    receiver=$!
    wait_for 3 test -s "$RUN/received"
    ((i != 10)) || received=0 sw0=$(cpu_ns $(switch_pids))
    in_ns "$H1" "$TOOLS/pfgen" -i eth0 -d $MAC2 -c "$HOSTCPU" -m new -q 2048 -n 8000 -r 40000 -t 1 -S 10.90.$i.1 >/dev/null 2>&1
    wait "$receiver"
    received=$((received + $(cat "$RUN/received")))
  done
  awk -v n=$received -v ns=$(($(cpu_ns $(switch_pids)) - sw0)) \
    'BEGIN {printf "setup_per_cpu_s %.0f\nsetup_lost_percent %.1f\n", n / ns * 1e9, (80000 - n) / 800}'
}

# From the start of the process, with its ports configured, to the first packet that it forwards.
start() {
  local sender receiver began
  stop_process "$(switch_pids)"
  ip netns exec "$H2" taskset -c "$HOSTCPU" "$TOOLS/pfrx" -i eth0 -1 -W 30 >"$RUN/first" &
  receiver=$!
  ip netns exec "$H1" "$TOOLS/pfgen" -i eth0 -d $MAC2 -c "$HOSTCPU" -r 20000 -b 20 -t 60 >/dev/null 2>&1 &
  sender=$!
  sleep 0.3
  began=$(cut -d' ' -f1 /proc/uptime)
  switch_restart
  wait "$receiver"
  kill "$sender"
  wait "$sender" 2>/dev/null
  awk -v first="$(field first_ns <"$RUN/first")" -v began="$began" 'BEGIN {printf "start_ms %.0f\n", first / 1e6 - began * 1e3}'
}

case $* in
  flows | scale)
    "$1"
    exit
    ;;
esac
topology_up
offloads on
switch_start
if [[ $kind != direct ]]; then
  switch_add_port p1
  switch_add_port p2
fi
switch_commit
if ! wait_for 15 is_reachable; then
  say "host 2 is not reachable"
  emit reachable 0
  exit 1
fi
# Nothing is measured while a JVM still compiles; every kind gets the same.
in_ns "$H1" "$TOOLS/pfgen" -i eth0 -d $MAC2 -c "$HOSTCPU" -f 100 -t "$WARM_S" >/dev/null 2>&1
for test in "$@"; do
  case $test in
    tcp-on) offloads on && repeat tcp on ;;
    tcp-off) offloads off && repeat tcp off ;;
    pps) for f in 1 1000; do repeat pps $f; done ;;
    megaflows) for f in 10000 100000; do repeat megaflows $f; done ;;
    setup) repeat setup ;;
    start) repeat start ;;
    rr) offloads off && repeat rr u ;; # switches that lose checksum metadata would drop what is not complete
    *) echo "unknown test $test" >&2; exit 2 ;;
  esac
done
