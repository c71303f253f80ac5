#!/usr/bin/env bash
# Builds a run-time image as the README says, and runs the sample with it: no JDK, no class path, no option. The answer must be that of the
# module path. Run `examples/consumer/run.sh` first: it compiles the sample.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
name=jlink
. "$root/bin/launcher.sh"
java_home=$(find_java_home)
PATH=$java_home/bin:$PATH
[ -d target/dependency ] || die 'examples/consumer/target/dependency is missing; run examples/consumer/run.sh first'
rm -rf target/image

jlink --module-path target/classes:target/dependency \
  --add-modules example.consumer,jdk.incubator.vector,jdk.management \
  --add-options="--add-modules=jdk.incubator.vector" \
  --launcher sample=example.consumer/example.Sample \
  --strip-debug --no-header-files --no-man-pages --output target/image

model=$root/clip-vit/src/test/resources/golden/tiny
image=$root/clip-image/src/test/resources/images/rgb.png
expected=$(java --add-modules jdk.incubator.vector -p target/classes:target/dependency -m example.consumer/example.Sample "$model" "$image" 2>/dev/null)
got=$(env -u JAVA_HOME target/image/bin/sample "$model" "$image" 2>target/stderr)
[ "$got" = "$expected" ] || { printf 'FAILED: the run-time image: expected\n%s\ngot\n%s\n' "$expected" "$got" >&2; cat target/stderr >&2; exit 1; }
! grep -q 'scalar kernels' target/stderr || { echo 'FAILED: the run-time image runs on the scalar kernels' >&2; cat target/stderr >&2; exit 1; }
printf 'jlink: %s MB, the same answer: %s\n' "$(du -sm target/image | cut -f1)" "$(printf '%s' "$got" | tr '\n' ' ')"
