package io.github.clip4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenClipConfigsTest {
    @TempDir
    private Path directory = Path.of("");

    private OpenClipConfigFile read(String json) throws IOException {
        return OpenClipConfigFile.read(StrictJson.readObject(Files.writeString(directory.resolve("open_clip_config.json"), json)));
    }

    @Test
    void readsModelAndPreprocessing() throws IOException {
        OpenClipConfigFile file = read("""
                {"model_cfg": {"embed_dim": 1024,
                 "vision_cfg": {"image_size": 224, "layers": 40, "width": 1408, "head_width": 88, "mlp_ratio": 4.3637, "patch_size": 14},
                 "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 1024, "heads": 16, "layers": 24}},
                 "preprocess_cfg": {"mean": 0.5, "std": [0.5, 0.25, 0.5], "interpolation": "bilinear", "resize_mode": "squash"}}""");
        TransformerConfig vision = file.config().vision().orElseThrow().transformer();
        assertThat(vision.heads()).isEqualTo(16);
        assertThat(vision.mlpWidth()).as("int(1408 · 4.3637)").isEqualTo(6144);
        assertThat(vision.activation()).isEqualTo(Activation.GELU);
        assertThat(file.config().text().orElseThrow().head())
                .isInstanceOfSatisfying(TextHead.EndOfText.class, end -> assertThat(end.pooling()).isEqualTo(TextHead.Pooling.GREATEST_ID));
        ClipPreprocess preprocess = file.preprocess();
        assertThat(preprocess.resize()).isEqualTo(new ResizeTo.Exactly(224, 224));
        assertThat(preprocess.mean()).containsExactly(0.5, 0.5, 0.5);
        assertThat(preprocess.std()).containsExactly(0.5, 0.25, 0.5);
        assertThat(preprocess.convention()).isEqualTo(ClipPreprocess.Convention.OPENAI);
    }

    @Test
    void unknownFieldsAreNotIgnored() {
        assertThatThrownBy(() -> read("{\"embed_dim\": 8, \"vision_cfg\": {\"new_trick\": 1}, \"text_cfg\": {}}"))
                .isInstanceOf(WeightFormatException.class).hasMessageContaining("vision_cfg.new_trick")
                .hasMessageContaining("unknown meaning");
        assertThatThrownBy(() -> read("{\"embed_dim\": 8, \"vision_cfg\": {}, \"text_cfg\": {\"pool_type\": \"eos\"}}"))
                .hasMessageContaining("eos_id: expected the id of the end of text");
    }

    private static Map<String, Double> publishedMillions() throws IOException {
        Map<String, Double> millions = new HashMap<>();
        for (String line : Files.readAllLines(ReferenceData.require("reference/open_clip/model_profile.csv"))) {
            List<String> fields = Pattern.compile(",").splitAsStream(line).toList();
            if (!fields.getFirst().equals("model")) {
                millions.put(fields.getFirst(), Double.parseDouble(fields.get(5)));
            }
        }
        return millions;
    }

    /// Each of open_clip's published configs is a CLIP of ours, with the published number of parameters, or is refused by name.
    @Test
    void everyPublishedConfigIsReadOrRefusedByName() throws IOException {
        Map<String, Double> millions = publishedMillions();
        List<String> read = new ArrayList<>();
        int compared = 0;
        int refused = 0;
        List<Path> files;
        try (Stream<Path> listing = Files.list(ReferenceData.require("reference/open_clip/model_configs"))) {
            files = listing.sorted().toList();
        }
        for (Path file : files) {
            String name = String.valueOf(file.getFileName()).replace(".json", "");
            ClipConfig config;
            try {
                config = OpenClipConfigFile.read(StrictJson.readObject(file)).config();
            } catch (WeightFormatException e) {
                assertThat(e).as(name).hasMessageMatching(".*: this is .*; it would need .*, which clip4j does not have");
                refused++;
                continue;
            }
            read.add(name);
            Double published = millions.get(name);
            if (published != null) {
                long parameters = ClipModel.parameters(config).stream().mapToLong(spec -> spec.shape().elements()).sum();
                assertThat(parameters / 1e6).as(name).isEqualTo(published, within(0.005001));
                compared++;
            }
        }
        assertThat(read).contains(
                "ViT-B-32", "ViT-B-32-quickgelu", "ViT-H-14", "ViT-g-14", "ViT-bigG-14", "ViT-e-14", "ViT-S-32-alt",
                        "ViT-H-14-worldwide-quickgelu");
        assertThat(read.stream().filter(name -> name.contains("SigLIP"))).as("all but two NaFlex and two other text towers").hasSize(26);
        assertThat(compared).as("compared of %s", read).isGreaterThan(25);
        assertThat(read.size() + refused).isEqualTo(files.size());
    }
}
