#!/usr/bin/env bash
# Searches of Lucene beside those of clip-search, over the same vectors: bench.sh FOLDER [ROWS DIMENSION [BUFFER_MB]], 100000 512 unless
# given. BUFFER_MB is the memory of Lucene's writer; with 1536 it makes one segment of 100,000 vectors.
# The vectors, and Lucene's index of them, are kept in FOLDER; a second run measures the searches alone.
set -euo pipefail
folder=$(realpath -m "${1:?a folder for the vectors}")
rows=${2:-100000}
dimension=${3:-512}
buffer=${4:-1536}
cd "$(dirname "$0")/../.."
root=$PWD
name=bench
. bin/launcher.sh
java_home=$(find_java_home)

if [ ! -d "$folder/index" ]; then
  jar=$root/clip-bench/target/quick/benchmarks.jar
  ensure_built clip-bench "$jar" "$java_home" clip-cli clip-hub clip-tiny integrations
  "$java_home/bin/java" --add-modules jdk.incubator.vector -Xmx4g -cp "$jar" io.github.clip4j.bench.SearchRates \
    "$rows" "$dimension" "$folder"
fi
JAVA_HOME=$java_home mvn -B -q -Dquick -Pintegrations -pl integrations/lucene -am test-compile \
  org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/quick/class-path
built=integrations/lucene/target/quick
"$java_home/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx8g \
  -cp "$built/test-classes:$built/classes:$(cat $built/class-path)" \
  io.github.clip4j.lucene.LuceneRates "$folder" "$buffer"
