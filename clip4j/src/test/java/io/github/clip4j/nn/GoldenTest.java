package io.github.clip4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ClipParameters;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.reference.ReferenceClip;
import io.github.clip4j.reference.ReferenceProbe;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Every intermediate result of both towers, of the reference and of the fast path, against PyTorch in float64.
class GoldenTest {
    private final Golden golden = new Golden();

    /// The reference, with every intermediate result compared.
    private ReferenceProbe reference(String input) {
        return new ReferenceProbe(
                golden.config, name -> Objects.requireNonNull(golden.parameters.get(name), name), (name, x) ->
                        golden.assertFloat64(input + "/" + name, x));
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
            ParameterReader parameters = new ParameterReader(checkpoint.weights(), DType.F32);
            for (int i = 0; i < 2; i++) {
                checkImage("image" + i, golden.image(i), parameters, workers);
                assertAllCompared("image" + i, "image" + i + "/gelu");
            }
            for (int i = 0; i < 3; i++) {
                checkText("text" + i, golden.text(i), parameters, workers);
                assertAllCompared("text" + i, "text" + i + "/gelu_pytorch_tanh");
            }
        }
    }

    private void checkImage(String input, Tensor image, ParameterReader parameters, Workers workers) throws IOException {
        VisionConfig vision = Objects.requireNonNull(golden.config.vision());
        TransformerConfig t = vision.transformer();
        int n = vision.tokens();
        Workspace ws = new Workspace(n, 1, n, t.width(), t.heads(), t.mlpWidth(), 147, workers);
        PatchEmbedding embedding = new PatchEmbedding(
                parameters, ClipParameters.CLASS_EMBEDDING, ClipParameters.PATCH_EMBEDDING, ClipParameters.VISION_POSITIONS, 3,
                vision.patchSize(), vision.grid(), t.width());
        Tensor x = ws.residual(n);
        Tensor patches = Tensor.zeros(n - 1, vision.patchElements());
        embedding.forward(image.array(), 0, vision.imageSize(), patches, Tensor.zeros(n - 1, t.width()), x, ws);
        golden.assertFloat32(input + "/vision_model.embeddings", x.toArray());
        parameters.layerNorm(ClipParameters.PRE_NORM, t.layerNormEpsilon()).forward(x, x, ws);
        golden.assertFloat32(input + "/vision_model.pre_layrnorm", x.toArray());

        Tensor pooled = checkBlocks(input, ClipParameters.VISION, t, false, x, 0, parameters, ws);

        parameters.layerNorm(ClipParameters.POST_NORM, t.layerNormEpsilon()).forward(pooled, pooled, ws);
        golden.assertFloat32(input + "/vision_model.post_layernorm", pooled.toArray());
        Tensor out = Tensor.zeros(1, vision.projectionDim());
        parameters.linearWithoutBias(ClipParameters.VISUAL_PROJECTION, vision.projectionDim(), t.width()).forward(pooled, out, ws);
        golden.assertFloat32(input + "/visual_projection", out.toArray());
    }

    private void checkText(String input, int[] ids, ParameterReader parameters, Workers workers) throws IOException {
        TextConfig text = Objects.requireNonNull(golden.config.text());
        TransformerConfig t = text.transformer();
        int n = ids.length;
        Workspace ws = new Workspace(n, 1, n, t.width(), t.heads(), t.mlpWidth(), 147, workers);
        Tensor x = ws.residual(n);
        new TokenEmbedding(parameters, ClipParameters.TOKEN_EMBEDDING, ClipParameters.TEXT_POSITIONS, t.width()).forward(ids, 0, x, 0);
        golden.assertFloat32(input + "/text_model.embeddings", x.toArray());

        Tensor pooled = checkBlocks(input, ClipParameters.TEXT, t, true, x, n - 1, parameters, ws);

        Tensor all = Tensor.zeros(n, t.width());
        LayerNormLayer finalNorm = parameters.layerNorm(ClipParameters.FINAL_NORM, t.layerNormEpsilon());
        finalNorm.forward(x, all, ws);
        golden.assertFloat32(input + "/text_model.final_layer_norm", all.toArray());
        finalNorm.forward(pooled, pooled, ws);
        Tensor out = Tensor.zeros(1, text.projectionDim());
        parameters.linearWithoutBias(ClipParameters.TEXT_PROJECTION, text.projectionDim(), t.width()).forward(pooled, out, ws);
        golden.assertFloat32(input + "/text_projection", out.toArray());
    }

    /// Runs the blocks part by part; `x` ends as the last block's output, what is returned is the pooled row by the shorter way.
    private Tensor checkBlocks(
            String input, String tower, TransformerConfig t, boolean causal, Tensor x, int pooledPosition, ParameterReader parameters,
            Workspace ws)
            throws IOException {
        int n = x.rows();
        int d = t.width();
        Sequences sequences = Sequences.of(new int[] {n}, new int[] {pooledPosition});
        List<String> names = IntStream.range(0, t.layers()).mapToObj(i -> ClipParameters.block(tower, i)).toList();
        Transformer transformer =
                new Transformer(parameters, names, d, t.heads(), t.mlpWidth(), t.activation(), t.layerNormEpsilon(), causal);
        Tensor start = Tensor.zeros(n, d);
        copy(x, start);
        for (int layer = 0; layer < t.layers(); layer++) {
            String name = input + "/" + names.get(layer);
            Block block = transformer.blocks().get(layer);
            Tensor before = Tensor.zeros(n, d);
            copy(x, before);
            Tensor y = ws.normed(n);
            block.ln1.forward(x, y, ws);
            golden.assertFloat32(name + "layer_norm1", y.toArray());
            block.attention.addTo(x, y, sequences, ws);
            golden.assertFloat32(name + "self_attn.q_proj", ws.queryKeyValues(n).columns(0, d).toArray());
            golden.assertFloat32(name + "self_attn.k_proj", ws.queryKeyValues(n).columns(d, d).toArray());
            golden.assertFloat32(name + "self_attn.v_proj", ws.queryKeyValues(n).columns(2 * d, d).toArray());
            golden.assertFloat32(name + "self_attn", ws.attended(n).toArray());
            golden.assertFloat32(name + "self_attn.out_proj", branch(parameters, name, input, "self_attn.out_proj", ws.attended(n), d, ws));
            block.ln2.forward(x, y, ws);
            golden.assertFloat32(name + "layer_norm2", y.toArray());
            block.mlp.addTo(x, y, ws);
            golden.assertFloat32(name + "mlp", ws.hidden(n).toArray());
            golden.assertFloat32(name + "mlp.fc1", branch(parameters, name, input, "mlp.fc1", y, t.mlpWidth(), ws));
            golden.assertFloat32(name + "mlp.fc2", branch(parameters, name, input, "mlp.fc2", ws.hidden(n), d, ws));
            golden.assertFloat32(name.substring(0, name.length() - 1), x.toArray());

            block.forward(before, sequences, ws);
            assertThat(before.toArray()).as("the block as a whole").isEqualTo(x.toArray());
        }
        Tensor pooled = Tensor.zeros(1, d);
        transformer.forward(start, sequences, pooled, ws);
        assertThat(pooled.toArray()).as("the last block at the pooled row alone").isEqualTo(x.rows(pooledPosition, 1).toArray());
        return pooled;
    }

    /// What a layer returns before it is added to the residual stream, or before the activation.
    private static float[] branch(ParameterReader parameters, String name, String input, String layer, Tensor x, int out, Workspace ws)
            throws IOException {
        Tensor y = Tensor.zeros(x.rows(), out);
        parameters.linear(name.substring(input.length() + 1) + layer, out, x.width()).forward(x, y, ws);
        return y.toArray();
    }

    private static void copy(Tensor from, Tensor to) {
        for (int row = 0; row < from.rows(); row++) {
            System.arraycopy(from.array(), from.rowOffset(row), to.array(), to.rowOffset(row), from.width());
        }
    }

    @Test
    void bothEncodersAgreeWithPyTorchUnderTheOtherActivations() throws IOException {
        VisionConfig vision = Objects.requireNonNull(golden.config.vision());
        TextConfig text = Objects.requireNonNull(golden.config.text());
        ClipConfig other = new ClipConfig(
                new VisionConfig(
                        vision.imageSize(), vision.patchSize(), with(vision.transformer(), Activation.GELU), vision.projectionDim()),
                new TextConfig(
                        text.vocabularySize(), text.contextLength(), with(text.transformer(), Activation.GELU_TANH), text.projectionDim(),
                        text.endOfText()));
        ReferenceClip reference = new ReferenceClip(other, name -> Objects.requireNonNull(golden.parameters.get(name)));
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

    private static TransformerConfig with(TransformerConfig t, Activation activation) {
        return new TransformerConfig(t.width(), t.heads(), t.layers(), t.mlpWidth(), activation, t.layerNormEpsilon());
    }
}
