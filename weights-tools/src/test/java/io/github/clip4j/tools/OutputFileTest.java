package io.github.clip4j.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file is there whole or not at all, and what is not a regular file is not replaced.
class OutputFileTest {
    @TempDir
    private Path directory = Path.of("");

    private static final OutputFile.Content NEW = out -> out.write("new".getBytes(StandardCharsets.US_ASCII));

    @Test
    void aFailureLeavesTheOldFile() throws IOException {
        Path file = Files.writeString(directory.resolve("f"), "old");
        assertThatThrownBy(() -> OutputFile.write(file, out -> {
            NEW.writeTo(out);
            throw new IOException("of the content");
        })).hasMessage("of the content");
        assertThat(file).hasContent("old");
        assertThat(directory.toFile().list()).containsExactly("f");
        OutputFile.write(file, NEW);
        assertThat(file).hasContent("new");
        assertThat(directory.toFile().list()).containsExactly("f");
    }

    @Test
    void linksStayLinks() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("folder"));
        Path file = Files.writeString(folder.resolve("f"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("folder/f"));
        Path second = Files.createSymbolicLink(directory.resolve("second"), Path.of("link"));
        OutputFile.write(second, NEW);
        assertThat(file).hasContent("new");
        assertThat(link).isSymbolicLink();
        assertThat(second).isSymbolicLink();
        assertThat(folder.toFile().list()).containsExactly("f");
    }

    @Test
    void permissionsOfTheOldFileAreKept() throws IOException {
        Path file = Files.writeString(directory.resolve("f"), "old");
        assumeTrue(Files.getFileStore(file).supportsFileAttributeView("posix"), "no POSIX permissions here");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        OutputFile.write(file, NEW);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-r-----");
    }

    @Test
    void whatIsInTheWayIsSaidBefore() throws IOException {
        assertThatThrownBy(() -> OutputFile.requireWritable(directory))
                .hasMessageEndingWith("expected a file to write, got a folder; name a file in it");
        Path missing = directory.resolve("no/f");
        assertThatThrownBy(() -> OutputFile.requireWritable(missing))
                .hasMessage(missing + ": expected a file in a folder that exists, got " + missing.getParent() + "; create it first");
        Path file = Files.writeString(directory.resolve("f"), "x");
        assertThatThrownBy(() -> OutputFile.requireWritable(file.resolve("g"))).isInstanceOf(IOException.class);
        OutputFile.requireWritable(directory.resolve("new"));
        assertThat(directory.toFile().list()).as("nothing is touched").containsExactly("f");
    }

    @Test
    void rowsThatComeOneByOneAreTheSameFile() throws IOException {
        float[] values = {1, 2, 3, 4, 5, 6};
        Path whole = directory.resolve("whole.npy");
        NpyWriter.writeFloats(whole, values, Shape.of(3, 2));
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (NpyWriter.Rows rows = NpyWriter.rows(OutputFile.toStream("stream", stream), 2)) {
            for (int i = 0; i < 3; i++) {
                rows.add(new float[] {values[2 * i], values[2 * i + 1]});
            }
            assertThat(stream.size()).as("nothing before it is complete").isZero();
            assertThatThrownBy(() -> rows.add(new float[3])).hasMessage("npy row 3: expected 2 values, got 3");
            rows.commit();
        }
        assertThat(stream.toByteArray()).isEqualTo(Files.readAllBytes(whole));
        Path none = directory.resolve("none.npy");
        try (NpyWriter.Rows rows = NpyWriter.rows(OutputFile.create(none), 7)) {
            rows.commit();
        }
        assertThat(NpyArray.read(none).shape()).isEqualTo(Shape.of(0, 7));
    }
}
