#!/usr/bin/env bash
# Builds the example against the installed artefacts and runs it: each description must find its image.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
mvn -B -q --no-transfer-progress clean process-classes

name=example
. "$root/bin/launcher.sh"
java_home=$(find_java_home)

found=$("$java_home/bin/java" --add-modules jdk.incubator.vector -cp 'target/classes:target/dependency/*' example.FindImages \
  "$root/docs/examples" 'a red circle' 'three hearts' 'a square above a triangle' 2>target/stderr) \
  || { printf '%s\n' "$found"; cat target/stderr; exit 1; }
printf '%s\n' "$found"
for pair in 'a red circle *red-circle.png' 'three hearts *three-hearts.png' 'a square above a triangle *square-above-triangle.png'; do
  printf '%s\n' "$found" | grep -q "^$pair " || { echo "FAILED: expected $pair"; exit 1; }
done
echo 'spring-ai: 3 passed, 0 failed'
