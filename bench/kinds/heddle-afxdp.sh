# Heddle on AF_XDP ports.
HEDDLE_PORT=", io: af_xdp"
. "$HERE/kinds/heddle.sh"
