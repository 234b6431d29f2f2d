#!/usr/bin/env bash
# ./heddle bench: Heddle beside its peers on this machine, in interleaved rounds; see --help.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${HERE%/*}
usage() {
  cat <<'TEXT'
Usage: heddle bench [--quick] [--rounds N] [--kinds LIST] [--tests LIST] [--csv FILE] [--write]
       heddle bench --jmh [--csv FILE] [--write] [-- JMH OPTION ...]
Measures Heddle, Open vSwitch's user-space datapath, the kernel's bridge and a cable without a switch, one after the
other in every round, and prints a table of medians and spreads. As root; installs what it needs from Debian.
  --quick        three rows (TCP with offloads, 64-byte packets, request/response), one round
  --rounds N     default 3
  --kinds LIST   of direct,bridge,heddle,heddle-afxdp,ovs-system,ovs-tso,ovs-afxdp,vxlan-kernel,vxlan-heddle,
                 vxlan-ovs,tap-heddle,tap-ovs
  --tests LIST   of tcp-on,tcp-off,pps,rr,megaflows,setup,start,flows,scale
  --jmh          what one core does in memory: parsing, caches, classifier, translation, codec; needs neither root nor
                 peers. After --, options of JMH's own: part of a benchmark's name, -f, -wi, -i, -prof ...
  --csv FILE     keep the single measurements
  --report FILE  print the table of an earlier --csv, measure nothing
  --write        write docs/performance.md too
Environment: PIN=0 lets the scheduler place the processes; HOSTCPU, SWCPU: the cores of hosts and switch (0, 1);
  TCP_S, PPS_S, RR_S: seconds of a measurement (4, 3, 2); WARM_S: before the first (3); FLOWS (100000), SCALE (1000000); TRIES, QUIET_S, FOREIGN_MAX: what to do about
  busy neighbours (2 tries, 5 s of waiting, 20 % of a core)
TEXT
}
die() {
  echo "heddle bench: $*" >&2
  exit 2
}
all_tests=tcp-on,tcp-off,pps,rr,megaflows,setup,start,flows,scale
rounds=3 kinds=direct,bridge,heddle,heddle-afxdp,ovs-system,ovs-tso,ovs-afxdp,vxlan-kernel,vxlan-heddle,vxlan-ovs,tap-heddle,tap-ovs
tests=$all_tests csv= write= report= jmh= jmh_options=()
while (($#)); do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --quick) rounds=1 kinds=direct,bridge,heddle,ovs-system,ovs-tso tests=tcp-on,pps,rr; export TCP_S=${TCP_S:-3} PPS_S=${PPS_S:-2} RR_S=${RR_S:-1} TRIES=1 ;;
    --rounds) rounds=${2:?--rounds takes a number}; shift ;;
    --kinds) kinds=${2:?--kinds takes a list}; shift ;;
    --tests) tests=${2:?--tests takes a list}; shift ;;
    --csv) csv=${2:?--csv takes a file}; shift ;;
    --report) report=${2:?--report takes a file}; shift ;;
    --write) write=1 ;;
    --jmh) jmh=1 ;;
    --) shift; jmh_options=("$@"); break ;;
    *) die "unknown option $1; see heddle bench --help" ;;
  esac
  shift
done
[[ $rounds =~ ^[1-9][0-9]*$ ]] || die "--rounds $rounds: a number from 1"
for kind in ${kinds//,/ }; do [[ -f $HERE/kinds/$kind.sh && ! $kind =~ ^(vxlan|tap)$ ]] || die "--kinds: no kind $kind; there are $(cd "$HERE/kinds" && ls ./*.sh | sed 's/^..//; s/\.sh$//' | grep -vxE 'vxlan|tap' | xargs)"; done
for test in ${tests//,/ }; do [[ ,$all_tests, == *,$test,* ]] || die "--tests: no test $test; there are ${all_tests//,/ }"; done
if [[ -n $report && -n $jmh ]]; then
  [[ -r $report ]] || die "--report $report: no such file"
  exec python3 "$HERE/report.py" --jmh "$report" ${write:+--write "$ROOT/docs/performance.md"}
fi
if [[ -n $jmh ]]; then
  . "$HERE/jmh.sh"
  run_jmh
  exit
fi
if [[ -n $report ]]; then
  [[ -r $report ]] || die "--report $report: no such file"
  exec python3 "$HERE/report.py" "$report" ${write:+--write "$ROOT/docs/performance.md"}
fi
((EUID == 0)) || die "needs root: it makes network namespaces"
[[ $(nproc) -gt 1 || ${PIN:-1} == 0 ]] || die "needs two cores, or PIN=0"

export PREFIX=hb$$- PIN=${PIN:-1} HOSTCPU=${HOSTCPU:-0} SWCPU=${SWCPU:-1} ROOT
export TCP_S=${TCP_S:-4} PPS_S=${PPS_S:-3} RR_S=${RR_S:-2} WARM_S=${WARM_S:-3} FLOWS=${FLOWS:-100000} SCALE=${SCALE:-1000000}
export TRIES=${TRIES:-2} QUIET_S=${QUIET_S:-5} FOREIGN_MAX=${FOREIGN_MAX:-20}
export TOOLS=$ROOT/.heddle/bench
RUN=$(mktemp -d /tmp/heddle-bench.XXXXXX)
export RUN
trap 'rm -rf "$RUN"' EXIT
trap 'exit 130' INT TERM
make -s -C "$HERE/src" OUT="$TOOLS" >"$RUN/make.log" 2>&1 || {
  cat "$RUN/make.log" >&2
  die "the generators in bench/src do not build"
}
results=${csv:-$RUN/results.csv}
: >"$results" || die "--csv $results: cannot be written"
for ((round = 1; round <= rounds; round++)); do
  for kind in ${kinds//,/ }; do
    todo=()
    for test in ${tests//,/ }; do
      case $test in
        flows | scale) ;; # below: they have a switch without ports for themselves
        megaflows | setup | start) [[ $kind =~ ^(heddle|heddle-afxdp|ovs-system|ovs-afxdp)$ ]] && todo+=("$test") ;;
        *) todo+=("$test") ;;
      esac
    done
    ((${#todo[@]})) && "$HERE/measure.sh" "$kind" "$round" "$results" "${todo[@]}"
    for test in flows scale; do
      if [[ ,$tests, == *,$test,* && $kind =~ ^(heddle|ovs-system)$ ]]; then "$HERE/measure.sh" "$kind" "$round" "$results" $test; fi
    done
  done
done
python3 "$HERE/report.py" "$results" ${write:+--write "$ROOT/docs/performance.md"}
