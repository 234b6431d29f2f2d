# Sourced by ./heddle and .ci/run: one closing line from all test reports.
# shellcheck shell=bash

# test_summary ROOT: names what failed and prints "N passed, N failed, N skipped" summed from every surefire and failsafe
# report below ROOT. Fails when a test failed and when none ran.
test_summary() {
  local reports
  mapfile -t reports < <(find "$1" -path '*/target/*-reports/TEST-*.xml' | sort)
  if ((${#reports[@]} == 0)); then
    echo "0 passed, 0 failed, 0 skipped"
    echo "heddle: no test ran: that is a failure" >&2
    return 1
  fi
  awk '
    function attribute(name,   v) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      v = substr($0, RSTART, RLENGTH); sub(/^[^"]*"/, "", v); sub(/"$/, "", v); return v
    }
    # A report is one <testsuite ...> line, then one line for each test; tags that follow on it tell how it went.
    /<testsuite / && !/<testsuites/ { tests += attribute("tests"); errors += attribute("errors")
                    failures += attribute("failures"); skipped += attribute("skipped") }
    /<testcase / { current = attribute("classname") "." attribute("name") }
    /<(failure|error)[ >]/ { print "FAILED " current }
    /<skipped[ >\/]/ {
      m = attribute("message")
      if (m == "" && match($0, /Exception: .*/)) m = substr($0, RSTART + 11)
      sub(/^Assumption failed: /, "", m)
      print "skipped " current (m == "" ? "" : ": " m)
    }
    END {
      failed = failures + errors
      printf "%d passed, %d failed, %d skipped\n", tests - failed - skipped, failed, skipped
      if (tests - skipped <= 0) { print "heddle: no test ran: that is a failure" > "/dev/stderr"; exit 1 }
      exit failed > 0
    }' "${reports[@]}"
}
