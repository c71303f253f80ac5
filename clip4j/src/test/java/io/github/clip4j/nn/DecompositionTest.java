package io.github.clip4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.Decomposition;
import io.github.clip4j.model.PositionInterpolation;
import io.github.clip4j.reference.ReferenceClip;
import io.github.clip4j.reference.ReferenceDecomposition;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Each cosine of two images and three texts, taken apart from both sides: the reference and the fast path against transformers with hooks
/// (`weights-tools/python/make_decomposition_goldens.py`, which names the versions in the file).
class DecompositionTest {
    /// The unit roundoff of float32: goldens are float64 and read as float32.
    private static final double U = Math.scalb(1.0, -24);

    /// The greatest differences between PyTorch's float32 and float64 run, as the goldens' metadata has them.
    private static final Map<String, Double> PYTORCH_ERROR =
            Map.of("cosine", 6.58e-8, "parts", 2.44e-8, "mlps", 6.34e-8, "rest", 5.83e-8);

    private static final Golden GOLDEN = new Golden();
    private static final Map<String, float[]> EXPECTED = new HashMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(GOLDEN.directory.resolve("decomposition.safetensors"))) {
            for (String name : file.tensors().keySet()) {
                EXPECTED.put(name, file.read(name));
            }
        }
    }

    private static double[] unit(double[] x) {
        double length = Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
        return Arrays.stream(x).map(v -> v / length).toArray();
    }

    private static float[] floats(double[] x) {
        float[] out = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = (float) x[i];
        }
        return out;
    }

    private static double[] image(int i) {
        return unit(new ReferenceClip(GOLDEN.config, GOLDEN.parameters).encodeImage(GOLDEN.image(i)));
    }

    private static double[] text(int i) {
        return unit(new ReferenceClip(GOLDEN.config, GOLDEN.parameters).encodeText(GOLDEN.text(i)));
    }

    @Test
    void theReferenceAgreesWithPyTorchAndSumsToTheCosine() {
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 3; j++) {
                check("image" + i + "/text" + j,
                        ReferenceDecomposition.ofImage(GOLDEN.config, GOLDEN.parameters, GOLDEN.image(i), text(j)));
                check("text" + j + "/image" + i,
                        ReferenceDecomposition.ofText(GOLDEN.config, GOLDEN.parameters, GOLDEN.text(j), image(i)));
            }
        }
    }

    private static void check(String pair, ReferenceDecomposition actual) {
        double[] parts = Arrays.stream(actual.parts()).flatMap(Arrays::stream).flatMapToDouble(Arrays::stream).toArray();
        double sum = Arrays.stream(parts).sum() + Arrays.stream(actual.mlps()).sum() + actual.rest();
        assertThat(sum).as(pair).isCloseTo(actual.cosine(), within(1e-12));
        assertClose(pair + "/cosine", new double[] {actual.cosine()}, 1e-12);
        assertClose(pair + "/parts", parts, 1e-12);
        assertClose(pair + "/mlps", actual.mlps(), 1e-12);
        assertClose(pair + "/rest", new double[] {actual.rest()}, 1e-12);
    }

    /// Within `bound` and the rounding of the golden.
    private static void assertClose(String name, double[] actual, double bound) {
        float[] expected = Objects.requireNonNull(EXPECTED.get(name), name);
        assertThat(actual).as(name).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(bound + U * Math.abs(expected[i])));
        }
    }

    /// 4 times PyTorch's own error, as in [Golden#assertFloat32]. A wrong head, position or sign is off by the size of a part, 10⁻² here.
    @Test
    void theFastPathAgreesWithPyTorch() throws IOException {
        List<float[]> images = List.of(floats(image(0)), floats(image(1)));
        List<float[]> texts = List.of(floats(text(0)), floats(text(1)), floats(text(2)));
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.directory); Workers workers = new Workers(2)) {
            ClipModel model = ClipModel.load(GOLDEN.config, checkpoint.weights(), workers);
            for (int i = 0; i < 2; i++) {
                List<Decomposition> actual = model.imageEncoder().orElseThrow().decompose(GOLDEN.image(i), texts);
                for (int j = 0; j < 3; j++) {
                    check("image" + i + "/text" + j, actual.get(j));
                }
            }
            for (int j = 0; j < 3; j++) {
                List<Decomposition> actual = model.textEncoder().orElseThrow().decompose(GOLDEN.text(j), images);
                for (int i = 0; i < 2; i++) {
                    check("text" + j + "/image" + i, actual.get(i));
                }
            }
        }
    }

    private static void check(String pair, Decomposition actual) {
        double[] parts = new double[actual.layers() * actual.heads() * actual.positions()];
        double[] mlps = new double[actual.layers()];
        int k = 0;
        double sum = actual.rest();
        for (int layer = 0; layer < actual.layers(); layer++) {
            for (int head = 0; head < actual.heads(); head++) {
                for (int j = 0; j < actual.positions(); j++) {
                    parts[k++] = actual.part(layer, head, j);
                }
                sum += actual.head(layer, head);
            }
            mlps[layer] = actual.mlp(layer);
            sum += mlps[layer];
        }
        double byPosition = 0;
        for (int j = 0; j < actual.positions(); j++) {
            byPosition += actual.position(j);
        }
        assertThat(byPosition).as(pair).isCloseTo(Arrays.stream(parts).sum(), within(1e-12));
        assertThat(sum).as(pair).isCloseTo(actual.cosine(), within(1e-5));
        assertClose(pair + "/cosine", new double[] {actual.cosine()}, bound("cosine"));
        assertClose(pair + "/parts", parts, bound("parts"));
        assertClose(pair + "/mlps", mlps, bound("mlps"));
        assertClose(pair + "/rest", new double[] {actual.rest()}, bound("rest"));
    }

    private static double bound(String kind) {
        return 4 * Objects.requireNonNull(PYTORCH_ERROR.get(kind));
    }

    /// What is kept in 16 bits is taken apart as it is computed: the parts sum to the cosine of those weights.
    @Test
    void partsSumToTheCosineForWeightsOf16Bits() throws IOException {
        for (DType storage : List.of(DType.F16, DType.BF16)) {
            try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.directory); Workers workers = new Workers(1)) {
                ClipModel model = ClipModel.load(
                        GOLDEN.config, checkpoint.weights(), workers, OptionalInt.empty(), PositionInterpolation.HUGGING_FACE, storage);
                Decomposition parts = model.imageEncoder().orElseThrow().decompose(GOLDEN.image(0), List.of(floats(text(0)))).getFirst();
                double sum = parts.rest();
                for (int layer = 0; layer < parts.layers(); layer++) {
                    sum += parts.mlp(layer);
                }
                for (int j = 0; j < parts.positions(); j++) {
                    sum += parts.position(j);
                }
                assertThat(sum).as(storage.name()).isCloseTo(parts.cosine(), within(1e-5));
            }
        }
    }

    @Test
    void refusesInputsOfOtherSizes() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.directory); Workers workers = new Workers(1)) {
            ClipModel model = ClipModel.load(GOLDEN.config, checkpoint.weights(), workers);
            assertThatThrownBy(() -> model.imageEncoder().orElseThrow().decompose(Tensor.zeros(3, 30, 31), List.of()))
                    .hasMessage("image encoder: expected the pixels [3, 30, 30] of one image, got [3, 30, 31]; "
                            + "preprocess an image for this model first");
            assertThatThrownBy(() -> model.textEncoder().orElseThrow().decompose(GOLDEN.text(0), List.of(new float[3])))
                    .hasMessage("direction: expected 24 numbers, as an embedding has, got 3");
        }
    }
}
