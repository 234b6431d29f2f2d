# Sourced by ./heddle: installs Debian packages that are missing.
# shellcheck shell=bash

# missing_packages LIST: prints what of LIST's packages is not installed, one a line. A line of LIST is a package or
# alternatives ("busybox-static | busybox"), satisfied by any of them; "#" begins a comment.
missing_packages() {
  local line alternative installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n')
  while IFS= read -r line; do
    line=${line%%#*}
    line=${line//[[:space:]]/}
    [[ -n $line ]] || continue
    local found=
    for alternative in ${line//|/ }; do
      if [[ $'\n'$installed$'\n' == *$'\n'"installed $alternative"$'\n'* ]]; then
        found=1
        break
      fi
    done
    [[ -n $found ]] || printf '%s\n' "${line%%|*}"
  done <"$1"
}

# Daemons that the packages bring; a process of one that is there only after the installation is stopped again.
debian_daemons=(ovsdb-server ovs-vswitchd ovs-testcontroller dockerd containerd prometheus kea-dhcp4 dnsmasq)

running_daemons() { pidof "${debian_daemons[@]}" 2>/dev/null | tr ' ' '\n' | sort || true; }

# install_missing_packages LIST: installs what is missing, says so, and starts no daemon. Where it cannot (no Debian, not
# root) it says what is missing and goes on: whoever needs a tool names it.
install_missing_packages() {
  local list=$1 missing log status=0 guard=/usr/sbin/policy-rc.d guarded=
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "heddle: not a Debian system: the tools of ${list##*/} must be there already" >&2
    return 0
  fi
  mapfile -t missing < <(missing_packages "$list")
  ((${#missing[@]})) || return 0
  if [[ $(id -u) != 0 ]]; then
    echo "heddle: missing Debian packages, and not root to install them: ${missing[*]}" >&2
    return 0
  fi
  echo "heddle: installing missing Debian packages: ${missing[*]}" >&2
  log=$(mktemp)
  local before after
  before=$(running_daemons)
  if [[ ! -e $guard ]]; then
    # Debian's way to say that packages must not start their daemons while they are installed.
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod +x "$guard"
    guarded=1
  fi
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
  if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then "${apt[@]}" update >"$log" 2>&1 || true; fi
  if ! "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    # An old list of packages is the usual reason.
    { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >>"$log" 2>&1 || status=$?
  fi
  [[ -z $guarded ]] || rm -f "$guard"
  after=$(running_daemons)
  local pid
  for pid in $(comm -13 <(printf '%s\n' "$before") <(printf '%s\n' "$after")); do
    echo "heddle: stopping $(ps -o comm= -p "$pid") ($pid), started by its installation" >&2
    kill "$pid" 2>/dev/null || true
  done
  if ((status)); then
    tail -15 "$log" >&2
    echo "heddle: apt-get could not install: ${missing[*]}" >&2
  fi
  rm -f "$log"
  return "$status"
}
