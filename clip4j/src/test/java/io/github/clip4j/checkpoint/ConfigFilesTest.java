package io.github.clip4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.VisionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFilesTest {
    @TempDir
    private Path directory = Path.of("");

    private ClipConfigFile config(String json) throws IOException {
        return ClipConfigFile.read(StrictJson.readObject(Files.writeString(directory.resolve("config.json"), json)));
    }

    @Test
    void theSparsePublishedConfigIsViTB32() throws IOException {
        ClipConfigFile file = config("""
                {"model_type": "clip", "projection_dim": 512, "text_config": {"bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2,
                 "model_type": "clip_text_model"}, "vision_config": {"dropout": 0.0, "model_type": "clip_vision_model"}}""");
        assertThat(file.config().vision()).isEqualTo(ClipConfig.vitB32().vision());
        TextConfig text = file.config().text().orElseThrow();
        assertThat(text.head()).isInstanceOfSatisfying(
                TextHead.EndOfText.class, end -> assertThat(end.id()).isEqualTo(TextConfig.LEGACY_END_OF_TEXT));
        assertThat(text.transformer()).isEqualTo(ClipConfig.vitB32().text().orElseThrow().transformer());
        assertThat(file.origins())
                .containsEntry("vision_config.patch_size", "32  default")
                .containsEntry("text_config.eos_token_id", "2  config.json");
    }

    @Test
    void legacyDictionariesOverrideAndActivationsAreHonoured() throws IOException {
        ClipConfigFile file = config("""
                {"vision_config": {"patch_size": 32, "hidden_act": "gelu"},
                 "vision_config_dict": {"patch_size": 16}, "text_config": null}""");
        VisionConfig vision = file.config().vision().orElseThrow();
        assertThat(vision.patchSize()).isEqualTo(16);
        assertThat(vision.transformer().activation()).isEqualTo(Activation.GELU);
        assertThat(file.origins()).containsEntry("vision_config.patch_size", "16  config.json (vision_config_dict)");
    }

    @Test
    void aTowerAloneHasAFlatConfig() throws IOException {
        ClipConfigFile file = config("{\"model_type\": \"clip_text_model\", \"hidden_size\": 64, \"num_attention_heads\": 4}");
        assertThat(file.config().vision()).isEmpty();
        assertThat(file.config().text().orElseThrow().transformer().width()).isEqualTo(64);
    }

    @Test
    void wrongValuesAreNamedWithTheirPath() {
        assertThatThrownBy(() -> config("{\"vision_config\": {\"hidden_act\": \"relu\"}}"))
                .isInstanceOf(WeightFormatException.class)
                .hasMessage("config.json.vision_config.hidden_act: expected quick_gelu, gelu or gelu_pytorch_tanh, got 'relu'");
        assertThatThrownBy(() -> config("{\"vision_config\": {\"patch_size\": 16.5}}"))
                .hasMessage("config.json.vision_config.patch_size: expected an integer of at least 0, got a number 16.5");
        assertThatThrownBy(() -> config("{\"model_type\": \"siglip2\"}")).hasMessage(
                "config.json: this is a NaFlex model; it would need patches of variable number with masks, which clip4j does not have");
        assertThatThrownBy(() -> config("{\"vision_config\": {\"num_attention_heads\": 7}}"))
                .hasMessage("config.json: transformer: expected a width that is a multiple of the heads, got 768 and 7");
        assertThatThrownBy(() -> config("{\"a\": 1, \"a\": 2}")).hasMessageContaining("the name 'a' appears twice");
    }

    private ClipPreprocess preprocess(String json) throws IOException {
        return PreprocessConfigFile.read(StrictJson.readObject(Files.writeString(directory.resolve("preprocessor_config.json"), json)));
    }

    @Test
    void preprocessingIsReadInAllItsSpellings() throws IOException {
        assertThat(preprocess("{}")).isEqualTo(ClipPreprocess.huggingFace(224));
        assertThat(preprocess("{\"size\": {\"shortest_edge\": 336}, \"crop_size\": {\"height\": 336, \"width\": 336}}"))
                .isEqualTo(ClipPreprocess.huggingFace(336));
        assertThat(preprocess("{\"size\": 64, \"crop_size\": 64, \"resample\": 2}").filter()).isEqualTo(ClipPreprocess.Filter.BILINEAR);
        ClipPreprocess square =
                preprocess("{\"size\": {\"height\": 32, \"width\": 48}, \"do_center_crop\": false, \"do_normalize\": false}");
        assertThat(square.resize()).isEqualTo(new ResizeTo.Exactly(48, 32));
        assertThat(square.crop()).isEmpty();
        assertThat(square.mean()).as("not normalised").isEmpty();
        assertThatThrownBy(() -> preprocess("{\"resample\": 1}"))
                .hasMessage("preprocessor_config.json.resample: expected 2 (bilinear) or 3 (bicubic), got 1");
        assertThatThrownBy(() -> preprocess("{\"image_mean\": [], \"image_std\": []}"))
                .hasMessage("preprocessor_config.json.image_mean: expected 3 numbers, got none");
        assertThatThrownBy(() -> preprocess("{\"image_mean\": [0.5]}")).hasMessageContaining("expected 3 means and 3 standard deviations");
    }
}
