# Heddle's TAP ports.
. "$HERE/kinds/heddle.sh"
. "$HERE/kinds/tap.sh"
switch_start() {
  ports="      - { name: t1, type: tap }"$'\n'"      - { name: t2, type: tap }"
}
eval "commit_$(declare -f switch_commit)"
switch_commit() {
  commit_switch_commit
  plug_hosts
}
