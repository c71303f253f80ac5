#!/usr/bin/env bash
# Exports an index to Parquet and imports one, from a shell: run.sh export -o photos.parquet, run.sh import photos.parquet. Built first
# when a source is newer.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
name=clip-parquet
. "$root/bin/launcher.sh"
java_home=$(find_java_home)
built=$root/integrations/parquet/target/quick
if is_stale "$built/class-path" clip-cli clip-bench clip-hub clip-tiny integrations/langchain4j integrations/lucene integrations/spark \
  integrations/spring-ai integrations/parquet/example; then
  printf '%s: building …\n' "$name" >&2
  JAVA_HOME=$java_home mvn -B -q -f "$root/pom.xml" -Dquick -Pintegrations -Dmaven.test.skip -pl integrations/parquet -am compile \
    org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath -Dmdep.includeScope=runtime \
    -Dmdep.outputFile=target/quick/class-path >&2
  touch "$built/class-path"
fi
exec "$java_home/bin/java" --add-modules jdk.incubator.vector --sun-misc-unsafe-memory-access=allow \
  -cp "$built/classes:$(cat "$built/class-path")" io.github.clip4j.parquet.ParquetTool "$@" \
  2> >(grep -v '^WARNING: Using incubator modules' >&2)
