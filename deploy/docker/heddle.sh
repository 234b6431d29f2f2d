#!/bin/sh
# The heddle command in an image: becomes the JVM, so that it gets the container's signals.
# HEDDLE_JAVA_OPTS: more JVM options.
case "${1:-}" in
  switch) set -- -XX:+UseZGC -Xms64m -XX:MaxRAMPercentage=50 -XX:ZUncommitDelay=10 io.heddle.cli.Main "$@" ;;
  controller) set -- -XX:+UseG1GC -Xms64m -Xmx512m io.heddle.cli.Main "$@" ;;
  health) shift; set -- -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx64m io.heddle.cli.HealthProbe "$@" ;;
  *) set -- -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m io.heddle.cli.Main "$@" ;;
esac
# shellcheck disable=SC2086 # several options
exec java --enable-native-access=ALL-UNNAMED -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError ${HEDDLE_JAVA_OPTS:-} \
  -cp '/opt/heddle/lib/*' "$@"
