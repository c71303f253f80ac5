package io.github.clip4j.tools;

import static io.github.clip4j.tools.LayoutsTest.IMAGE;
import static io.github.clip4j.tools.LayoutsTest.MODEL;
import static io.github.clip4j.tools.LayoutsTest.copyOfFiles;
import static io.github.clip4j.tools.LayoutsTest.embeddings;
import static io.github.clip4j.tools.LayoutsTest.openAi;
import static io.github.clip4j.tools.LayoutsTest.safetensors;
import static io.github.clip4j.tools.LayoutsTest.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.tools.TorchWriter.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Checkpoints as training programs and other libraries leave them: the one CLIP in them gives the same bits as when it is alone.
class FieldCheckpointsTest {
    private static final ClipOptions OPTIONS = ClipOptions.defaults().withThreads(1);
    private static final Content ONE = new Content(Shape.of(1), new float[1]);

    @TempDir
    private Path directory = Path.of("");

    private Path model = Path.of("");

    @BeforeEach
    void files() throws IOException {
        model = copyOfFiles(directory.resolve("model"));
    }

    private static Map<String, Content> prefixed(Map<String, Content> weights, String prefix) {
        Map<String, Content> out = new TreeMap<>();
        weights.forEach((name, content) -> out.put(prefix + name, content));
        return out;
    }

    private static Map<String, Content> named(String layout) throws IOException {
        return switch (layout) {
            case "hf" -> weights();
            case "openai" -> openAi(weights(), "");
            default -> openAi(weights(), "text.");
        };
    }

    private static String leftOut(Path path) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return checkpoint.leftOut().orElse("nothing");
        }
    }

    private static void assertIsTheModel(Path path) throws IOException {
        assertThat(embeddings(path, OPTIONS)).containsExactly(embeddings(MODEL, OPTIONS));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "hf | model_state_dict/ ", "openai | state_dict/ ", "open_clip | model/ ", "openai | net/ ", "hf | ema/ ",
        "openai | state_dict/module.", "open_clip | state_dict/module._orig_mod.", "hf | model/_orig_mod.module.clip.",
        "openai | state_dict/cond_stage_model.model.", "hf | state_dict/cond_stage_model.transformer.", "hf | a/b.c.d."
    })
    void theOneClipIsFoundUnderAnyKey(String layout, String prefix) throws IOException {
        Map<String, Content> training = prefixed(named(layout), prefix.strip());
        training.put("optimizer_state_dict/state.0.exp_avg", ONE);
        training.put("optimizer_state_dict/state.0.exp_avg_sq", ONE);
        training.put("loss", ONE);
        TorchWriter.writeNested(model.resolve("pytorch_model.bin"), training, DType.F32);
        assertIsTheModel(model);
        assertThat(leftOut(model)).startsWith("pytorch_model.bin: left out 3 of").contains("which are not part of the CLIP in '")
                .endsWith(": loss, optimizer_state_dict (2 tensors)");
    }

    /// FSDP and checkpointing of activations put their names in the middle.
    @Test
    void wrappersWithinNamesAreLookedThrough() throws IOException {
        Map<String, Content> wrapped = new TreeMap<>();
        openAi(weights(), "").forEach((name, content) -> wrapped.put("_fsdp_wrapped_module."
                + name.replaceFirst("resblocks\\.(\\d+)\\.", "resblocks.$1._checkpoint_wrapped_module."), content));
        TorchWriter.write(model.resolve("pytorch_model.bin"), wrapped, DType.F32);
        assertIsTheModel(model);
        assertThat(leftOut(model)).isEqualTo("nothing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf", "openai", "open_clip"})
    void aHeadBesideTheModelIsLeftOut(String layout) throws IOException {
        Map<String, Content> weights = named(layout);
        weights.put("classifier.weight", ONE);
        safetensors(model.resolve("model.safetensors"), weights, DType.F32);
        assertIsTheModel(model);
        assertThat(leftOut(model)).isEqualTo(("model.safetensors: left out 1 of %d tensors, which are not part of the CLIP: "
                + "classifier.weight").formatted(weights.size()));
    }

    /// What is within a tower, or belongs to a projection, would change the result.
    @ParameterizedTest
    @ValueSource(strings = {"vision_model.encoder.layers.0.gate", "text_projection.bias", "logit_scale.extra"})
    void whatIsWithinTheModelIsNotLeftOut(String name) throws IOException {
        Map<String, Content> weights = weights();
        weights.put(name, ONE);
        safetensors(model.resolve("model.safetensors"), weights, DType.F32);
        assertThatThrownBy(() -> Clip.load(model, OPTIONS)).isInstanceOf(WeightFormatException.class)
                .hasMessageContaining(name + " in model.safetensors: unexpected");
    }

    @Test
    void ofTwoTheCallerChooses() throws IOException {
        Map<String, Content> other = prefixed(openAi(weights(), ""), "model/");
        other.replaceAll((_, content) -> new Content(content.shape(), content.values().clone()));
        Objects.requireNonNull(other.get("model/positional_embedding")).values()[0] += 1;
        Map<String, Content> both = prefixed(openAi(weights(), ""), "ema/");
        both.putAll(other);
        TorchWriter.writeNested(model.resolve("last.ckpt"), both, DType.F32);
        assertThatThrownBy(() -> Clip.load(model, OPTIONS)).isInstanceOf(WeightFormatException.class)
                .hasMessage("last.ckpt: expected one CLIP model, got 2: under 'ema' (both encoders), 'model' (both encoders); choose one: "
                        + "--part NAME on the command line, or Checkpoint.choose(NAME)");
        float[] texts;
        try (Checkpoint checkpoint = Checkpoint.open(model).choose("ema"); Clip clip = Clip.load(checkpoint,
                OPTIONS); Clip alone = Clip.load(MODEL)) {
            texts = clip.embedText("a cat").toArray();
            assertThat(texts).containsExactly(alone.embedText("a cat").toArray());
            assertThat(checkpoint.leftOut().orElseThrow()).endsWith("in 'ema': model (%d tensors)".formatted(other.size()));
            assertThatThrownBy(() -> checkpoint.choose("model")).isInstanceOf(IllegalStateException.class);
        }
        try (Checkpoint checkpoint = Checkpoint.open(model).choose("model"); Clip clip = Clip.load(checkpoint, OPTIONS)) {
            assertThat(clip.embedText("a cat").toArray()).isNotEqualTo(texts);
        }
        try (Checkpoint checkpoint = Checkpoint.open(model).choose("student")) {
            assertThatThrownBy(checkpoint::weights)
                    .hasMessage("last.ckpt: expected a CLIP under 'student', got none there; there is one under: 'ema' (both encoders), "
                            + "'model' (both encoders)");
        }
    }

    /// As in `{"image_encoder": …, "text_encoder": …, "logit_scale": …}`: the towers of one model, apart.
    @Test
    void towersMayLieApart() throws IOException {
        Map<String, Content> apart = new TreeMap<>();
        weights().forEach((name, content) -> apart.put(
                name.startsWith("vision_model.") ? "image_encoder." + name
                        : name.equals("visual_projection.weight") ? "image_encoder." + name : name.startsWith("text_") ? "text_encoder."
                                + name : name,
                content));
        safetensors(model.resolve("model.safetensors"), apart, DType.F32);
        assertIsTheModel(model);
        assertThat(leftOut(model)).isEqualTo("nothing");
        try (Checkpoint checkpoint = Checkpoint.open(model).choose("text_encoder"); Clip clip = Clip.load(checkpoint, OPTIONS);
                Clip whole = Clip.load(MODEL, OPTIONS)) {
            assertThat(clip.embedText("a cat").toArray()).containsExactly(whole.embedText("a cat").toArray());
            assertThat(clip.model().imageEncoder()).isEmpty();
            assertThatThrownBy(() -> clip.explain(ImageFile.read(IMAGE), List.of("a cat")))
                    .isInstanceOf(IllegalStateException.class).hasMessageEndingWith("it is a checkpoint of texts only");
        }
        try (Checkpoint checkpoint = Checkpoint.open(model).choose("image_encoder"); Clip clip = Clip.load(checkpoint, OPTIONS)) {
            assertThatThrownBy(() -> clip.explain(ImageFile.read(IMAGE), List.of("a cat")))
                    .isInstanceOf(IllegalStateException.class).hasMessageEndingWith("it is a checkpoint of images only");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf", "openai"})
    void aTextTowerMayHaveTheScaleBesideIt(String layout) throws IOException {
        Map<String, Content> text = named(layout);
        text.keySet().removeIf(name -> name.startsWith("vision_model.") || name.startsWith("visual."));
        safetensors(model.resolve("model.safetensors"), text, DType.F32);
        try (Clip alone = Clip.load(model, OPTIONS); Clip whole = Clip.load(MODEL, OPTIONS)) {
            int[] ids = whole.tokenizer().encode("a cat");
            assertThat(alone.embedTokens(ids).toArray()).containsExactly(whole.embedTokens(ids).toArray());
        }
        assertThat(leftOut(model)).isEqualTo(layout.equals("hf")
                ? "model.safetensors: left out 1 of %d tensors, which are not part of the CLIP: visual_projection.weight".formatted(
                        text.size())
                : "nothing");
    }

    @Test
    void vectorsNeedNoScale() throws IOException {
        Map<String, Content> weights = weights();
        weights.remove("logit_scale");
        safetensors(model.resolve("model.safetensors"), weights, DType.F32);
        assertIsTheModel(model);
        try (Clip clip = Clip.load(model, OPTIONS)) {
            assertThatThrownBy(() -> clip.classifier(List.of("a", "b"), PromptTemplates.labelOnly())).isInstanceOf(
                    IllegalStateException.class)
                    .hasMessageStartingWith("model has no logit_scale, which makes shares of cosines");
        }
    }

    @Test
    void aWrongPreprocessorStopsImagesOnly() throws IOException {
        safetensors(model.resolve("model.safetensors"), weights(), DType.F32);
        Files.writeString(model.resolve("preprocessor_config.json"), "{\"crop_size\": 99, \"size\": 99}");
        try (Clip clip = Clip.load(model, OPTIONS); Clip whole = Clip.load(MODEL, OPTIONS)) {
            assertThat(clip.embedText("a cat").toArray()).containsExactly(whole.embedText("a cat").toArray());
            float[] pixels = whole.preprocess().apply(ImageFile.read(IMAGE)).toArray();
            assertThat(clip.embedPixels(pixels).toArray()).containsExactly(whole.embedPixels(pixels).toArray());
            assertThatThrownBy(() -> clip.embedImage(ImageFile.read(IMAGE))).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("model: images cannot be prepared: preprocessor_config.json: expected images of");
        }
    }

    /// transformers 5 saves it so, and reads it before the older file.
    @Test
    void theProcessorsConfigIsRead() throws IOException {
        safetensors(model.resolve("model.safetensors"), weights(), DType.F32);
        String older = Files.readString(model.resolve("preprocessor_config.json"));
        Files.writeString(model.resolve("processor_config.json"),
                "{\"image_processor\": %s, \"processor_class\": \"CLIPProcessor\"}".formatted(older));
        Files.writeString(model.resolve("preprocessor_config.json"), older.replace("0.4", "0.3"));
        assertIsTheModel(model);
        Files.delete(model.resolve("preprocessor_config.json"));
        assertIsTheModel(model);
        Files.writeString(model.resolve("processor_config.json"), "{\"processor_class\": \"CLIPProcessor\"}");
        Files.writeString(model.resolve("preprocessor_config.json"), older);
        assertIsTheModel(model);
    }

    @Test
    void sentenceTransformersFoldersAreFollowed() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("clip-ViT-tiny"));
        safetensors(copyOfFiles(folder.resolve("0_CLIPModel")).resolve("model.safetensors"), weights(), DType.F32);
        String first = "{\"idx\": 0, \"name\": \"0\", \"path\": \"0_CLIPModel\", \"type\": \"sentence_transformers.models.CLIPModel\"}";
        String more = "[%s, {\"idx\": 1, \"name\": \"1\", \"path\": \"1_X\", \"type\": \"sentence_transformers.models.%s\"}]";
        Path modules = folder.resolve("modules.json");
        Files.writeString(modules, "[" + first + "]");
        assertIsTheModel(folder);
        Files.writeString(modules, more.formatted(first, "Normalize"));
        assertIsTheModel(folder);
        Files.writeString(modules, more.formatted(first, "Dense"));
        assertThatThrownBy(() -> Clip.load(folder)).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("modules.json[1].type: expected a Normalize after the CLIPModel");
        Files.writeString(modules, "[" + first.replace("0_CLIPModel", "../model") + "]");
        assertThatThrownBy(() -> Clip.load(folder)).hasMessageContaining("expected the name of a folder beside modules.json");
    }

    /// Unpadded, as other writers than the usual ones leave it: its length then ends in any byte.
    @Test
    void aHeaderThatLooksLikeJson() throws IOException {
        Path file = model.resolve("model.safetensors");
        safetensors(file, weights(), DType.F32);
        byte[] bytes = Files.readAllBytes(file);
        long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        int more = (int) (0x7B - length & 0xFF);
        ByteBuffer unpadded = ByteBuffer.allocate(bytes.length + more).order(ByteOrder.LITTLE_ENDIAN).putLong(length + more)
                .put(bytes, 8, (int) length).put(" ".repeat(more).getBytes(StandardCharsets.US_ASCII))
                .put(bytes, 8 + (int) length, bytes.length - 8 - (int) length);
        Files.write(file, unpadded.array());
        assertThat(unpadded.get(0)).isEqualTo((byte) '{');
        assertIsTheModel(model);
    }

    @Test
    void whatIsNotWeightsIsNamed() throws IOException {
        Path file = model.resolve("model.safetensors");
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 605156676\n");
        assertThatThrownBy(() -> Clip.load(model)).isInstanceOf(WeightFormatException.class)
                .hasMessage("model.safetensors: is a pointer of git-lfs, which stands for the file; fetch the file itself: git lfs "
                        + "pull, or "
                        + "clip fetch REPO");
        safetensors(file, Map.of("base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight", ONE), DType.F32);
        assertThatThrownBy(() -> Clip.load(model)).hasMessageStartingWith("model.safetensors: holds a LoRA adapter, which changes the "
                + "weights");
        Files.delete(file);
        Files.write(model.resolve("flax_model.msgpack"), new byte[] {(byte) 0x81, (byte) 0xA5, 'm', 'o', 'd', 'e', 'l', (byte) 0x80});
        assertThatThrownBy(() -> Clip.load(model)).hasMessageStartingWith("model: expected model.safetensors")
                .hasMessageContaining("got none; flax_model.msgpack: is a msgpack file, as of Flax");
        safetensors(file, weights(), DType.F32);
        Files.writeString(model.resolve("vocab.json"), "<!DOCTYPE html><html>");
        assertThatThrownBy(() -> Clip.load(model)).hasMessageStartingWith("vocab.json: is a web page");
        Files.writeString(model.resolve("config.json"), "");
        assertThatThrownBy(() -> Clip.load(model)).hasMessage("config.json: is empty; download it again");
    }
}
