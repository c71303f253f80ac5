#!/usr/bin/env bash
# Builds the example against the installed artefacts and runs it: five rows go out and come back, and the second index finds an image.
# Nothing on the class path may be native code or Hadoop. The command does the same from a shell.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
mvn -B -q --no-transfer-progress clean process-classes

name=example
. "$root/bin/launcher.sh"
java_home=$(find_java_home)

for jar in target/dependency/*.jar; do
  case $jar in */snappy-java*|*/zstd-jni*|*/hadoop-*) echo "FAILED: $jar is on the class path"; exit 1 ;; esac
  ! "$java_home/bin/jar" tf "$jar" | grep -E '\.(so|dll|dylib|jnilib)$' || { echo "FAILED: $jar holds native code"; exit 1; }
done
found=$("$java_home/bin/java" --add-modules jdk.incubator.vector -cp 'target/classes:target/dependency/*' \
  example.ThereAndBack target/work "$root/docs/examples" 'a red circle' 2>target/stderr) || { cat target/stderr; exit 1; }
printf '%s\n' "$found"
[ "$found" = "Imported[added=5, changed=0, failed=0]
red-circle.png" ] || { cat target/stderr; echo 'FAILED: expected five rows, and red-circle.png'; exit 1; }
! grep WARNING target/stderr | grep -v 'incubator modules' || { echo 'FAILED: expected the warning of the incubator module alone'; exit 1; }

../run.sh export -o target/second.parquet --index target/work/second
../run.sh import target/second.parquet --index target/third | grep '5 images: 5 added, 0 changed, 0 failed' >/dev/null
../run.sh export -o target/third.parquet --index target/third
cmp target/second.parquet target/third.parquet || { echo 'FAILED: expected the same bytes of the same rows'; exit 1; }
echo 'parquet: 4 passed, 0 failed'
