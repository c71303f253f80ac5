#!/usr/bin/env bash
# Builds the service against the installed artefacts, starts it on a free port of this machine, sends it 50 requests at once, four times, compares the
# answers with the library's own, and stops it. Needs some ten seconds once Spring is in the local repository.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
mvn -B -q --no-transfer-progress clean process-classes

java_home=${CLIP_JAVA_HOME:-}
for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* "$HOME"/.sdkman/candidates/java/*; do
  [ -z "$java_home" ] || break
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$candidate/release" 2>/dev/null || true)
  if [ -n "$version" ] && [ "$version" -ge 25 ] && [ -x "$candidate/bin/java" ]; then java_home=$candidate; fi
done
[ -n "$java_home" ] || { echo 'no JDK 25 found' >&2; exit 1; }

java=("$java_home/bin/java" --add-modules jdk.incubator.vector -cp 'target/classes:target/dependency/*')
: >target/service.log
"${java[@]}" example.Service >>target/service.log 2>&1 &
service=$!
trap 'kill "$service" 2>/dev/null || true' EXIT
fail() { echo "FAILED: $1"; cat target/service.log; exit 1; }

port=''
for _ in $(seq 300); do
  port=$(sed -n 's/.*Tomcat started on port \([0-9]*\).*/\1/p' target/service.log)
  [ -z "$port" ] || break
  kill -0 "$service" 2>/dev/null || fail 'the service ended while it started'
  sleep 0.2
done
[ -n "$port" ] || fail 'the service did not start within a minute'

"${java[@]}" example.Client "$port" "$root/docs/examples" 2>target/client.log || fail "$(cat target/client.log)"

kill "$service"
trap - EXIT
wait "$service" || true # 143: ended by the signal
grep -q 'model closed, all calls finished: true' target/service.log || fail 'expected the model to be closed at the end'
echo 'service: stopped, model closed'
