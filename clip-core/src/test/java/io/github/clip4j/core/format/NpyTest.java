package io.github.clip4j.core.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.ReferenceData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NpyTest {
    @TempDir
    private Path directory = Path.of("");

    private static byte[] npy(int version, String dict, byte[] data) {
        byte[] text = (dict + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(8 + (version == 1 ? 2 : 4) + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        if (version == 1) {
            buffer.putShort((short) text.length);
        } else {
            buffer.putInt(text.length);
        }
        return buffer.put(text).put(data).array();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("x.npy"), bytes);
    }

    private static byte[] data(ByteOrder order, float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(order);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void readsAllVersionsInBothByteOrders(int version) throws IOException {
        String dict = "{'descr': '%sf4', 'fortran_order': False, 'shape': (2, 3), }";
        float[] values = {1, 2, 3, 4, 5, 6};
        assertThat(NpyArray.read(write(npy(version, dict.formatted("<"), data(ByteOrder.LITTLE_ENDIAN, values)))).floats())
                .containsExactly(values);
        NpyArray big = NpyArray.read(write(npy(version, dict.formatted(">"), data(ByteOrder.BIG_ENDIAN, values))));
        assertThat(big.floats()).containsExactly(values);
        assertThat(big.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(big.dtype()).isEqualTo(DType.F32);
    }

    @Test
    void fortranOrderComesOutRowMajor() throws IOException {
        byte[] bytes = data(ByteOrder.LITTLE_ENDIAN, 1, 4, 2, 5, 3, 6);
        String dict = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
        assertThat(NpyArray.read(write(npy(1, dict, bytes))).floats()).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void readsIntegersScalarsAndEmptyArrays() throws IOException {
        byte[] longs = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(-7).putLong(49407).array();
        String dict = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }";
        assertThat(NpyArray.read(write(npy(1, dict, longs))).ints()).containsExactly(-7, 49407);
        byte[] tooLong = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(1).putLong(1L << 40).array();
        NpyArray array = NpyArray.read(write(npy(1, dict, tooLong)));
        assertThatThrownBy(array::ints).hasMessage("x.npy: expected integers within 32 bits, got 1099511627776 at index 1");
        assertThatThrownBy(array::floats).hasMessage("x.npy: expected an array of floats, got I64");
        NpyArray scalar = NpyArray.read(write(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
                data(ByteOrder.LITTLE_ENDIAN, 9))));
        assertThat(scalar.floats()).containsExactly(9f);
        NpyArray empty = NpyArray.read(write(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5)}", new byte[0])));
        assertThat(empty.floats()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            quoteCharacter = '~',
            value = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } § x.npy: expected 12 bytes of data for F32 [3], got 8",
                "{'descr': '|O', 'fortran_order': False, 'shape': (2,), } § x.npy: the array holds pickled Python objects, which are "
                        + "never executed; save it as numbers",
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), } § expected",
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), } § x.npy: expected an array of f2, f4, f8, integers or "
                        + "booleans, got descr '<c8'",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2), } § x.npy: expected a shape such as (2, 3) or (4,), got (2)",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), } § expected a shape of at most 2^31-1 elements",
                "{'descr': '<f4', 'fortran_order': False} § expected 'shape' of a plain array",
                "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)} § the key 'descr' appears twice in the header",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1} § expected the keys descr, fortran_order and shape alone",
                "__import__('os') § expected a Python dictionary as header",
            })
    void refusesWhatIsNoPlainArray(String dict, String message) throws IOException {
        Path path = write(npy(1, dict.strip(), new byte[8]));
        assertThatThrownBy(() -> NpyArray.read(path)).isInstanceOf(WeightFormatException.class).hasMessageContaining(message.strip());
    }

    @Test
    void refusesOtherFilesAndVersions() throws IOException {
        assertThatThrownBy(() -> NpyArray.read(write("hello".getBytes(StandardCharsets.UTF_8))))
                .hasMessageContaining("expected the npy magic");
        byte[] version4 = npy(1, "{}", new byte[0]);
        version4[6] = 4;
        assertThatThrownBy(() -> NpyArray.read(write(version4))).hasMessage("x.npy: expected npy version 1.0, 2.0 or 3.0, got 4.0");
    }

    @Test
    void aDirectoryAndAnArchiveAreCheckpoints() throws IOException {
        byte[] array = npy(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2), }", new byte[] {0, 0x3c, 0, (byte) 0xc0});
        Files.write(directory.resolve("a.weight.npy"), array);
        Files.writeString(directory.resolve("README"), "no tensor");
        try (NpyWeights weights = NpyWeights.openDirectory(directory)) {
            assertThat(weights.tensors().keySet()).containsExactly("a.weight");
            assertThat(weights.read("a.weight")).containsExactly(1f, -2f);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("a.weight.npy"));
            zip.write(array);
        }
        Path archive = Files.write(directory.resolve("m.npz"), bytes.toByteArray());
        try (NpyWeights weights = NpyWeights.openArchive(archive)) {
            assertThat(weights.read("a.weight")).containsExactly(1f, -2f);
            assertThat(weights.tensors().get("a.weight").shape()).isEqualTo(Shape.of(1, 2));
        }
        Files.write(archive, new byte[] {'P', 'K', 3, 4});
        assertThatThrownBy(() -> NpyWeights.openArchive(archive)).isInstanceOf(WeightFormatException.class).hasMessageStartingWith("m.npz");
    }

    @Test
    void readsOrRefusesEveryReferenceFile() throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(ReferenceData.require("formats/npy"))) {
            files = walk.filter(Files::isRegularFile).toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            try {
                if (file.toString().endsWith(".npz")) {
                    NpyWeights.openArchive(file).close();
                } else if (file.toString().endsWith(".npy")) {
                    NpyArray.read(file);
                }
            } catch (WeightFormatException expected) {
                assertThat(expected.getMessage()).contains(String.valueOf(file.getFileName()));
            }
        }
    }

    @Test
    void tenThousandMutationsGiveAResultOrTheOneException() throws IOException {
        byte[] original = npy(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }", new byte[8]);
        SafetensorsTest.Mutations.check(original, directory.resolve("m.npy"), path -> {
            NpyArray array = NpyArray.read(path);
            if (array.dtype().isFloat()) {
                array.floats();
            } else {
                array.ints();
            }
        });
    }
}
