package io.github.clip4j.nn;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.Probe;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.reference.ReferenceClip;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Every intermediate result of both towers, of the reference and of the fast path, against PyTorch in float64.
class GoldenTest {
    private static final String WEIGHTS = ".self_attn.weights"; // the goldens hold none

    private final Golden golden = new Golden();

    /// The reference, with every intermediate result compared.
    private ReferenceClip reference(String input) {
        return ReferenceClip.watched(golden.config, golden.parameters, (name, x) -> {
            if (!name.endsWith(WEIGHTS)) {
                golden.assertFloat64(input + "/" + name, x);
            }
        });
    }

    /// Compares every result of the fast path.
    private Probe probe(String input) {
        return (name, x) -> {
            if (!name.endsWith(WEIGHTS)) {
                golden.assertFloat32(input + "/" + name, x.toArray());
            }
        };
    }

    @Test
    void theReferenceAgreesWithPyTorchInEveryIntermediateResult() {
        for (int i = 0; i < 2; i++) {
            reference("image" + i).encodeImage(golden.image(i));
            assertAllCompared("image" + i, "image" + i + "/gelu");
        }
        for (int i = 0; i < 3; i++) {
            reference("text" + i).encodeText(golden.text(i));
            assertAllCompared("text" + i, "text" + i + "/gelu_pytorch_tanh");
        }
    }

    private void assertAllCompared(String input, String... exceptions) {
        Set<String> names = golden.names(input);
        names.removeAll(golden.compared());
        assertThat(names).containsExactlyInAnyOrder(
                Arrays.stream(exceptions).filter(name -> golden.names(input).contains(name)).toArray(String[]::new));
    }

    @Test
    void theFastPathAgreesWithPyTorchInEveryIntermediateResult() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory); Workers workers = new Workers(2)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            for (int i = 0; i < 2; i++) {
                model.imageEncoder().orElseThrow().trace(golden.image(i), probe("image" + i));
                assertAllCompared("image" + i, "image" + i + "/gelu");
            }
            for (int i = 0; i < 3; i++) {
                model.textEncoder().orElseThrow().trace(golden.text(i), probe("text" + i));
                assertAllCompared("text" + i, "text" + i + "/gelu_pytorch_tanh");
            }
        }
    }

    /// The encoders compute the last block at the pooled row alone, share the rows of texts that begin alike, and leave out what follows
    /// the end of a text.
    @Test
    void aTraceEndsWithTheBitsOfTheEncoder() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory);
                Workers workers = new Workers(3)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            Tensor images = model.imageEncoder().orElseThrow().encode(golden.pixels());
            for (int i = 0; i < 2; i++) {
                Tensor traced = model.imageEncoder().orElseThrow().trace(golden.image(i), (name, x) -> {});
                assertSameBits(traced.toArray(), images.rows(i, 1).toArray(), "image " + i);
            }
            List<int[]> ids = List.of(golden.text(0), golden.text(1), golden.text(2));
            Tensor texts = model.textEncoder().orElseThrow().encode(ids);
            for (int i = 0; i < 3; i++) {
                Tensor traced = model.textEncoder().orElseThrow().trace(ids.get(i), (name, x) -> {});
                assertSameBits(traced.toArray(), texts.rows(i, 1).toArray(), "text " + i);
                int[] padded = Arrays.copyOf(ids.get(i), 20);
                Arrays.fill(padded, ids.get(i).length, 20, golden.endOfText());
                traced = model.textEncoder().orElseThrow().trace(padded, (name, x) -> {});
                assertSameBits(traced.toArray(), texts.rows(i, 1).toArray(), "padded text " + i);
            }
        }
    }

    @Test
    void attentionWeightsAgreeWithTheReference() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory);
                Workers workers = new Workers(2)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            Map<String, double[][]> expected = new LinkedHashMap<>();
            ReferenceClip reference = ReferenceClip.watched(golden.config, golden.parameters, expected::put);
            for (int i = 0; i < 2; i++) {
                Map<String, Tensor> traced = new LinkedHashMap<>();
                model.imageEncoder().orElseThrow().trace(golden.image(i), traced::put);
                expected.clear();
                reference.encodeImage(golden.image(i));
                assertThat(traced.keySet()).as("the order too").containsExactlyElementsOf(expected.keySet());
                checkWeights("image" + i + "/", golden.config.vision().orElseThrow().transformer(), false, traced, expected);
            }
            for (int i = 0; i < 3; i++) {
                Map<String, Tensor> traced = new LinkedHashMap<>();
                model.textEncoder().orElseThrow().trace(golden.text(i), traced::put);
                expected.clear();
                reference.encodeText(golden.text(i));
                assertThat(traced.keySet()).containsExactlyElementsOf(expected.keySet());
                checkWeights("text" + i + "/", golden.config.text().orElseThrow().transformer(), true, traced, expected);
            }
        }
    }

    private void checkWeights(
            String input, TransformerConfig t, boolean causal, Map<String, Tensor> traced, Map<String, double[][]> expected) {
        long blocks = traced.keySet().stream().filter(name -> name.endsWith(WEIGHTS)).peek(name -> {
            Tensor weights = Objects.requireNonNull(traced.get(name));
            String attention = name.substring(0, name.length() - ".weights".length());
            double[][] a = Objects.requireNonNull(expected.get(name));
            int n = a[0].length;
            assertThat(weights.shape()).isEqualTo(Shape.of(t.heads(), n, n));
            float[] actual = weights.toArray();
            float[] flat = new float[actual.length];
            double[] bounds = bounds(input, attention, t, a, expected);
            for (int k = 0; k < flat.length; k++) {
                flat[k] = (float) a[k / n][k % n];
                if (causal && k % n > k / n % n) {
                    assertThat(actual[k]).as("a later position").isZero();
                }
            }
            assertWithin(actual, flat, k -> bounds[k], input + name);
            for (int row = 0; row < actual.length; row += n) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    sum += actual[row + j];
                }
                assertThat(Math.abs(sum - 1))
                        .as("row %d sums to one, but for a rounding of each weight", row / n)
                        .isLessThanOrEqualTo(0x1p-24);
            }
        }).count();
        assertThat(blocks).isEqualTo(t.layers());
    }

    /// Queries and keys differ from the reference's by εq and εk at most: what [Golden#assertFloat32] allows them. A score q·k/√dₕ then
    /// differs by at most Σ (εq·|k| + |q|·εk + εq·εk)/√dₕ; let δ be the greatest of a row. Numerator and denominator of the softmax each
    /// change by a factor within e^±δ, so a weight differs by at most a·(e^(2δ) − 1). It is rounded once, and so is the expected one:
    /// 2·2⁻²⁴·a.
    private double[] bounds(String input, String attention, TransformerConfig t, double[][] a, Map<String, double[][]> expected) {
        double[][] q = Objects.requireNonNull(expected.get(attention + ".q_proj"));
        double[][] k = Objects.requireNonNull(expected.get(attention + ".k_proj"));
        double ofQ = golden.bound(input + attention + ".q_proj");
        double ofK = golden.bound(input + attention + ".k_proj");
        int n = q.length;
        double[] bounds = new double[a.length * n];
        for (int row = 0; row < a.length; row++) {
            int first = row / n * t.headDim();
            double delta = 0;
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int c = first; c < first + t.headDim(); c++) {
                    sum += ofQ * Math.abs(k[j][c]) + Math.abs(q[row % n][c]) * ofK + ofQ * ofK;
                }
                delta = Math.max(delta, sum / Math.sqrt(t.headDim()));
            }
            for (int j = 0; j < n; j++) {
                bounds[row * n + j] = a[row][j] * (Math.expm1(2 * delta) + 0x1p-23) + Float.MIN_VALUE; // of later positions, 0 ± 0
            }
        }
        return bounds;
    }

    @Test
    void bothEncodersAgreeWithPyTorchUnderTheOtherActivations() throws IOException {
        VisionConfig vision = golden.config.vision().orElseThrow();
        TextConfig text = golden.config.text().orElseThrow();
        ClipConfig other = ClipConfig.of(vision.withActivation(Activation.GELU), text.withActivation(Activation.GELU_TANH));
        ReferenceClip reference = new ReferenceClip(other, golden.parameters);
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory)) {
            ClipModel model = ClipModel.load(other, checkpoint.weights(), Workers.SERIAL);
            Tensor images = model.imageEncoder().orElseThrow().encode(golden.pixels());
            Tensor texts = model.textEncoder().orElseThrow().encode(List.of(golden.text(0), golden.text(1)));
            for (int i = 0; i < 2; i++) {
                golden.assertFloat32("image" + i + "/gelu", images.rows(i, 1).toArray());
                golden.assertFloat64("image" + i + "/gelu", new double[][] {reference.encodeImage(golden.image(i))});
                golden.assertFloat32("text" + i + "/gelu_pytorch_tanh", texts.rows(i, 1).toArray());
                golden.assertFloat64("text" + i + "/gelu_pytorch_tanh", new double[][] {reference.encodeText(golden.text(i))});
            }
        }
    }
}
