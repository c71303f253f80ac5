#!/usr/bin/env bash
# Builds the example against the installed artefacts and runs it: each description and each image must find its image. Nothing may warn
# of native access: Lucene maps its files, and says why it needs it, unless the flag is there.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
mvn -B -q --no-transfer-progress clean process-classes

name=example
. "$root/bin/launcher.sh"
java_home=$(find_java_home)

images=$root/docs/examples
found=$("$java_home/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp 'target/classes:target/dependency/*' example.FindImages target/index "$images" \
  'a red circle' 'three hearts' 'a square above a triangle' "$images/letter-k.png" 2>target/stderr) || { cat target/stderr; exit 1; }
printf '%s\n' "$found"
for pair in 'a red circle *red-circle.png' 'three hearts *three-hearts.png' 'a square above a triangle *square-above-triangle.png' \
  'letter-k.png *letter-k.png'; do
  printf '%s\n' "$found" | grep -q "^$pair " || { echo "FAILED: expected $pair"; exit 1; }
done
! grep WARNING target/stderr | grep -v 'incubator modules' || { echo 'FAILED: expected the warning of the incubator module alone'; exit 1; }
echo 'lucene: 4 passed, 0 failed'
