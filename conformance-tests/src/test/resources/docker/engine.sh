#!/bin/bash
# A Docker engine of one test's own, in a network namespace of its own: nothing of it is seen outside but its socket.
#   engine.sh start FOLDER NETNS   socket FOLDER/docker.sock; returns when it answers, else fails with the engine's log
#   engine.sh stop FOLDER NETNS    stops it and removes what it made, FOLDER too
set -euo pipefail
verb=$1 folder=$2 netns=$3

start() {
  mkdir -p "$folder/data" "$folder/exec"
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  # ip netns exec mounts /sys anew, which hides the control groups that an engine needs: they are mounted again, in a mount
  # and a control group namespace of the engine's own.
  # shellcheck disable=SC2016 # the inner shell expands it
  setsid ip netns exec "$netns" unshare -m -C --propagation private bash -c '
    if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
      if grep -q "^[^ ]* [^ ]* cgroup2 " /proc/self/mounts && ! grep -qE "^(cpu|memory)\s+[1-9]" /proc/cgroups; then
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
      else
        mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
        for c in cpu cpuacct cpuset memory devices freezer blkio pids; do
          grep -qw "^$c" /proc/cgroups || continue
          mkdir -p "/sys/fs/cgroup/$c"
          mount -t cgroup -o "$c" cgroup "/sys/fs/cgroup/$c" 2>/dev/null || rmdir "/sys/fs/cgroup/$c"
        done
      fi
    fi
    exec "$@"' _ dockerd -H "unix://$folder/docker.sock" --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$netns" \
    >"$folder/dockerd.log" 2>&1 </dev/null &
  local engine=$! deadline=$((SECONDS + 30))
  until DOCKER_HOST=unix://$folder/docker.sock docker version >/dev/null 2>&1; do
    if ! kill -0 "$engine" 2>/dev/null || ((SECONDS > deadline)); then
      tail -5 "$folder/dockerd.log" >&2
      return 1
    fi
    read -r -t 0.1 <> <(:) || true
  done
}

stop() {
  local pid=
  [[ ! -f $folder/docker.pid ]] || pid=$(<"$folder/docker.pid")
  if [[ -n $pid ]] && kill "$pid" 2>/dev/null; then
    timeout 20 tail --pid="$pid" -f /dev/null || kill -9 "$pid" 2>/dev/null || true
  fi
  ip netns pids "$netns" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
  ip netns del "$netns" 2>/dev/null || true
  find /sys/fs/cgroup/ -depth -type d -path "*/$netns*" -exec rmdir {} + 2>/dev/null || true
  rm -rf "$folder"
}

"$verb"
