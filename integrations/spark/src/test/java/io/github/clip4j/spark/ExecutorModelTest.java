package io.github.clip4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.checkpoint.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExecutorModelTest {
    private static SparkConf conf(Path cache) {
        return new SparkConf(false).set("spark.clip4j.cache", cache.toString())
                .set("spark.hadoop.fs.counted.impl", CountedFileSystem.class.getName());
    }

    @Test
    void aProcessLoadsAModelOnceWhateverCopiesOfItsDescriptionItGets() throws Exception {
        ExecutorModel model = ExecutorModel.of(Local.MODEL.toString()).withProfile(Profile.OPENAI);
        try (var threads = Executors.newFixedThreadPool(4)) {
            Callable<Clip> load = () -> copy(model).clip();
            List<Clip> clips = threads.invokeAll(List.of(load, load, load, load)).stream().map(future -> future.resultNow()).toList();
            assertThat(clips).allMatch(clip -> clip == clips.getFirst());
            assertThat(clips.getFirst().profile()).isEqualTo(Profile.OPENAI);
        }
        assertThat(copy(model.withTruncation(true)).clip()).isNotSameAs(model.clip());
    }

    private static ExecutorModel copy(ExecutorModel model) throws IOException, ClassNotFoundException {
        var bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(model);
        return (ExecutorModel) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    }

    @Test
    void whatOnlyHadoopReadsIsCopiedOnceAndAgainWhenItChanges(@TempDir Path cache, @TempDir Path source) throws Exception {
        Path checkpoint = source.resolve("my clip");
        io.github.clip4j.tiny.TinyClip.copyTo(checkpoint);
        Files.createDirectories(checkpoint.resolve("below"));
        Files.writeString(checkpoint.resolve("below/notes.txt"), "notes");
        int files = 6;
        Files.createDirectories(cache.resolve("x.partial"));
        String location = "counted://" + checkpoint;
        int before = CountedFileSystem.OPENED.get();
        try (var threads = Executors.newFixedThreadPool(4)) {
            Callable<Path> copy = () -> new ModelFiles(conf(cache)).of(location);
            List<Path> copies = threads.invokeAll(List.of(copy, copy, copy, copy)).stream().map(future -> future.resultNow()).distinct()
                    .toList();
            assertThat(copies).hasSize(1);
            assertThat(copies.getFirst().getFileName()).hasToString("my clip");
            assertThat(copies.getFirst().resolve("below/notes.txt")).hasContent("notes");
            try (Clip clip = Clip.load(copies.getFirst())) {
                assertThat(clip.embedText("a red square")).isEqualTo(Local.CLIP.embedText("a red square"));
            }
        }
        assertThat(CountedFileSystem.OPENED.get() - before).isEqualTo(files);

        Files.setLastModifiedTime(checkpoint.resolve("config.json"), FileTime.fromMillis(1_000_000_000_000L));
        new ModelFiles(conf(cache)).of(location);
        assertThat(CountedFileSystem.OPENED.get() - before).isEqualTo(2 * files);
        try (Stream<Path> left = Files.list(cache)) {
            assertThat(left.filter(path -> Files.isDirectory(path) && !path.endsWith("x.partial"))).hasSize(2);
        }
    }

    @Test
    void aCopyThatWasCutShortIsMadeAgain(@TempDir Path cache) throws Exception {
        String location = "counted://" + Local.MODEL;
        Path copy = new ModelFiles(conf(cache)).of(location);
        Path whole = Objects.requireNonNull(copy.getParent());
        Path partial = whole.resolveSibling(whole.getFileName() + ".partial");
        Files.move(whole, partial);
        Files.delete(partial.resolve("clip-tiny/merges.txt"));
        Files.writeString(partial.resolve("clip-tiny/config.json"), "cut");
        assertThat(new ModelFiles(conf(cache)).of(location)).isEqualTo(copy);
        assertThat(copy.resolve("merges.txt")).exists();
        assertThat(copy.resolve("config.json")).hasSameBinaryContentAs(Local.MODEL.resolve("config.json"));
        assertThat(partial).doesNotExist();
    }

    @Test
    void aModelThatIsNotThereSaysWhatToDo() {
        assertThatThrownBy(() -> ExecutorModel.of("/nowhere/model").clip()).hasMessage("model /nowhere/model: expected a checkpoint that"
                + " this machine has too, got no such path; put it on every machine, or give a URI such as hdfs:// or s3a://, which is"
                + " copied once a machine");
        assertThatThrownBy(() -> ExecutorModel.of("nobody/no-such-clip").clip())
                .hasMessageContaining("got neither a path nor a repository in the hub's cache");
    }

    @Test
    void threadsAreTheCoresThatSparkGives() {
        int processors = Runtime.getRuntime().availableProcessors();
        assertThat(ExecutorModel.cores(new SparkConf(false).set("spark.master", "local[3]"))).isEqualTo(3);
        assertThat(ExecutorModel.cores(new SparkConf(false).set("spark.master", "local[3,2]"))).isEqualTo(3);
        assertThat(ExecutorModel.cores(new SparkConf(false).set("spark.master", "local"))).isEqualTo(1);
        assertThat(ExecutorModel.cores(new SparkConf(false).set("spark.master", "local[*]"))).isEqualTo(processors);
        assertThat(ExecutorModel.cores(new SparkConf(false).set("spark.master", "spark://a:1"))).isEqualTo(processors);
        assertThat(ExecutorModel.cores(new SparkConf(false).set("spark.master", "spark://a:1").set("spark.executor.cores", "7")))
                .isEqualTo(7);
    }
}
