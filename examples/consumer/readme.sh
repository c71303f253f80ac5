#!/usr/bin/env bash
# Does what a reader of the README does: puts its POM and its sample into an empty folder, builds with the Maven and the Java on PATH, and
# runs the program with the README's options.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
name=readme
. "$root/bin/launcher.sh"
java_home=$(find_java_home)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The first block of a language, without its fences.
block() { awk -v fence="\`\`\`$1" '$0 == fence {on = 1; next} on && /^```/ {exit} on' "$root/README.md"; }

block xml >"$folder/pom.xml"
mkdir -p "$folder/src/main/java/example"
{
  grep '^package\|^import' src/main/java/example/Sample.java
  printf 'public final class Sample {\n    public static void main(String[] args) throws IOException {\n'
  block java
  printf '    }\n}\n'
} >"$folder/src/main/java/example/Sample.java"

(cd "$folder" && mvn -B -q --no-transfer-progress package)
got=$("$java_home/bin/java" --add-modules jdk.incubator.vector -cp "$folder/target/classes:$folder/target/dependency/*" example.Sample \
  "$root/clip-vit/src/test/resources/golden/tiny" "$root/clip-image/src/test/resources/images/rgb.png" 2>/dev/null)
printf '%s\n' "$got" | grep -q '^cosine ' || { printf 'FAILED: expected a line "cosine …", got\n%s\n' "$got" >&2; exit 1; }
printf 'readme: its POM builds with %s on Java %s: %s\n' "$(mvn --version | sed -n 's/.*\(Apache Maven [0-9.]*\).*/\1/p')" \
  "$(mvn --version | sed -n 's/^Java version: \([0-9]*\).*/\1/p')" "$(printf '%s' "$got" | tr '\n' ' ')"
