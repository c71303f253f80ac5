#!/usr/bin/env bash
# Builds the example against the installed artefacts. Then, each by spark-submit on two cores of this machine: a program of one's own labels
# images; EmbedJob embeds them; SearchJob finds them by words. Each must give the right images.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
mvn -B -q --no-transfer-progress clean package

name=example
. "$root/bin/launcher.sh"
java_home=$(find_java_home)

images=$root/docs/examples
model=$root/clip-tiny/src/main/resources/io/github/clip4j/tiny/model
labels=('a red circle' 'three hearts' 'a square above a triangle' 'a striped star' 'the letter K')

# What the script spark-submit of a Spark installation runs.
submit() {
  SPARK_LOCAL_IP=127.0.0.1 "$java_home/bin/java" --add-modules jdk.incubator.vector -cp "$(cat target/spark.classpath)" \
    org.apache.spark.deploy.SparkSubmit --master 'local[2]' --conf spark.ui.enabled=false "$@" 2>>target/stderr \
    || { cat target/stderr; exit 1; }
}
expect() { # a line, in what was printed
  printf '%s\n' "$printed" | grep -q "$1" || { printf 'FAILED: expected %s, got\n%s\n' "$1" "$printed"; exit 1; }
}

printed=$(submit --jars target/clip-spark-job.jar --class example.LabelImages target/example.jar "$model" "$images" "${labels[@]}")
printf '%s\n' "$printed"
expect $'^a red circle\t.*/red-circle.png$'
expect $'^three hearts\t.*/three-hearts.png$'
expect $'^the letter K\t.*/letter-k.png$'

printed=$(submit --class io.github.clip4j.spark.EmbedJob target/clip-spark-job.jar --model "$model" --input "$images" --glob '*.png' \
  --output target/embeddings)
printf '%s\n' "$printed"
expect '^5 rows in 1 parts, 0 of them with an error; 0 files were done before$'
printed=$(submit --class io.github.clip4j.spark.EmbedJob target/clip-spark-job.jar --model "$model" --input "$images" --glob '*.png' \
  --output target/embeddings)
expect '^0 rows in 0 parts, 0 of them with an error; 5 files were done before$'

printed=$(submit --class io.github.clip4j.spark.SearchJob target/clip-spark-job.jar --embeddings target/embeddings --model "$model" \
  --text 'a red circle' --text 'a square above a triangle' --top 1)
printf '%s\n' "$printed"
expect $'^a red circle\t1\t0\\.[0-9]*\t.*/red-circle.png$'
expect $'^a square above a triangle\t1\t0\\.[0-9]*\t.*/square-above-triangle.png$'
echo 'spark: 7 passed, 0 failed'
