# Heddle's VXLAN port.
. "$HERE/kinds/vxlan.sh"
one_end() { # FOLDER NETNS UNDERLAY LOCAL REMOTE PORT
  ip -n "$2" addr add "$4/24" dev "$3"
  heddle_up "$1" "$2" <<YAML
bridges:
  - name: br0
    fail-mode: standalone
    ports:
      - { name: $6, type: system }
      - { name: vx0, type: vxlan, remote: $5, local: $4, key: 77, port: 4789 }
YAML
  pids+=("$HEDDLE_PID")
}
switch_start() {
  pids=()
  one_end "$RUN/heddle" "$NS" u1 10.99.0.1 10.99.0.2 p1
  one_end "$RUN/heddle2" "$NS2" u2 10.99.0.2 10.99.0.1 p2
}
switch_pids() { printf '%s\n' "${pids[@]}"; }
switch_stop() { for pid in "${pids[@]}"; do stop_process "$pid"; done; }
