package io.github.clip4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The embeddings of a JVM without the incubator module, and of one without C2, have the bits of this one, which has vectors.
class WithoutVectorApiTest {
    @ParameterizedTest
    @EnumSource
    void embeddingsHaveTheSameBits(Activation activation) throws IOException, InterruptedException {
        assertThat(embeddings(activation, Workers.SERIAL)).isEqualTo(fork(activation));
    }

    @Test
    void soDoThoseOfASmallModelThatBeginsWithTheScalarKernels() throws IOException {
        try (Workers workers = Workers.scalarAtFirst(2); Workers vectors = new Workers(3)) {
            assertThat(embeddings(Activation.GELU, workers)).isEqualTo(embeddings(Activation.GELU, vectors));
        }
    }

    private static String fork(Activation activation) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", System.getProperty("java.class.path"),
                        WithoutVectorApiTest.class.getName(), activation.name())
                .redirectError(ProcessBuilder.Redirect.PIPE)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String log = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(log).isZero();
        assertThat(log.lines().filter(line -> line.contains("clip4j runs on its scalar kernels, with the same bits"))).as(log).hasSize(1);
        return out;
    }

    public static void main(String[] args) throws IOException {
        System.out.print(embeddings(Activation.valueOf(args[0]), Workers.SERIAL));
    }

    /// Three images and three texts, a line of bits each.
    private static String embeddings(Activation activation, Workers workers) throws IOException {
        TransformerConfig vision = new TransformerConfig(176, 2, 2, 704, activation, 1e-5); // heads of 88, sums of several segments
        TransformerConfig text = new TransformerConfig(96, 3, 2, 384, activation, 1e-5); // heads of 32
        OptionalInt dim = OptionalInt.of(50);
        ClipConfig config = ClipConfig.of(
                new VisionConfig(42, 7, vision, new ImageHead.ClassToken(dim)),
                new TextConfig(40, 12, text, new TextHead.EndOfText(dim, TextHead.Pooling.GREATEST_ID, 39)));
        ClipModel model = ClipModel.load(config, new Drawn(config), workers);
        Tensor images = Tensor.of(new Gen(1).floats(3 * 3 * 42 * 42), Shape.of(3, 3, 42, 42));
        List<int[]> texts = List.of(new int[] {1, 2, 3, 39}, new int[] {1, 2, 39}, new int[] {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 39});
        return lines(model.imageEncoder().orElseThrow().encode(images))
                + lines(model.textEncoder().orElseThrow().encode(new ArrayList<>(texts)))
                + siglip(vision, text, images, texts, workers) + nllb(vision, text, images, texts, workers)
                + mobileClip(vision, text, images, texts, workers);
    }

    /// The same inputs, texts padded to the context: the convolutions of one of the family, the texts of the other.
    private static String mobileClip(TransformerConfig vision, TransformerConfig text, Tensor images, List<int[]> texts, Workers workers)
            throws IOException {
        OptionalInt dim = OptionalInt.of(50);
        ClipConfig config = ClipConfig.of(
                new VisionConfig(42, 16, vision, new ImageHead.ConvStem(dim)),
                new TextConfig(40, 12, text, new TextHead.EndOfPaddedText(dim)));
        ClipModel model = ClipModel.load(config, new Drawn(config), workers);
        List<int[]> padded = texts.stream().map(ids -> Arrays.copyOf(ids, 12)).toList();
        return lines(model.imageEncoder().orElseThrow().encode(images)) + lines(model.textEncoder().orElseThrow().encode(padded));
    }

    /// The same inputs; 1 is padding, so it is left out.
    private static String nllb(TransformerConfig vision, TransformerConfig text, Tensor images, List<int[]> texts, Workers workers)
            throws IOException {
        OptionalInt dim = OptionalInt.of(176);
        ClipConfig config = ClipConfig.of(
                new VisionConfig(42, 7, vision, new ImageHead.AttentionPool()),
                new TextConfig(40, 12, text, new TextHead.FirstPosition(dim, 1)));
        ClipModel model = ClipModel.load(config, new Drawn(config), workers);
        List<int[]> first = texts.stream().map(ids -> IntStream.concat(IntStream.of(38), Arrays.stream(ids)).toArray()).toList();
        return lines(model.imageEncoder().orElseThrow().encode(images)) + lines(model.textEncoder().orElseThrow().encode(first));
    }

    /// The same inputs, texts padded to the context.
    private static String siglip(TransformerConfig vision, TransformerConfig text, Tensor images, List<int[]> texts, Workers workers)
            throws IOException {
        ClipConfig config = ClipConfig.of(
                new VisionConfig(42, 7, vision, new ImageHead.AttentionPool()),
                new TextConfig(40, 12, text, new TextHead.LastPosition(OptionalInt.of(176), true)));
        ClipModel model = ClipModel.load(config, new Drawn(config), workers);
        List<int[]> padded = texts.stream().map(ids -> Arrays.copyOf(ids, 12)).toList();
        return lines(model.imageEncoder().orElseThrow().encode(images)) + lines(model.textEncoder().orElseThrow().encode(padded));
    }

    private static String lines(Tensor embeddings) {
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row < embeddings.rows(); row++) {
            for (float value : embeddings.rows(row, 1).toArray()) {
                lines.append(Integer.toHexString(Float.floatToRawIntBits(value))).append(' ');
            }
            lines.append('\n');
        }
        return lines.toString();
    }

    /// Weights of a normal distribution, each tensor from a seed of its own.
    private static final class Drawn implements WeightSource {
        private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();

        Drawn(ClipConfig config) {
            for (TensorSpec spec : ClipParameters.of(config)) {
                tensors.put(spec.name(), new TensorInfo(spec.name(), DType.F32, spec.shape(), "drawn"));
            }
        }

        @Override
        public String location() {
            return "drawn";
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            return tensors;
        }

        @Override
        public float[] read(String name) {
            float[] values = new Gen(name.hashCode()).floats(Objects.requireNonNull(tensors.get(name)).shape().elements());
            for (int i = 0; i < values.length; i++) {
                values[i] = 0.05f * (name.endsWith("running_var") ? Math.abs(values[i]) : values[i]);
            }
            return values;
        }

        @Override
        public void close() {}
    }
}
