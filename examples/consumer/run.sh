#!/usr/bin/env bash
# Compiles the README's sample against the installed artefacts and runs it in four ways: on the class path and on the module path, with the
# incubator module and without. All must print exactly the same: the vector and the scalar kernels have the same bits.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
mvn -B -q --no-transfer-progress clean process-classes

name=consumer
. "$root/bin/launcher.sh"
java_home=$(find_java_home)

model=$root/clip-vit/src/test/resources/golden/tiny
image=$root/clip-image/src/test/resources/images/rgb.png
incubator='--add-modules jdk.incubator.vector'
class_path="-cp target/classes:target/dependency/* example.Sample"
module_path="-p target/classes:target/dependency -m example.consumer/example.Sample"

# shellcheck disable=SC2086  # options are separate words
run() { "$java_home/bin/java" $1 "$model" "$image" 2>target/stderr; }

expected=''
for way in "$incubator $class_path" "$class_path" "$incubator $module_path" "$module_path"; do
  out=$(run "$way")
  lines=$(grep -c 'scalar kernels' target/stderr || true)
  case $way in
    *incubator*) [ "$lines" = 0 ] || { echo "FAILED: $way ran on the scalar kernels"; cat target/stderr; exit 1; } ;;
    *) [ "$lines" = 1 ] || { echo "FAILED: $way: expected one line on the scalar kernels, got $lines"; cat target/stderr; exit 1; } ;;
  esac
  expected=${expected:-$out}
  [ "$out" = "$expected" ] || { printf 'FAILED: %s:\nexpected\n%s\ngot\n%s\n' "$way" "$expected" "$out"; exit 1; }
  printf 'consumer: %-70s %s\n' "${way//target\//}" "$(printf '%s' "$out" | tr '\n' ' ')"
done
echo 'consumer: 4 passed, 0 failed'
