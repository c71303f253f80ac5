#!/usr/bin/env bash
# Compiles the three programs against the installed artefacts, runs them, and checks what each is there to show.
set -euo pipefail
cd "$(dirname "$0")"
mvn -B -q --no-transfer-progress clean process-classes

name=study
. ../../bin/launcher.sh
java_home=$(find_java_home)
run() { "$java_home/bin/java" --add-modules jdk.incubator.vector -cp 'target/classes:target/dependency/*' "example.$1" 2>target/stderr || { cat target/stderr; exit 1; }; }

for program in LinearProbe ColourHead ConceptDirection; do
  echo "== $program"
  run $program | tee "target/$program"
done

fail() { echo "FAILED: $1"; exit 1; }
grep -Eo '[0-9]+\.[0-9]' target/LinearProbe | { read -r mean; read -r probe; awk "BEGIN { exit !($probe < $mean / 3) }"; } \
  || fail 'LinearProbe: expected the probe to be off by less than a third of what the mean is'
head -1 target/ColourHead | grep -q 'adds +.* for red shapes, -.* for blue ones' || fail 'ColourHead: expected a head that tells red from blue by its sign'
[ "$(sort -k3 -g target/ConceptDirection | tail -1 | awk '{print $2}')" = '0°' ] || fail 'ConceptDirection: expected red, hue 0, to lie farthest along the way'
echo 'study: 3 passed, 0 failed'
