package io.github.clip4j.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceClipTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final int[][] TEXTS = {{1, 5, 7}, {1, 9, 3, 4}};

    @TempDir
    private Path directory = Path.of("");

    private static ClipConfig config(String json) throws WeightFormatException {
        return ReferenceFiles.config(StrictJson.parseObject(json.getBytes(StandardCharsets.UTF_8), "config.json"));
    }

    private static Tensor image() throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("inputs.safetensors"))) {
            return Tensor.of(Arrays.copyOf(file.read("pixels"), 2700), Shape.of(3, 30, 30));
        }
    }

    /// Float32 tells cosines to some 10⁻⁶; the scale of 14 makes 2·10⁻⁵ of it. Without the scale or the bias a logit is off by 0.25 or
    /// more.
    @Test
    void logitsAreScaledCosinesWithABias() throws IOException {
        ClipConfig config = config(Files.readString(MODEL.resolve("config.json")));
        Map<String, Tensor> parameters = new HashMap<>();
        int end;
        double[] expected = new double[2];
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("model.safetensors"))) {
            for (String name : file.tensors().keySet()) {
                parameters.put(name, Tensor.of(file.read(name), Objects.requireNonNull(file.tensors().get(name)).shape()));
            }
            end = switch (config.text().orElseThrow().head()) {
                case TextHead.EndOfText(_, _, int id) -> id;
                case TextHead.EndOfPaddedText _, TextHead.LastPosition _, TextHead.FirstPosition _, TextHead.Bert _ ->
                    throw new AssertionError("a CLIP");
            };
            ClipModel model = ClipModel.load(config, file, Workers.SERIAL);
            double[] embedded = unit(model.imageEncoder().orElseThrow().encode(Tensor.of(image().toArray(), Shape.of(1, 3, 30, 30))));
            for (int i = 0; i < 2; i++) {
                double[] text = unit(model.textEncoder().orElseThrow().encode(List.of(ended(TEXTS[i], end))));
                for (int c = 0; c < text.length; c++) {
                    expected[i] += model.logitScale().orElseThrow() * embedded[c] * text[c];
                }
            }
        }
        int[][] texts = {ended(TEXTS[0], end), ended(TEXTS[1], end)};
        ReferenceClip loaded = ReferenceClip.load(MODEL);
        assertThat(loaded.logits(image(), texts)).containsExactly(expected, within(2e-5));
        double[] probabilities = loaded.classify(image(), texts);
        assertThat(probabilities[0]).isCloseTo(1 / (1 + Math.exp(expected[1] - expected[0])), within(2e-5));
        assertThat(probabilities[0] + probabilities[1]).isCloseTo(1, within(1e-15));
        parameters.put("logit_bias", Tensor.of(new float[] {-10.5f}, Shape.of(1)));
        ReferenceClip biased = new ReferenceClip(config, parameters);
        assertThat(biased.logits(image(), texts)).containsExactly(new double[] {expected[0] - 10.5, expected[1] - 10.5}, within(2e-5));
        assertThat(biased.classify(image(), texts)).as("a bias that all share").containsExactly(probabilities, within(1e-13));
    }

    private static int[] ended(int[] ids, int end) {
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = end;
        return ended;
    }

    private static double[] unit(Tensor embedding) {
        float[] values = embedding.toArray();
        double norm = 0;
        for (float value : values) {
            norm += (double) value * value;
        }
        double[] unit = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            unit[i] = values[i] / Math.sqrt(norm);
        }
        return unit;
    }

    @Test
    void theSparsePublishedConfigIsViTB32() throws IOException {
        ClipConfig sparse = config("""
                {"model_type": "clip", "projection_dim": 512, "text_config": {"bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2,
                 "model_type": "clip_text_model"}, "vision_config": {"dropout": 0.0, "model_type": "clip_vision_model"}}""");
        assertThat(sparse.vision()).isEqualTo(ClipConfig.vitB32().vision());
        TextConfig text = ClipConfig.vitB32().text().orElseThrow();
        assertThat(sparse.text().orElseThrow()).isEqualTo(new TextConfig(
                text.vocabularySize(), text.contextLength(), text.transformer(),
                new TextHead.EndOfText(OptionalInt.of(512), TextHead.Pooling.HUGGING_FACE, TextConfig.LEGACY_END_OF_TEXT)));
        assertThat(config("{}")).isEqualTo(ClipConfig.vitB32());
    }

    @Test
    void legacyDictionariesOverride() throws IOException {
        ClipConfig config = config("""
                {"vision_config": {"patch_size": 32, "hidden_act": "gelu"}, "vision_config_dict": {"patch_size": 16},
                 "text_config": null}""");
        assertThat(config.vision().orElseThrow().patchSize()).isEqualTo(16);
        assertThat(config.vision().orElseThrow().transformer().activation()).isEqualTo(Activation.GELU);
    }

    @Test
    void whatCannotBeReadIsRefusedWithAReason() throws IOException {
        assertThatThrownBy(() -> config("{\"model_type\": \"siglip\"}"))
                .hasMessage("config.json.model_type: expected 'clip', got 'siglip'; the reference reads models of both towers");
        assertThatThrownBy(() -> config("{\"vision_config\": {\"hidden_act\": \"relu\"}}"))
                .hasMessage("config.json: hidden_act: expected quick_gelu, gelu or gelu_pytorch_tanh, got 'relu'");
        Path other = Files.createDirectory(directory.resolve("other"));
        Files.writeString(other.resolve("config.json"), "{}");
        assertThatThrownBy(() -> ReferenceClip.load(other)).isInstanceOf(WeightFormatException.class)
                .hasMessage("other: expected config.json and model.safetensors, got not both; "
                        + "`clip convert` writes them from any other layout");
        Files.copy(MODEL.resolve("model.safetensors"), other.resolve("model.safetensors"));
        assertThatThrownBy(() -> ReferenceClip.load(other)).isInstanceOf(WeightFormatException.class)
                .hasMessageContaining("visual_projection.weight in model.safetensors: expected [512, 768], got [24, 40]");
        assertThatThrownBy(() -> new ReferenceClip(ClipConfig.vitB32(), Map.of()).encodeText(new int[] {1, 49407}))
                .hasMessage("parameters: expected text_model.embeddings.token_embedding.weight, got none of that name");
    }
}
