package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.search.IndexModel;
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
class DamagedParquetTest {
    private static final IndexModel MODEL = Images.model("one", 8);
    private static final int ROUNDS = Integer.getInteger("clip.parquet.rounds", 300); // of each file; 1,500 take a minute
    private static final long SEED = Long.getLong("clip.seed", 42);

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

    /// Without the limits of clip-testkit's MutationRun: parquet-java takes memory, and the time to clear it, for as many values as a
    /// damaged page says it has. What the heap does not have is refused.
    @Test
    void bytesThatAreOthers() throws IOException {
        Path damaged = folder.resolve("damaged.parquet");
        for (Path file : files()) {
            byte[] bytes = Files.readAllBytes(file);
            read(file);
            int refused = 0;
            for (int round = 0; round < ROUNDS; round++) {
                Files.write(damaged, mutated(bytes, new SplittableRandom(SEED * 1_000_003 + round)));
                try {
                    read(damaged);
                } catch (IOException e) {
                    refused++;
                } catch (RuntimeException | Error e) {
                    throw new AssertionError(file.getFileName() + ": round " + round + " with -Dclip.seed=" + SEED, e);
                }
            }
            assertThat(refused).as(file.toString()).isGreaterThan(ROUNDS / 5);
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
