#!/usr/bin/env bash
# Looks for inputs that a reader does not survive: integrations/fuzz/run.sh [SECONDS a reader, 60] [READER …]
# A finding is printed, and kept under src/test/resources, where the next plain test run tries it: commit it with the fix.
set -euo pipefail
cd "$(dirname "$0")/../.."
name=fuzz
root=$PWD
. bin/launcher.sh
JAVA_HOME=$(find_java_home)
export JAVA_HOME
seconds=${1:-60}
shift || true
tests=integrations/fuzz/src/test/java/io/github/clip4j/fuzz/ReadersFuzzTest.java
readers=${*:-$(sed -n '/@FuzzTest/{n;s/ *void \([A-Za-z]*\).*/\1/p}' $tests)}
mvn -B -q -Pfuzz -pl integrations/fuzz -am install -Dquick -DskipTests
failed=
for reader in $readers; do
  echo "== $reader"
  JAZZER_FUZZ=1 JAZZER_MAX_DURATION="${seconds}s" mvn -B -q -Pfuzz -Dquick -pl integrations/fuzz test -Dtest="ReadersFuzzTest#$reader" \
    2>&1 | grep -v -e '^WARNING' -e 'REDUCE\|NEW \|pulse\|Uses:' | tail -25 || failed="$failed $reader"
done
[ -z "$failed" ] || { echo "FINDINGS:$failed"; exit 1; }
