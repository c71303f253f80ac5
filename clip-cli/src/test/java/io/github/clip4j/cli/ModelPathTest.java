package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.hub.Hub;
import io.github.clip4j.hub.HubSettings;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models by the name of their repository, from a cache as Hugging Face's tools lay it out.
class ModelPathTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    private Path cache = Path.of("");

    private Path snapshot = Path.of("");

    @BeforeEach
    void download() throws IOException {
        Path repository = cache.resolve("models--openai--tiny");
        snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(COMMIT));
        Files.writeString(Files.createDirectories(repository.resolve("refs")).resolve("main"), COMMIT);
        Path blobs = Files.createDirectories(repository.resolve("blobs"));
        try (Stream<Path> files = Files.list(MODEL)) {
            for (Path file : files.toList()) {
                Path blob = Files.copy(file, blobs.resolve(file.getFileName() + ".blob"));
                Files.createSymbolicLink(snapshot.resolve(file.getFileName()), snapshot.relativize(blob));
            }
        }
    }

    private Hub hub() {
        return new Hub(HubSettings.of(Map.of(), cache).withCache(cache));
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai/tiny", "openai/tiny@main", "openai/tiny@" + COMMIT})
    void aRepositoryIsFoundAndCarriesItsName(String model) throws IOException {
        Path path = ModelPath.of(model, hub());
        assertThat(path).isEqualTo(snapshot);
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            assertThat(checkpoint.name()).isEqualTo("openai/tiny");
            checkpoint.check();
        }
    }

    @Test
    void aPathThatExistsIsTakenFirst() throws IOException {
        assertThat(ModelPath.of(MODEL.toString(), hub())).isEqualTo(MODEL);
        assertThat(ModelPath.of("nowhere", hub())).as("not the name of a repository: opening it says what is missing")
                .isEqualTo(Path.of("nowhere"));
    }

    @Test
    void whatIsNotThereNamesTheCommandThatFetchesIt() {
        assertThatThrownBy(() -> ModelPath.of("openai/other", hub())).isInstanceOf(NoSuchFileException.class)
                .hasMessageEndingWith("got neither; download it with: clip fetch openai/other");
        assertThatThrownBy(() -> ModelPath.of("openai/tiny@v2", hub())).hasMessageEndingWith("clip fetch openai/tiny --revision v2");
    }

    /// Each command that takes a model asks the same place.
    @ParameterizedTest
    @ValueSource(strings = {
        "inspect nobody/none", "convert nobody/none out", "verify nobody/none expected.json", "bench --model nobody/none --threads 1",
        "embed --text a --model nobody/none", "tokenize a --model nobody/none", "preprocess x.png -o out --model nobody/none",
        "classify x.png --label a --model nobody/none"
    })
    void everyCommandTakesARepository(String line) {
        StringWriter err = new StringWriter();
        int exit = ClipCommand.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), line.split(" ", -1));
        assertThat(exit).isEqualTo(1);
        assertThat(err.toString()).contains("nobody/none: expected a checkpoint directory, or a repository in the cache, got neither")
                .contains("clip fetch nobody/none");
    }
}
