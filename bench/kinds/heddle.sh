# Heddle, a learning bridge with two system ports; HEDDLE_PORT: what else they are.
switch_start() { ports=; }
switch_add_port() { ports+="      - { name: $1, type: system${HEDDLE_PORT:-} }"$'\n'; }
switch_commit() {
  heddle_up "$RUN/heddle" "$NS" <<YAML
bridges:
  - name: br0
    fail-mode: standalone
    listen: ["punix:$RUN/heddle/br0.mgmt"]
    ports:
$ports
YAML
}
switch_flows() {
  heddle_up "$RUN/heddle" "$NS" <<YAML
bridges:
  - { name: br0, fail-mode: secure, listen: ["punix:$RUN/heddle/br0.mgmt"] }
YAML
}
switch_openflow() { echo "unix:$RUN/heddle/br0.mgmt"; }
switch_pids() { echo "${HEDDLE_PID:-}"; }
switch_stop() { [[ -z ${HEDDLE_PID:-} ]] || stop_process "$HEDDLE_PID"; }
switch_restart() { heddle_daemon "$RUN/heddle" "$NS"; }
