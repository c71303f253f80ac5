package io.github.clip4j.core.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.safetensors.ShardedWeights;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.testkit.Gen;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    @TempDir
    private Path directory = Path.of("");

    private Path file(String json, byte... data) throws IOException {
        return file("m.safetensors", json.getBytes(StandardCharsets.UTF_8), data);
    }

    private Path file(String name, byte[] json, byte... data) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(json.length).put(json).put(data);
        return Files.write(directory.resolve(name), buffer.array());
    }

    private static byte[] floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    @Test
    void readsFloatsHalvesAndBfloatsExactly() throws IOException {
        byte[] data = new byte[12];
        System.arraycopy(floats(1.5f), 0, data, 0, 4);
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)
                .putShort(4, Float.floatToFloat16(-2.25f)).putShort(6, Float.floatToFloat16(6e-8f))
                .putShort(8, DType.floatToBfloat16(3e38f)).putShort(10, DType.floatToBfloat16(Float.NaN));
        Path path = file(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"h\":{\"dtype\":\"F16\",\"shape\":[2],"
                        + "\"data_offsets\":[4,8]},"
                        + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[8,12]},\"__metadata__\":{\"format\":\"pt\"}}",
                data);
        try (SafetensorsFile weights = SafetensorsFile.open(path)) {
            assertThat(weights.read("a")).containsExactly(1.5f);
            assertThat(weights.read("h")).containsExactly(-2.25f, 0x1p-24f);
            assertThat(weights.read("b")[0]).isEqualTo(DType.bfloat16ToFloat(DType.floatToBfloat16(3e38f)));
            assertThat(weights.read("b")[1]).isNaN();
            assertThat(Objects.requireNonNull(weights.tensors().get("b")).shape()).isEqualTo(Shape.of(1, 2));
            assertThat(weights.metadata()).containsEntry("format", "pt");
            assertThatThrownBy(() -> weights.read("c"))
                    .isInstanceOf(WeightFormatException.class)
                    .hasMessage("m.safetensors: expected a tensor c, got none of that name");
        }
    }

    @Test
    void bfloat16RoundsToNearestEven() {
        assertThat(DType.bfloat16ToFloat(DType.floatToBfloat16(1 + 0x1p-8f))).isEqualTo(1f);
        assertThat(DType.bfloat16ToFloat(DType.floatToBfloat16(1 + 0x3p-8f))).isEqualTo(1 + 0x1p-6f);
        assertThat(DType.bfloat16ToFloat(DType.floatToBfloat16(Float.MAX_VALUE))).isInfinite();
        assertThat(DType.bfloat16ToFloat(DType.floatToBfloat16(Float.intBitsToFloat(0x7f800001)))).isNaN();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | expected 8 bytes for F32 [2], got 4",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor a: expected to begin at offset 0, got 4: a "
                        + "hole or an overlap",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}} | expected 0 bytes of tensors after the header, got 4",
                "{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}} | tensor a: expected a dtype such as F32, F16 or BF16, "
                        + "got 'Q4'",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | shape[0]: expected an integer of at least 0, got a "
                        + "number -1",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | shape[0]: expected an integer of at least 0, got a "
                        + "number 1.0",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}} | expected a shape of at most "
                        + "2^31-1 elements",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | expected [begin, end] with begin ≤ end, got [4, 0]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}} | data_offsets: expected an array, got nothing",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{}} | the name 'a' appears twice",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} x | malformed JSON",
                "[1] | expected a JSON object, got an array",
                "{\"__metadata__\":{\"n\":1}} | n: expected a string, got a number 1",
            })
    void refusesWhatBreaksARule(String json, String message) throws IOException {
        Path path = file(json.strip(), floats(1));
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("m.safetensors")
                .hasMessageContaining(message.strip());
    }

    @Test
    void refusesALengthFieldBeyondTheFileOrTheLimit() throws IOException {
        Path path = Files.write(directory.resolve("m.safetensors"), new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, '{', '}'});
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .hasMessage("m.safetensors: expected a header of at most 100,000,000 bytes, got a length field of 18446744073709551615");
        Files.write(path, new byte[] {100, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
        assertThatThrownBy(() -> SafetensorsFile.open(path)).hasMessageContaining("got a length field of 100; cut short");
        Files.write(path, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .hasMessage("m.safetensors: expected a safetensors file of at least 8 bytes, got 3");
    }

    private static WeightSource shards(Path index) throws IOException {
        Folder folder = Folder.of(Objects.requireNonNull(index.getParent()));
        return ShardedWeights.open(folder, String.valueOf(index.getFileName()), (there, name) -> SafetensorsFile.open(there.open(name)));
    }

    @Test
    void readsShardsAndListsAllDisagreements() throws IOException {
        file("1.safetensors", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
                .getBytes(StandardCharsets.UTF_8), floats(1));
        file("2.safetensors", "{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
                .getBytes(StandardCharsets.UTF_8), floats(2));
        Path index = directory.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}}");
        try (WeightSource weights = shards(index)) {
            assertThat(weights.tensors().keySet()).containsExactly("a", "b");
            assertThat(weights.read("b")).containsExactly(2f);
        }
        Files.writeString(index, "{\"weight_map\":{\"a\":\"1.safetensors\",\"c\":\"2.safetensors\"}}");
        assertThatThrownBy(() -> shards(index))
                .hasMessageContaining("2 findings")
                .hasMessageContaining("2.safetensors holds b, which the index does not place there")
                .hasMessageContaining("2.safetensors lacks c, which the index places there");
        Files.writeString(index, "{\"weight_map\":{\"a\":\"../1.safetensors\"}}");
        assertThatThrownBy(() -> shards(index)).hasMessageContaining("expected the name of a file beside the index");
        Files.writeString(index, "{\"weight_map\":{\"a\":\"3.safetensors\"}}");
        assertThatThrownBy(() -> shards(index)).hasMessageContaining("expected the shard 3.safetensors beside it");
    }

    @Test
    void agreesWithTheReferenceOnItsOwnTestFiles() throws IOException {
        Path files = ReferenceData.require("formats/safetensors");
        JsonObject expected = JsonParser.parseString(Files.readString(files.resolve("EXPECTED.json"))).getAsJsonObject();
        for (String name : expected.keySet()) {
            boolean ok = expected.getAsJsonObject(name).get("reference").getAsString().equals("ok");
            if (ok) {
                SafetensorsFile.open(files.resolve(name)).close();
            } else {
                assertThatThrownBy(() -> SafetensorsFile.open(files.resolve(name)).close()).as(name)
                        .isInstanceOf(WeightFormatException.class);
            }
        }
    }

    @Test
    void tenThousandMutationsGiveAResultOrTheOneException() throws IOException {
        byte[] json = ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                        + "\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[8,12]}}").getBytes(StandardCharsets.UTF_8);
        byte[] original = Files.readAllBytes(file("m.safetensors", json, new byte[12]));
        Mutations.check(original, directory.resolve("mutated.safetensors"), path -> {
            try (SafetensorsFile weights = SafetensorsFile.open(path)) {
                for (String name : weights.tensors().keySet()) {
                    weights.read(name);
                }
            }
        });
    }

    /// Seeded damage to a file.
    static final class Mutations {
        private Mutations() {}

        interface Reader {
            void read(Path path) throws IOException;
        }

        /// Flips, cuts, doubles and inserts bytes 10,000 times; reading must end in a result or an [IOException].
        static void check(byte[] original, Path path, Reader reader) throws IOException {
            for (int seed = 0; seed < 10_000; seed++) {
                Gen gen = new Gen(seed);
                byte[] mutated = original.clone();
                for (int i = gen.integer(1, 5); i > 0; i--) {
                    mutated[gen.integer(0, mutated.length)] = (byte) gen.integer(0, 256);
                }
                if (seed % 3 == 0) {
                    mutated = Arrays.copyOf(mutated, gen.integer(0, mutated.length + 8));
                }
                Files.write(path, mutated);
                try {
                    reader.read(path);
                } catch (IOException expected) {
                    assertThat(expected.getMessage()).as("seed %d", seed).isNotBlank();
                } catch (RuntimeException | Error e) {
                    throw new AssertionError("seed " + seed, e);
                }
            }
        }
    }
}
