package io.github.clip4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.Embedding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// Both jobs by spark-submit on a master and two workers, all of them processes.
class ClusterTest {
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path folder = Path.of("");

    @Test
    void aWorkerThatIsKilledInTheMiddleChangesNoRowAndNoBit() throws IOException, InterruptedException {
        Path input = Images.folder(folder.resolve("in"), 1500);
        Path output = folder.resolve("out");
        Path opened = folder.resolve("opened.txt");
        Path hits = folder.resolve("hits");
        try (StandaloneCluster cluster = new StandaloneCluster(folder.resolve("cluster"), 2)) {
            // The model comes from a file system of Hadoop's, and the executors of both workers share one copy.
            List<String> settings = List.of("spark.hadoop.fs.counted.impl=" + CountedFileSystem.class.getName(),
                    "spark.hadoop.fs.counted.log=" + opened, "spark.clip4j.cache=" + folder.resolve("cache"));
            String model = "counted://" + Local.MODEL;
            Process embed = cluster.submit("embed", EmbedJob.class, settings, List.of("--model", model, "--input", input.toString(),
                    "--output", output.toString(), "--part-files", "100", "--task-rows", "25"));
            awaitPart(output, embed, cluster);
            cluster.kill(1);
            assertThat(finishedParts(output)).as("parts that were made before the worker was killed").isLessThan(14);
            assertThat(embed.waitFor(3, TimeUnit.MINUTES)).as(cluster.log("embed")).isTrue();
            assertThat(embed.exitValue()).as(cluster.log("embed")).isZero();
            assertThat(cluster.log("embed")).contains("Lost executor").contains("1,501 rows in 16 parts, 1 of them with an error");

            Process search = cluster.submit("search", SearchJob.class, settings, List.of("--embeddings", output.toString(),
                    "--text", "a red square", "--model", model, "--output", hits.toString()));
            assertThat(search.waitFor(3, TimeUnit.MINUTES)).as(cluster.log("search")).isTrue();
            assertThat(search.exitValue()).as(cluster.log("search")).isZero();
        }
        assertThat(Files.readAllLines(opened)).as("files of the model that were read, by all processes")
                .containsExactlyInAnyOrder("config.json", "model.safetensors", "vocab.json", "merges.txt", "preprocessor_config.json");
        Map<String, Object> expected = EmbedJobTest.expected(input);
        assertThat(EmbedJobTest.contents(Local.SPARK, output)).isEqualTo(expected);

        Embedding query = Local.CLIP.embedText("a red square");
        TopK best = new TopK(10);
        expected.forEach((path, value) -> {
            if (value instanceof Embedding embedding) {
                best.offer(query.dot(embedding), path);
            }
        });
        List<Row> found = Local.SPARK.read().parquet(hits.toString()).orderBy("rank").collectAsList();
        assertThat(found).extracting(row -> new TopK.Hit(row.getString(2), row.getDouble(3))).isEqualTo(best.hits());
    }

    private static void awaitPart(Path output, Process job, StandaloneCluster cluster) throws IOException, InterruptedException {
        while (finishedParts(output) < 2) {
            assertThat(job.isAlive()).as(cluster.log("embed")).isTrue();
            Thread.sleep(20);
        }
    }

    private static long finishedParts(Path output) throws IOException {
        if (Files.notExists(output)) {
            return 0;
        }
        try (var parts = Files.newDirectoryStream(output, "part=*")) {
            long finished = 0;
            for (Path part : parts) {
                finished += Files.exists(part.resolve("_files")) ? 1 : 0;
            }
            return finished;
        }
    }
}
