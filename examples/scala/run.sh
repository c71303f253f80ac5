#!/usr/bin/env bash
# Compiles the README's sample in Scala against the installed artefacts and runs it.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
name=scala
. "$root/bin/launcher.sh"
java_home=$(find_java_home)
JAVA_HOME=$java_home mvn -B -q --no-transfer-progress clean process-classes

got=$("$java_home/bin/java" --add-modules jdk.incubator.vector -cp 'target/classes:target/dependency/*' example.sample \
  "$root/clip-vit/src/test/resources/golden/tiny" "$root/clip-image/src/test/resources/images/rgb.png" 2>target/stderr) \
  || { cat target/stderr; exit 1; }
printf '%s\n' "$got" | grep -q '^cosine ' || { printf 'FAILED: expected a line "cosine …", got\n%s\n' "$got" >&2; exit 1; }
printf 'scala: %s\n' "$(printf '%s' "$got" | tr '\n' ' ')"
