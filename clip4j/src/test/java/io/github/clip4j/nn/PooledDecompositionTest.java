package io.github.clip4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.Explanation;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.Decomposition;
import io.github.clip4j.reference.ReferenceDecomposition;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The cosines of two SigLIP images taken apart at the attention that pools them: reference and fast path against transformers with hooks
/// (`weights-tools/python/make_decomposition_goldens.py`).
class PooledDecompositionTest {
    private static final double U = Math.scalb(1.0, -24);

    /// The greatest differences between PyTorch's float32 and float64 run, as the golden's metadata has them.
    private static final Map<String, Double> PYTORCH_ERROR =
            Map.of("cosine", 3.38e-8, "parts", 7.28e-9, "mlps", 2.89e-8, "rest", 2.19e-9);

    private final Golden golden = new Golden("siglip");

    /// sin(1), sin(2), … of unit length.
    private double[] direction() {
        double[] x = new double[golden.config.vision().orElseThrow().transformer().width()];
        Arrays.setAll(x, i -> Math.sin(i + 1));
        double length = Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
        return Arrays.stream(x).map(v -> v / length).toArray();
    }

    private static void assertClose(SafetensorsFile file, String name, double[] actual, double bound) throws IOException {
        float[] expected = file.read(name);
        assertThat(actual).as(name).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(bound + U * Math.abs(expected[i])));
        }
    }

    private static double bound(String kind) {
        return 4 * Objects.requireNonNull(PYTORCH_ERROR.get(kind));
    }

    @Test
    void theReferenceAgreesWithPyTorchAndSumsToTheCosine() throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(golden.directory.resolve("decomposition.safetensors"))) {
            for (int i = 0; i < 2; i++) {
                ReferenceDecomposition actual =
                        ReferenceDecomposition.ofPooledImage(golden.config, golden.parameters, golden.image(i), direction());
                double[] parts = Arrays.stream(actual.parts()[0]).flatMapToDouble(Arrays::stream).toArray();
                assertThat(Arrays.stream(parts).sum() + actual.mlps()[0] + actual.rest()).isCloseTo(actual.cosine(), within(1e-12));
                assertClose(file, "image" + i + "/cosine", new double[] {actual.cosine()}, 1e-12);
                assertClose(file, "image" + i + "/parts", parts, 1e-12);
                assertClose(file, "image" + i + "/mlps", actual.mlps(), 1e-12);
                assertClose(file, "image" + i + "/rest", new double[] {actual.rest()}, 1e-12);
            }
        }
    }

    @Test
    void theFastPathAgreesWithPyTorch() throws IOException {
        float[] direction = new float[direction().length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = (float) direction()[i];
        }
        try (SafetensorsFile file = SafetensorsFile.open(golden.directory.resolve("decomposition.safetensors"));
                Checkpoint checkpoint = Checkpoint.open(golden.directory);
                Workers workers = new Workers(2)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            for (int i = 0; i < 2; i++) {
                Decomposition actual = model.imageEncoder().orElseThrow().decompose(golden.image(i), List.of(direction)).getFirst();
                assertThat(actual.layers()).isEqualTo(1);
                double[] parts = new double[actual.heads() * actual.positions()];
                for (int k = 0; k < parts.length; k++) {
                    parts[k] = actual.part(0, k / actual.positions(), k % actual.positions());
                }
                assertThat(Arrays.stream(parts).sum() + actual.mlp(0) + actual.rest()).isCloseTo(actual.cosine(), within(1e-5));
                assertClose(file, "image" + i + "/cosine", new double[] {actual.cosine()}, bound("cosine"));
                assertClose(file, "image" + i + "/parts", parts, bound("parts"));
                assertClose(file, "image" + i + "/mlps", new double[] {actual.mlp(0)}, bound("mlps"));
                assertClose(file, "image" + i + "/rest", new double[] {actual.rest()}, bound("rest"));
            }
        }
    }

    /// The whole answer: patches and words of a label, whose text has no mask and is read at its last position.
    @Test
    void bothSidesOfAnExplanationSumToTheCosine() throws IOException {
        try (Clip clip = Clip.load(golden.directory, ClipOptions.defaults())) {
            var image = ImageFile.read(golden.directory.resolve("image.png"));
            Explanation explanation = clip.explain(image, List.of("a photo of a cat"));
            Explanation.Label label = explanation.labels().getFirst();
            double cosine = clip.embedImage(image).dot(clip.embedText("a photo of a cat"));
            assertThat(label.cosine()).isCloseTo(cosine, within(24 * U)); // the same bits, of which one side is normalised in float32
            double patches = Arrays.stream(explanation.patches(0)).flatMapToDouble(Arrays::stream).sum();
            assertThat(patches + label.image().mlp(0) + label.image().rest()).isCloseTo(cosine, within(1e-5));
            Decomposition text = label.text();
            double sum = text.rest();
            for (int layer = 0; layer < text.layers(); layer++) {
                sum += text.mlp(layer);
            }
            for (int position = 0; position < text.positions(); position++) {
                sum += text.position(position);
            }
            assertThat(sum).isCloseTo(cosine, within(1e-5));
            assertThat(label.tokens()).hasSize(text.positions());
            assertThatThrownBy(() -> clip.model().imageEncoder().orElseThrow().encodePatches(clip.preprocess().apply(image)))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("attention pooling");
        }
    }
}
