package io.github.clip4j.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jetbrains.bio.npy.NpyFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is written is read back, by our readers and by a second opinion.
class WritersTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void npyIsReadBackByUsAndByTheNpyLibrary() throws IOException {
        Path file = directory.resolve("a.npy");
        float[] values = new Gen(1).floats(12);
        NpyWriter.writeFloats(file, values, Shape.of(3, 4));
        assertThat(NpyArray.read(file).floats()).containsExactly(values);
        assertThat(NpyArray.read(file).shape()).isEqualTo(Shape.of(3, 4));
        assertThat(NpyFile.read(file, 1 << 20).asFloatArray()).containsExactly(values);

        NpyWriter.writeInts(file, new int[] {1, -2, 49407}, Shape.of(3));
        assertThat(NpyArray.read(file).ints()).containsExactly(1, -2, 49407);
        assertThat(NpyFile.read(file, 1 << 20).asIntArray()).containsExactly(1, -2, 49407);

        NpyWriter.writeUnsignedBytes(file, new byte[] {0, 127, -1}, Shape.of(1, 3));
        assertThat(NpyArray.read(file).ints()).containsExactly(0, 127, 255);
        assertThat(Files.size(file) - 3).as("the data begin at a multiple of 64").isEqualTo(128);
        assertThatThrownBy(() -> NpyWriter.writeFloats(file, values, Shape.of(5))).hasMessage("npy [5]: expected 5 values, got 12");
    }

    @Test
    void safetensorsAreReadBackInEveryType() throws IOException {
        Path file = directory.resolve("m.safetensors");
        float[] values = new Gen(2).floats(300_000); // several chunks
        new SafetensorsWriter()
                .add("f32", DType.F32, Shape.of(300, 1000), values)
                .add("f16", DType.F16, Shape.of(300_000), values)
                .add("bf16", DType.BF16, Shape.of(300_000, 1), values)
                .add("scalar", DType.F32, Shape.of(), new float[] {4.6f})
                .metadata("format", "pt")
                .write(file);
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
            assertThat(weights.read("f32")).containsExactly(values);
            assertThat(weights.read("scalar")).containsExactly(4.6f);
            float[] halves = weights.read("f16");
            float[] brains = weights.read("bf16");
            for (int i = 0; i < values.length; i++) {
                assertThat(halves[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(values[i])));
                assertThat(Math.abs(brains[i] - values[i])).isLessThanOrEqualTo(Math.abs(values[i]) * 0x1p-8f);
            }
            assertThat(weights.metadata()).containsEntry("format", "pt");
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).as("no temporary file stays").containsExactly(file);
        }
    }

    @Test
    void wrongTensorsAreRefused() {
        SafetensorsWriter writer = new SafetensorsWriter().add("a", DType.F32, Shape.of(1), new float[1]);
        assertThatThrownBy(() -> writer.add("a", DType.F32, Shape.of(1), new float[1])).hasMessage("tensor a: the name is taken");
        assertThatThrownBy(() -> writer.add("b", DType.I64, Shape.of(1), new float[1]))
                .hasMessage("tensor b: expected F32, F16 or BF16, got I64");
        assertThatThrownBy(() -> writer.add("b", DType.F32, Shape.of(2), new float[1]))
                .hasMessage("tensor b [2]: expected 2 values, got 1");
    }
}
