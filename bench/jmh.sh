# Part of bench.sh: builds and runs the benchmarks in memory.
# shellcheck shell=bash disable=SC2154 # bench.sh sets them

# As the switch runs, with a heap of a fixed size.
jmh_flags=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseCompactObjectHeaders -XX:+UseZGC -Xms1500m
  -Xmx1500m -Djmh.ignoreLock=true)

run_jmh() {
  local results=$csv
  . "$ROOT/deploy/lib/find-jdk.sh"
  JAVA_HOME=$(find_jdk25) || exit 69
  export JAVA_HOME
  RUN=$(mktemp -d /tmp/heddle-bench.XXXXXX)
  trap 'rm -rf "$RUN"' EXIT
  [[ -n $results ]] || results=$RUN/results.csv
  mkdir -p "$ROOT/.heddle"
  echo "heddle bench: building the benchmarks ..." >&2
  (
    flock 9
    "$ROOT/mvnw" -B -ntp -q -Dquick -Dmaven.test.skip=true -pl benchmarks -am package 9>&-
  ) 9>"$ROOT/.heddle/build.lock" >"$RUN/build.log" 2>&1 || {
    tail -30 "$RUN/build.log" >&2
    die "the benchmarks do not build"
  }
  ((${#jmh_options[@]})) || jmh_options=(-f 1 -wi 3 -w 1 -i 5 -r 1)
  "$JAVA_HOME/bin/java" "${jmh_flags[@]}" -cp "$ROOT/benchmarks/target/dist/lib/*" io.heddle.benchmarks.Benchmarks "$results" \
    "${jmh_options[@]}" >&2 || die "the benchmarks failed"
  python3 "$HERE/report.py" --jmh "$results" ${write:+--write "$ROOT/docs/performance.md"}
}
