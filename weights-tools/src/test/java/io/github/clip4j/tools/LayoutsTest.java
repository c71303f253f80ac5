package io.github.clip4j.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tools.TorchWriter.Content;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The same weights in every layout, type and kind of file give the same bits.
class LayoutsTest {
    static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    static final Path IMAGE = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images/rgb.png");

    @TempDir
    private Path directory = Path.of("");

    static Map<String, Content> weights() throws IOException {
        Map<String, Content> weights = new TreeMap<>();
        try (Checkpoint checkpoint = Checkpoint.open(MODEL)) {
            WeightSource source = checkpoint.weights();
            for (TensorInfo info : source.tensors().values()) {
                weights.put(info.name(), new Content(info.shape(), source.read(info.name())));
            }
        }
        return weights;
    }

    /// Hugging Face's tensors under OpenAI's names, projections turned and queries, keys and values fused.
    static Map<String, Content> openAi(Map<String, Content> weights, String text) {
        Map<String, Content> out = new TreeMap<>();
        weights.forEach((name, content) -> {
            if (name.contains("k_proj") || name.contains("v_proj")) {
                return;
            }
            String renamed = name.replace("vision_model.", "visual.").replace("text_model.", text).replace("embeddings.", "")
                    .replace("patch_embedding", "conv1").replace("position_embedding.weight", "positional_embedding")
                    .replace("pre_layrnorm", "ln_pre").replace("post_layernorm", "ln_post").replace("final_layer_norm", "ln_final")
                    .replace("encoder.layers", "transformer.resblocks").replace("layer_norm1", "ln_1").replace("layer_norm2", "ln_2")
                    .replace("self_attn.out_proj", "attn.out_proj").replace("mlp.fc1", "mlp.c_fc").replace("mlp.fc2", "mlp.c_proj")
                    .replace("self_attn.q_proj.", "attn.in_proj_");
            switch (name) {
                case "visual_projection.weight" -> out.put("visual.proj", transposed(content));
                case "text_projection.weight" -> out.put(text + "text_projection", transposed(content));
                default -> out.put(renamed, name.contains("q_proj") ? fused(weights, name) : content);
            }
        });
        return out;
    }

    private static Content transposed(Content content) {
        int rows = content.shape().dim(0);
        int columns = content.shape().dim(1);
        float[] values = new float[content.values().length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                values[j * rows + i] = content.values()[i * columns + j];
            }
        }
        return new Content(Shape.of(columns, rows), values);
    }

    private static Content fused(Map<String, Content> weights, String q) {
        int[] dims = Objects.requireNonNull(weights.get(q)).shape().toArray();
        int each = Objects.requireNonNull(weights.get(q)).values().length;
        float[] values = new float[3 * each];
        int i = 0;
        for (String projection : List.of("q_proj", "k_proj", "v_proj")) {
            System.arraycopy(Objects.requireNonNull(weights.get(q.replace("q_proj", projection))).values(), 0, values, i++ * each, each);
        }
        dims[0] *= 3;
        return new Content(Shape.of(dims), values);
    }

    private static void write(Path directory, Map<String, Content> weights, DType dtype, String kind) throws IOException {
        switch (kind) {
            case "safetensors" -> safetensors(directory.resolve("model.safetensors"), weights, dtype);
            case "sharded" -> sharded(directory, weights, dtype);
            case "npy" -> {
                Path arrays = Files.createDirectory(directory.resolve("weights"));
                for (Map.Entry<String, Content> tensor : weights.entrySet()) {
                    npy(arrays.resolve(tensor.getKey() + ".npy"), tensor.getValue(), dtype);
                }
            }
            case "npz" -> npz(directory, weights, dtype);
            case "ckpt" -> TorchWriter.write(directory.resolve("epoch=3-step=7.ckpt"), weights, dtype);
            case "legacy" -> TorchWriter.writeLegacy(directory.resolve("pytorch_model.bin"), weights, dtype);
            case "sharded bin" -> shardedBin(directory, weights, dtype);
            case "bin" -> TorchWriter.write(directory.resolve("pytorch_model.bin"), weights, dtype);
            default -> TorchWriter.write(directory.resolve("weights.pt"), weights, dtype);
        }
    }

    static void safetensors(Path file, Map<String, Content> weights, DType dtype) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        weights.forEach((name, content) -> writer.add(name, dtype, content.shape(), content.values()));
        writer.write(file);
    }

    private static void sharded(Path directory, Map<String, Content> weights, DType dtype) throws IOException {
        List<Map<String, Content>> shards = List.of(new TreeMap<>(), new TreeMap<>());
        List<String> map = new ArrayList<>();
        for (Map.Entry<String, Content> tensor : weights.entrySet()) {
            int shard = map.size() % 2;
            shards.get(shard).put(tensor.getKey(), tensor.getValue());
            map.add("\"%s\": \"model-%d.safetensors\"".formatted(tensor.getKey(), shard));
        }
        for (int shard = 0; shard < 2; shard++) {
            safetensors(directory.resolve("model-" + shard + ".safetensors"), shards.get(shard), dtype);
        }
        Files.writeString(directory.resolve("model.safetensors.index.json"), "{\"metadata\": {}, \"weight_map\": {" + String.join(", ", map)
                + "}}");
    }

    private static void shardedBin(Path directory, Map<String, Content> weights, DType dtype) throws IOException {
        List<Map<String, Content>> shards = List.of(new TreeMap<>(), new TreeMap<>());
        List<String> map = new ArrayList<>();
        for (Map.Entry<String, Content> tensor : weights.entrySet()) {
            int shard = map.size() % 2;
            shards.get(shard).put(tensor.getKey(), tensor.getValue());
            map.add("\"%s\": \"pytorch_model-0000%d-of-00002.bin\"".formatted(tensor.getKey(), shard + 1));
        }
        TorchWriter.write(directory.resolve("pytorch_model-00001-of-00002.bin"), shards.get(0), dtype);
        TorchWriter.writeLegacy(directory.resolve("pytorch_model-00002-of-00002.bin"), shards.get(1), dtype);
        Files.writeString(directory.resolve("pytorch_model.bin.index.json"), "{\"metadata\": {}, \"weight_map\": {" + String.join(", ",
                map) + "}}");
    }

    private static void npy(Path file, Content content, DType dtype) throws IOException {
        Shape shape = content.shape().rank() == 0 ? Shape.of(1) : content.shape();
        if (dtype == DType.F16) {
            NpyWriter.writeHalfFloats(file, content.values(), shape);
        } else {
            NpyWriter.writeFloats(file, content.values(), shape);
        }
    }

    private static void npz(Path directory, Map<String, Content> weights, DType dtype) throws IOException {
        try (OutputStream out = Files.newOutputStream(directory.resolve("model.npz")); ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, Content> tensor : weights.entrySet()) {
                Path array = directory.resolve("a.npy");
                npy(array, tensor.getValue(), dtype);
                zip.putNextEntry(new ZipEntry(tensor.getKey() + ".npy"));
                zip.write(Files.readAllBytes(array));
                Files.delete(array);
            }
        }
    }

    static Path copyOfFiles(Path target) throws IOException {
        Files.createDirectories(target);
        for (String name : List.of("config.json", "preprocessor_config.json", "vocab.json", "merges.txt")) {
            Files.copy(MODEL.resolve(name), target.resolve(name));
        }
        return target;
    }

    static float[] embeddings(Path model, ClipOptions options) throws IOException {
        try (Clip clip = Clip.load(model, options)) {
            float[] image = clip.embedImage(ImageFile.read(IMAGE)).toArray();
            float[] text = clip.embedText("a photo of a cat").toArray();
            float[] both = new float[image.length + text.length];
            System.arraycopy(image, 0, both, 0, image.length);
            System.arraycopy(text, 0, both, image.length, text.length);
            return both;
        }
    }

    private static Stream<Arguments> combinations() {
        return Stream.of(DType.F32, DType.F16, DType.BF16)
                .flatMap(dtype -> Stream.of("hf", "openai", "open_clip")
                        .flatMap(layout -> Stream.of("safetensors", "sharded", "npy", "npz", "bin", "pt", "ckpt", "legacy", "sharded bin")
                                .filter(kind -> dtype != DType.BF16 || !kind.startsWith("np")) // npy has no bfloat16
                                .map(kind -> Arguments.of(dtype, layout, kind))));
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void everyLayoutTypeAndKindOfFileGivesTheSameBits(DType dtype, String layout, String kind) throws IOException {
        Path hf = copyOfFiles(directory.resolve("hf"));
        write(hf, weights(), dtype, "safetensors");
        Path other = copyOfFiles(directory.resolve("other"));
        Map<String, Content> renamed =
                switch (layout) {
                    case "hf" -> weights();
                    case "openai" -> openAi(weights(), "");
                    default -> openAi(weights(), "text.");
                };
        write(other, renamed, dtype, kind);
        ClipOptions options = ClipOptions.defaults().withThreads(1);
        assertThat(embeddings(other, options)).containsExactly(embeddings(hf, options));
    }

    private static void convert(Path from, Path to, CheckpointConverter.Format format, DType dtype) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            CheckpointConverter.convert(checkpoint, to, format, dtype, Optional.empty());
        }
    }

    private static List<CheckpointVerifier.Result> verify(Path model, Path expected) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            return CheckpointVerifier.verify(checkpoint, expected, Optional.empty());
        }
    }

    @Test
    void conversionsGiveTheSameBits() throws IOException {
        ClipOptions options = ClipOptions.defaults().withThreads(1);
        Path openAi = copyOfFiles(directory.resolve("openai"));
        write(openAi, openAi(weights(), ""), DType.F32, "pt");
        for (CheckpointConverter.Format format : CheckpointConverter.Format.values()) {
            Path converted = directory.resolve("converted-" + format);
            convert(openAi, converted, format, DType.F32);
            assertThat(embeddings(converted, options)).containsExactly(embeddings(MODEL, options));
        }
        Path half = copyOfFiles(directory.resolve("half"));
        write(half, weights(), DType.F16, "safetensors");
        convert(openAi, directory.resolve("converted-half"), CheckpointConverter.Format.SAFETENSORS, DType.F16);
        assertThat(embeddings(directory.resolve("converted-half"), options)).containsExactly(embeddings(half, options));
    }

    @Test
    void nothingIsOverwrittenOrLeftBehind() throws IOException {
        Path target = Files.createDirectory(directory.resolve("there"));
        assertThatThrownBy(() -> convert(MODEL, target, CheckpointConverter.Format.SAFETENSORS, DType.F32))
                .isInstanceOf(FileAlreadyExistsException.class).hasMessageContaining("expected a directory that does not exist yet");
        Path damaged = copyOfFiles(directory.resolve("damaged"));
        Map<String, Content> weights = weights();
        weights.remove("logit_scale");
        write(damaged, weights, DType.F32, "safetensors");
        assertThatThrownBy(() -> convert(damaged, directory.resolve("new"), CheckpointConverter.Format.SAFETENSORS, DType.F32))
                .hasMessageContaining("logit_scale: missing");
        Path large = copyOfFiles(directory.resolve("large"));
        weights = weights();
        Objects.requireNonNull(weights.get("text_projection.weight")).values()[3] = 70_000;
        write(large, weights, DType.F32, "safetensors");
        assertThatThrownBy(() -> convert(large, directory.resolve("new"), CheckpointConverter.Format.SAFETENSORS, DType.F16))
                .hasMessageContaining("text_projection.weight").hasMessageContaining("the value 70000.0 at index 3 is beyond F16");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("there", "damaged", "large");
        }
    }

    /// The golden model has heads of 8 and 12, which shapes do not tell; a file of weights alone is read when its heads are of 64 and its
    /// activation is known or said.
    @Test
    void aFileOfWeightsAloneNeedsItsActivation() throws IOException {
        Map<String, Content> weights = openAi(randomOf64(), "");
        Path file = directory.resolve("mystery.pt");
        TorchWriter.write(file, weights, DType.F32);
        Files.copy(MODEL.resolve("vocab.json"), directory.resolve("vocab.json"));
        Files.copy(MODEL.resolve("merges.txt"), directory.resolve("merges.txt"));
        assertThatThrownBy(() -> Clip.load(file))
                .hasMessageStartingWith("mystery.pt: expected a config that says the activation, got none")
                .hasMessageContaining("--activation");
        ClipOptions options = ClipOptions.defaults();
        try (Clip clip = Clip.load(file, options.withActivation(Activation.GELU));
                Clip quick = Clip.load(file, options.withActivation(Activation.QUICK_GELU))) {
            assertThat(clip.tokenizer().profile()).isEqualTo(TokenizerProfile.OPENAI);
            assertThat(clip.embedText("a cat").toArray()).isNotEqualTo(quick.embedText("a cat").toArray());
        }
        Path named = directory.resolve("ViT-laion-test.pt");
        Files.move(file, named);
        try (Clip clip = Clip.load(named); Clip gelu = Clip.load(named, options.withActivation(Activation.GELU))) {
            assertThat(clip.embedText("a cat").toArray()).containsExactly(gelu.embedText("a cat").toArray());
        }
    }

    private static Map<String, Content> randomOf64() throws IOException {
        Map<String, Content> weights = new TreeMap<>();
        for (Map.Entry<String, Content> tensor : weights().entrySet()) {
            String name = tensor.getKey();
            if (!name.startsWith("vision_model.") && !name.startsWith("visual_") && !name.equals("logit_scale")) {
                int[] dims = tensor.getValue().shape().toArray();
                for (int i = 0; i < dims.length; i++) {
                    dims[i] = dims[i] == 36 ? 64 : dims[i];
                }
                Shape shape = Shape.of(dims);
                float[] values = new float[shape.elements()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (i * 7919 % 101 - 50) / 200f;
                }
                weights.put(name, new Content(shape, values));
            }
        }
        return weights;
    }

    /// As `CLIPTextModelWithProjection` and `CLIPVisionModelWithProjection` are published: one tower's tensors, beside the config of both.
    @Test
    void aTowerAloneTakesItsPartOfTheConfig() throws IOException {
        ClipOptions options = ClipOptions.defaults().withThreads(1);
        Map<String, Content> text = weights();
        text.keySet().removeIf(name -> !name.startsWith("text_"));
        Path texts = copyOfFiles(directory.resolve("texts"));
        write(texts, text, DType.F32, "safetensors");
        Map<String, Content> vision = weights();
        vision.keySet().removeIf(name -> !name.startsWith("vision_model."));
        Path images = copyOfFiles(directory.resolve("images"));
        write(images, vision, DType.F32, "safetensors");
        try (Clip both = Clip.load(MODEL, options); Clip alone = Clip.load(texts, options); Clip eye = Clip.load(images, options)) {
            assertThat(alone.embedText("a cat").toArray()).containsExactly(both.embedText("a cat").toArray());
            assertThatThrownBy(() -> alone.embedImage(ImageFile.read(IMAGE))).hasMessageContaining("it is a checkpoint of texts only");
            assertThat(eye.embedImage(ImageFile.read(IMAGE)).dimension()).as("without its projection, the tower's width").isEqualTo(40);
        }
    }

    @Test
    void otherImageSizesResamplePositions() throws IOException {
        ClipOptions options = ClipOptions.defaults().withThreads(1).withImageSize(44);
        try (Clip clip = Clip.load(MODEL, options); Clip openAi = Clip.load(MODEL, options.withProfile(Profile.OPEN_CLIP))) {
            Tensor pixels = Tensor.of(new float[3 * 44 * 44], Shape.of(1, 3, 44, 44));
            float[] hf = clip.model().imageEncoder().orElseThrow().encode(pixels).toArray();
            assertThat(hf).isNotEqualTo(openAi.model().imageEncoder().orElseThrow().encode(pixels).toArray());
            assertThat(clip.embedImage(ImageFile.read(IMAGE)).dimension()).isEqualTo(24);
        }
    }

    @Test
    void verifyNamesTheFirstStageThatDiffers() throws IOException {
        Path expected = directory.resolve("expected.safetensors");
        writeExpected(expected);
        List<CheckpointVerifier.Result> results = verify(MODEL, expected);
        assertThat(results).hasSizeGreaterThan(20).allMatch(CheckpointVerifier.Result::passed);
        Path damaged = copyOfFiles(directory.resolve("model"));
        Map<String, Content> weights = weights();
        Objects.requireNonNull(weights.get("text_model.encoder.layers.1.mlp.fc1.bias")).values()[5] += 0.01f;
        write(damaged, weights, DType.F32, "safetensors");
        assertThat(verify(damaged, expected).stream().filter(result -> !result.passed()).findFirst().orElseThrow().stage())
                .isEqualTo("text0/text_model.encoder.layers.1.mlp.fc1");
        Path published = Files.writeString(directory.resolve("published.json"),
                "{\"texts\": [\"a photo of a cat\"], \"text_embeddings\": [[0.5, 0.25]], \"tolerance\": 1e-4}");
        assertThat(verify(MODEL, published)).singleElement().matches(result -> !result.passed());
        for (String wrong : List.of(
                "{", "", "[]", "<html>", "{\"texts\": 1}", "{\"texts\": [{}]}", "{\"text_embeddings\": [[0.5]]}", "{\"probs\": [0.5]}",
                "{\"texts\": [\"a\"], \"text_embeddings\": 3}", "{\"texts\": [\"a\"], \"tolerance\": []}", "{\"image_embedding\": {}}",
                "[".repeat(100_000), "{\"image\": \"\\u0000\", \"probs\": [1]}")) {
            assertThatThrownBy(() -> verify(MODEL, Files.writeString(published, wrong)))
                    .as(wrong).isInstanceOf(WeightFormatException.class)
                    .hasMessageStartingWith("published.json").hasMessageContaining("expected");
        }
    }

    /// The project's goldens of the first text, in the form that `export.py` writes.
    private static void writeExpected(Path file) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        JsonObject manifest = JsonParser.parseString(Files.readString(MODEL.resolve("manifest.json"))).getAsJsonObject();
        JsonObject stages = manifest.getAsJsonObject("tensors");
        try (SafetensorsFile goldens = SafetensorsFile.open(MODEL.resolve("goldens.safetensors"))) {
            for (TensorInfo info : goldens.tensors().values()) {
                if (info.name().startsWith("text0/text_")) {
                    writer.add(info.name(), DType.F32, info.shape(), goldens.read(info.name()));
                    writer.metadata(info.name(), stages.getAsJsonObject(info.name()).get("float32_error").getAsString());
                }
            }
        }
        try (Clip clip = Clip.load(MODEL)) {
            int[] ids = clip.tokenizer().encode("a photo of a cat");
            float[] values = new float[ids.length];
            for (int i = 0; i < ids.length; i++) {
                values[i] = ids[i];
            }
            writer.add("ids.0", DType.F32, Shape.of(ids.length), values).write(file);
        }
    }
}
