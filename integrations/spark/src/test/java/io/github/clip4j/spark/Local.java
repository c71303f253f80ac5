package io.github.clip4j.spark;

import io.github.clip4j.Clip;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/// What the tests share: a session with two cores, and the model of clip-tiny in a folder.
final class Local {
    static final SparkSession SPARK = SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.hadoop.fs.counted.impl", CountedFileSystem.class.getName())
            .getOrCreate();
    static final Path MODEL = model();
    static final Clip CLIP = TinyClip.load();

    private Local() {}

    private static Path model() {
        try {
            Path folder = Files.createTempDirectory("clip4j-spark-test").resolve("clip-tiny");
            TinyClip.copyTo(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
