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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /// A program that saves every field of open_clip's configs writes what holds anyway.
    @Test
    void fieldsThatSayNothingNewAreRead() throws IOException {
        String full = """
                {"model_cfg": {"embed_dim": 8, "quick_gelu": true, "custom_text": false, "nonscalar_logit_scale": false,
                 "output_dict": false,
                 "vision_cfg": {"layers": 2, "width": 64, "head_width": 64, "mlp_ratio": 4.0, "patch_size": 16, "image_size": [32, 32],
                  "ls_init_value": null, "patch_dropout": 0.0, "attentional_pool": false, "attn_pooler_queries": 256,
                  "attn_pooler_heads": 8,
                  "no_ln_pre": false, "pos_embed_type": "learnable", "final_ln_after_pool": false, "pool_type": "tok",
                  "output_tokens": false, "act_kwargs": null, "norm_kwargs": null,
                  "block_type": null, "qk_norm": false, "scaled_cosine_attn": false,
                  "scale_heads": false, "scale_attn_inner": false, "scale_attn": false, "scale_fc": false, "timm_model_name": null,
                  "timm_model_pretrained": false, "timm_pool": "avg", "timm_proj": "linear", "timm_proj_bias": false, "timm_drop": 0.0,
                  "timm_drop_path": null},
                 "text_cfg": {"context_length": 77, "vocab_size": 49408, "hf_tokenizer_name": null, "tokenizer_mode": null,
                  "tokenizer_kwargs": null, "width": 64, "heads": 1, "layers": 2, "mlp_ratio": 4.0, "ls_init_value": null,
                  "embed_cls": false,
                  "pad_id": 0, "no_causal_mask": false, "final_ln_after_pool": false, "pool_type": "argmax", "proj_bias": false,
                  "proj_type": "linear", "output_tokens": false, "hf_model_name": null, "hf_model_pretrained": true, "hf_proj_type": "mlp",
                  "hf_pooler_type": "mean_pooler"}},
                 "preprocess_cfg": {"size": [32, 32], "mode": "RGB", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
                  "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0}}""";
        OpenClipConfigFile file = read(full);
        assertThat(file.config()).isEqualTo(read("""
                {"model_cfg": {"embed_dim": 8, "quick_gelu": true, "vision_cfg":
                  {"layers": 2, "width": 64, "patch_size": 16, "image_size": 32},
                 "text_cfg": {"width": 64, "heads": 1, "layers": 2}}}""").config());
        for (String[] change : new String[][] {
            {"\"qk_norm\": false", "\"qk_norm\": true"}, {"\"proj_bias\": false", "\"proj_bias\": true"}, {"\"pool_type\": \"tok\"",
                    "\"pool_type\": \"avg\""},
            {"\"no_causal_mask\": false", "\"no_causal_mask\": true"}, {"\"tokenizer_mode\": null", "\"tokenizer_mode\": \"canonicalize\""},
            {"\"image_size\": [32, 32]", "\"image_size\": [32, 48]"}, {"\"no_ln_pre\": false", "\"no_ln_pre\": true"}
        }) {
            assertThat(full).contains(change[0]);
            assertThatThrownBy(() -> read(full.replace(change[0], change[1]))).as(change[1]).isInstanceOf(WeightFormatException.class);
        }
    }

    /// What open_clip 3.3.0 and timm 1.0.29 count (`sum(p.numel() for p in model.parameters())`); PyTorch counts no statistics of batch
    /// norms, two for each of 2 × 192 channels.
    @ParameterizedTest
    @CsvSource({"MobileCLIP-B, 149777153, 768", "MobileCLIP2-B, 149777153, 768", "MobileCLIP2-L-14, 427617281, 0"})
    void mobileClipsHaveTheParametersOfOpenClip(String name, long parameters, long statistics) throws IOException {
        Path file = ReferenceData.require("reference/open_clip/model_configs").resolve(name + ".json");
        ClipConfig config = OpenClipConfigFile.read(StrictJson.readObject(file)).config();
        long own = ClipModel.parameters(config).stream().mapToLong(spec -> spec.shape().elements()).sum();
        assertThat(own).isEqualTo(parameters + statistics);
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
        assertThat(read.stream().filter(name -> name.contains("CLIPA"))).hasSize(6);
        assertThat(read.stream().filter(name -> name.startsWith("nllb-clip"))).hasSize(4);
        assertThat(read.stream().filter(name -> name.startsWith("MobileCLIP")))
                .containsExactlyInAnyOrder("MobileCLIP-B", "MobileCLIP2-B", "MobileCLIP2-L-14");
        assertThat(read.stream().filter(name -> name.contains("SigLIP"))).as("all but two NaFlex and two other text towers").hasSize(26);
        assertThat(compared).as("compared of %s", read).isGreaterThan(25);
        assertThat(read.size() + refused).isEqualTo(files.size());
    }
}
