package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Inputs that went wrong for people, as the reference data has them.
class FieldDataTest {
    @TempDir
    private Path directory = Path.of("");

    private Path field = Path.of("");

    @BeforeEach
    void data() {
        field = ReferenceData.require("field");
    }

    private String file(String name) {
        return field.resolve(name).toString();
    }

    @Test
    void aByteOrderMarkChangesNothing() {
        Cli.Run plain = Cli.run("classify", file("ok.png"), "--labels-file", file("plain.txt"), "--json");
        assertThat(plain.exit()).isZero();
        assertThat(Cli.run("classify", file("ok.png"), "--labels-file", file("bom.txt"), "--json").out()).isEqualTo(plain.out());
    }

    @Test
    void textsKeepTheirRows() throws IOException {
        Path out = directory.resolve("x.npy");
        assertThat(Cli.run("embed", "--texts-file", file("gap.txt"), "-o", out.toString()).exit()).isZero();
        assertThat(NpyArray.read(out).shape().dim(0)).isEqualTo(3);
        Cli.Run run = Cli.run("embed", "--texts-file", file("onelong.txt"), "-o", out.toString());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("clip: onelong.txt:2: ").contains("--truncate").endsWith("clip: 1 of 3 texts failed\n");
        assertThat(NpyArray.read(out).shape().dim(0)).isEqualTo(2);
    }

    @Test
    void foldersAreReadToTheirGround() {
        Cli.Run run = Cli.run("embed", file("folder"), "--json");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.results()).extracting(result -> field.relativize(Path.of(result.get("image").getAsString())).toString())
                .containsExactly("folder/a.png", "folder/deeper/b.png");
    }

    @Test
    void theImagesAroundOneThatFailsAreDone() throws IOException {
        Path out = directory.resolve("x.npy");
        Cli.Run run = Cli.run("embed", file("ok.png"), file("home"), file("ok2.png"), "-o", out.toString());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("clip: " + file("home") + ": ").endsWith("clip: 1 of 3 images failed\n");
        assertThat(NpyArray.read(out).shape().dim(0)).isEqualTo(2);
    }
}
