# Sourced by ./heddle and ./mvnw: where a JDK 25 is.
# shellcheck shell=bash

# is_jdk25 FOLDER: says whether FOLDER is a JDK 25 or later with a compiler. Reads its release file: starts no JVM.
is_jdk25() {
  [[ -n ${1:-} && -x $1/bin/java && -x $1/bin/javac && -r $1/release ]] || return 1
  local line version
  while IFS= read -r line; do
    if [[ $line == JAVA_VERSION=* ]]; then
      version=${line#JAVA_VERSION=\"}
      version=${version%%[.\"+-]*}
      [[ $version =~ ^[0-9]+$ ]] && ((version >= 25))
      return
    fi
  done <"$1/release"
  return 1
}

# find_jdk25: prints the first JDK 25 folder; else explains on stderr how to get one and fails.
find_jdk25() {
  local candidate on_path
  for candidate in "${HEDDLE_JAVA_HOME:-}" "${JAVA_HOME:-}" "${JDK25_HOME:-}"; do
    if is_jdk25 "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  if on_path=$(command -v javac); then
    on_path=$(readlink -f "$on_path")
    on_path=${on_path%/bin/javac}
    if is_jdk25 "$on_path"; then
      printf '%s\n' "$on_path"
      return 0
    fi
  fi
  for candidate in /usr/lib/jvm/* /opt/java/openjdk /opt/jdk* /opt/java/* /usr/java/* /usr/local/java/* \
    "${HOME:-/root}"/.sdkman/candidates/java/* "${HOME:-/root}"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if is_jdk25 "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  cat >&2 <<'TEXT'
heddle: no JDK 25 found (looked at HEDDLE_JAVA_HOME, JAVA_HOME, JDK25_HOME, javac on PATH, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks).
Get one, then run this again:
  Debian 13 / Ubuntu 25.10 and later:  apt-get install openjdk-25-jdk-headless
  elsewhere: any JDK 25 build, for example Eclipse Temurin 25; unpack it and say: export JAVA_HOME=/path/to/jdk-25
TEXT
  return 1
}
