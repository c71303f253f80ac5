package io.github.clip4j.checkpoint;


import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.testkit.Mutations;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A thousand damaged versions of each config file: each is read, or refused with [WeightFormatException].
class DamagedConfigsTest {
    private static final Path RESOURCES = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources");

    @TempDir
    private Path directory = Path.of("");

    private void survives(byte[] original, String name, Mutations.Reader reader) throws IOException {
        Mutations.survive(original, directory.resolve(name), WeightFormatException.class, 1000, reader);
    }

    @Test
    void configJson() throws IOException {
        survives(
                Files.readAllBytes(RESOURCES.resolve("golden/tiny/config.json")), "config.json",
                file -> ClipModel.parameters(ClipConfigFile.read(StrictJson.readObject(file)).config()));
    }

    @Test
    void preprocessorConfigJson() throws IOException {
        survives(
                Files.readAllBytes(RESOURCES.resolve("golden/tiny/preprocessor_config.json")), "preprocessor_config.json",
                file -> PreprocessConfigFile.read(StrictJson.readObject(file)));
    }

    @Test
    void openClipConfigJson() throws IOException {
        String json = """
                {"model_cfg": {"embed_dim": 512, "quick_gelu": true,
                 "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
                 "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}},
                 "preprocess_cfg": {"mean": [0.48, 0.45, 0.4], "std": 0.5, "interpolation": "bicubic", "resize_mode": "shortest"}}""";
        survives(
                json.getBytes(StandardCharsets.UTF_8), "open_clip_config.json",
                file -> ClipModel.parameters(OpenClipConfigFile.read(StrictJson.readObject(file)).config()));
    }
}
