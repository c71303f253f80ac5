package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.search.IndexModel;
import io.github.clip4j.testkit.MutationRun;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files that are damaged by chance: they are read, or refused by an IOException that names them, and never by another exception.
class ParquetMutationsTest {
    private static final IndexModel MODEL = Images.model("one", 8);

    @TempDir
    private Path folder = Path.of("");

    /// Reads all rows.
    private static void read(Path file) throws IOException {
        try (RowReader rows = RowReader.open(file)) {
            assertThat(rows.model()).isNotNull();
            rows.forEach(MODEL.dimension(), row -> {
                assertThat(row.path()).isNotNull();
                return true;
            });
        } catch (IOException e) {
            assertThat(e.getMessage()).startsWith(file + ": ");
            throw e;
        }
    }

    private List<Path> files() throws IOException {
        Path ours = folder.resolve("ours.parquet");
        ParquetIndex.export(Images.index(folder, MODEL, 30), ours);
        Path resources = ReferenceData.projectRoot().resolve("integrations/parquet/src/test/resources");
        return List.of(ours, resources.resolve("pandas.parquet"), resources.resolve("rows.parquet"), resources.resolve("gzip.parquet"),
                resources.resolve("zstd.parquet"), resources.resolve("lz4.parquet"));
    }

    @Test
    void bytesThatAreOthers() throws Exception {
        Path damaged = folder.resolve("damaged.parquet");
        for (Path file : files()) {
            byte[] bytes = Files.readAllBytes(file);
            read(file);
            // parquet-java takes memory for as many values as a page says it has; what the heap does not have is refused
            MutationRun.ofBytes("Parquet, " + file.getFileName(), IOException.class, _ -> Long.MAX_VALUE)
                    .survive(1500, 0.2, random -> mutated(bytes, random), other -> read(Files.write(damaged, other)));
        }
    }

    private static byte[] mutated(byte[] bytes, SplittableRandom random) {
        byte[] other = bytes.clone();
        int from = random.nextBoolean() ? other.length * 2 / 3 : 4; // the footer is most of a small file's last third
        for (int i = random.nextInt(4); i >= 0; i--) {
            other[random.nextInt(from, other.length)] = (byte) (random.nextInt(3) == 0 ? 0xff : random.nextInt());
        }
        return other;
    }

    @Test
    void filesThatEndEarly() throws IOException {
        for (Path file : files()) {
            byte[] bytes = Files.readAllBytes(file);
            Path cut = folder.resolve("cut.parquet");
            for (int length = 0; length < bytes.length; length += length < 16 ? 1 : 37) {
                Files.write(cut, Arrays.copyOf(bytes, length));
                assertThatThrownBy(() -> read(cut)).as(file + " of " + length + " bytes").isInstanceOf(IOException.class)
                        .hasMessageStartingWith(cut + ": expected a whole Parquet file, got one that cannot be read: ");
            }
        }
    }

    @Test
    void damagedBitsOfOurFilesAreNoticed() throws IOException {
        Path file = files().getFirst();
        byte[] bytes = Files.readAllBytes(file);
        byte[] other = bytes.clone();
        other[bytes.length / 3] ^= 1; // within an embedding, where any bits are a number
        Files.write(file, other);
        assertThatThrownBy(() -> read(file)).isInstanceOf(IOException.class)
                .hasMessageContaining(": expected a whole Parquet file").hasMessageContaining("CRC");
    }

    @Test
    void whatIsNoFileIsSaid() {
        assertThatThrownBy(() -> RowReader.open(folder)).isInstanceOf(IOException.class)
                .hasMessage(folder + ": expected a Parquet file, got a folder; name the files in it");
        assertThatThrownBy(() -> RowReader.open(folder.resolve("x"))).isInstanceOf(IOException.class)
                .hasMessageEndingWith("expected a Parquet file, got no file of that name");
    }
}
