#!/usr/bin/env bash
# Times of an export and an import: bench.sh FOLDER [ROWS DIMENSION], 100000 512 unless given. The index, and a file for each of its rows,
# are kept in FOLDER; a second run measures alone.
set -euo pipefail
folder=$(realpath -m "${1:?a folder for the index and its files}")
cd "$(dirname "$0")/../.."
root=$PWD
name=bench
. bin/launcher.sh
java_home=$(find_java_home)
JAVA_HOME=$java_home mvn -B -q -Dquick -Pintegrations -pl integrations/parquet -am test-compile \
  org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/quick/test-path
built=integrations/parquet/target/quick
"$java_home/bin/java" --add-modules jdk.incubator.vector -Xmx2g -cp "$built/test-classes:$built/classes:$(cat $built/test-path)" \
  io.github.clip4j.parquet.ParquetRates "$folder" "${2:-100000}" "${3:-512}"
