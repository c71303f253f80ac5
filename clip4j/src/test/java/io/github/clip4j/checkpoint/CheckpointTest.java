package io.github.clip4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.testkit.ReferenceData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One model from every place that a checkpoint may be in.
class CheckpointTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final List<String> FILES =
            List.of("config.json", "preprocessor_config.json", "vocab.json", "merges.txt", "model.safetensors");
    private static final ClipOptions ONE_THREAD = ClipOptions.defaults().withThreads(1);
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    private Path directory = Path.of("");

    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        for (String name : FILES) {
            files.put(name, Files.readAllBytes(MODEL.resolve(name)));
        }
        return files;
    }

    private static byte[] zip(Map<String, byte[]> files, boolean stored, String folder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry(folder + file.getKey());
                if (stored) {
                    CRC32 crc = new CRC32();
                    crc.update(file.getValue());
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(file.getValue().length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(file.getValue());
            }
        }
        return bytes.toByteArray();
    }

    /// What a model makes of an image and a text.
    private static float[] embeddings(Clip clip) {
        byte[] rgb = new byte[40 * 50 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 31);
        }
        float[] image = clip.embedImage(Image.ofRgb(40, 50, rgb)).toArray();
        float[] text = clip.embedText("a photo of a cat").toArray();
        float[] both = new float[image.length + text.length];
        System.arraycopy(image, 0, both, 0, image.length);
        System.arraycopy(text, 0, both, image.length, text.length);
        return both;
    }

    private static void assertIsTheModel(Checkpoint open, String name) throws IOException {
        try (Checkpoint checkpoint = open; Clip expected = Clip.load(MODEL, ONE_THREAD); Clip clip = Clip.load(checkpoint, ONE_THREAD)) {
            assertThat(clip.name()).isEqualTo(name);
            assertThat(embeddings(clip)).containsExactly(embeddings(expected));
            assertThat(checkpoint.origins()).containsEntry("vision_config.patch_size", "7  config.json");
            checkpoint.check();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, ''", "false, ''", "true, model/", "false, model/"})
    void aZipArchive(boolean stored, String folder) throws IOException {
        Path archive = Files.write(directory.resolve("tiny.zip"), zip(files(), stored, folder));
        assertIsTheModel(Checkpoint.open(archive), "tiny.zip");
        try (FileSystem system = FileSystems.newFileSystem(archive)) {
            assertIsTheModel(Checkpoint.open(system.getPath("/" + folder)), folder.isEmpty() ? "tiny.zip" : "model");
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).as("nothing is unpacked").containsExactly(archive);
        }
    }

    @Test
    void bytes() throws IOException {
        assertIsTheModel(Checkpoint.ofBytes("in-memory", files()), "in-memory");
    }

    @Test
    void theClassPath() throws IOException {
        Path jar = Files.write(directory.resolve("app.jar"), zip(files(), false, "models/tiny/"));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            assertIsTheModel(Checkpoint.ofResources(loader, "models/tiny"), "tiny");
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {MODEL.toUri().toURL()}, null)) {
            assertIsTheModel(Checkpoint.ofResources(loader, ""), "");
        }
    }

    /// A class loader of files in memory, which counts how often each is opened.
    private static final class Counting extends ClassLoader {
        private final Map<String, byte[]> files;
        private final Map<String, Integer> opened = new HashMap<>();

        Counting(Map<String, byte[]> files) {
            super(null);
            this.files = files;
        }

        @Override
        protected @Nullable URL findResource(String name) {
            byte[] bytes = files.get(name);
            if (bytes == null) {
                return null;
            }
            try {
                return URL.of(URI.create("memory:/" + name), new URLStreamHandler() {
                    @Override
                    protected URLConnection openConnection(URL url) {
                        return new URLConnection(url) {
                            @Override
                            public void connect() {}

                            @Override
                            public InputStream getInputStream() {
                                opened.merge(name, 1, Integer::sum);
                                return new ByteArrayInputStream(bytes);
                            }
                        };
                    }
                });
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void everyFileIsReadOnce() throws IOException {
        Counting loader = new Counting(files());
        try (Checkpoint checkpoint = Checkpoint.ofResources(loader, ""); Clip clip = Clip.load(checkpoint, ONE_THREAD)) {
            checkpoint.check();
            assertThat(checkpoint.config()).isEqualTo(clip.model().config());
            assertThat(checkpoint.vocabulary()).isPresent();
            assertThat(checkpoint.origins()).isNotEmpty();
            assertThat(checkpoint.profile()).isEqualTo(Profile.HF);
        }
        assertThat(loader.opened.keySet()).containsExactlyInAnyOrderElementsOf(FILES);
        assertThat(loader.opened.values()).containsOnly(1);
    }

    private Path inCache(String repository) throws IOException {
        Path snapshot = Files.createDirectories(directory.resolve("hub/models--" + repository.replace("/", "--") + "/snapshots/" + COMMIT));
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            Files.write(snapshot.resolve(file.getKey()), file.getValue());
        }
        return snapshot;
    }

    @Test
    void aModelFromTheCacheIsCalledByItsRepository() throws IOException {
        Path snapshot = inCache("openai/clip-vit-base-patch32");
        assertIsTheModel(Checkpoint.open(snapshot), "openai/clip-vit-base-patch32");
        assertIsTheModel(Checkpoint.open(snapshot.resolve("model.safetensors")), "openai/clip-vit-base-patch32");
        assertThat(HubName.of(inCache("gpt2"))).contains("gpt2");
        assertThat(HubName.of(directory)).isEmpty();
        assertThat(HubName.of(directory.resolve("models--a--b/blobs/x"))).isEmpty();
    }

    /// Without a config the activation follows from a name: the file's, then the repository's; and the origins say so.
    @Test
    void whatIsInferredIsSaid() throws IOException {
        Path snapshot = inCache("laion/tiny");
        Files.delete(snapshot.resolve("config.json"));
        try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
            assertThatThrownBy(checkpoint::config).isInstanceOf(WeightFormatException.class)
                    .hasMessageContaining("expected blocks of a width that is a multiple of 64")
                    .hasMessageContaining("add the model's config.json");
        }
        assertThat(KnownActivations.ofName("laion/tiny").orElseThrow())
                .isEqualTo(new KnownActivations.Known(Activation.GELU, "'laion' in the name laion/tiny"));
    }

    /// H/14 has heads of 80, and 64 divides its width too.
    @Test
    void headsAreNotAssumedWhereTheyAreKnownToDiffer() {
        LayoutMapperTest.Named wide = new LayoutMapperTest.Named().with("visual.class_embedding", 1280)
                .with("visual.conv1.weight", 1280, 3, 14, 14)
                .with("visual.positional_embedding", 257, 1280).with("visual.ln_pre.weight", 1280)
                .with("visual.transformer.resblocks.0.mlp.c_fc.weight", 5120, 1280);
        assertThatThrownBy(() -> ConfigInference.infer(LayoutMapper.map(wide), Activation.GELU)).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("m.pt: expected a config, got none; the number of heads is not in the weights")
                .hasMessageContaining("as this one of 1280");
        assertThatCode(() -> ConfigInference.infer(LayoutMapper.map(wide.with("visual.positional_embedding", 257, 1024)), Activation.GELU))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf", "hf-torchvision", "openai", "open_clip", "immich"})
    void profilesPrepareAndTokenizeTheirWay(String id) throws IOException {
        Profile profile = Profile.ofId(id).orElseThrow();
        try (Checkpoint checkpoint = Checkpoint.open(MODEL)) {
            assertThat(checkpoint.profile()).isEqualTo(Profile.HF);
            assertThat(checkpoint.preprocessing(profile).map(ClipPreprocess::convention)).contains(profile.convention());
            assertThat(checkpoint.tokenizer(profile).orElseThrow().profile()).isEqualTo(profile.tokenizer());
        }
        assertThat(Profile.ids()).isEqualTo("hf, hf-torchvision, openai, open_clip or immich");
        assertThat(Profile.ofId("clip")).isEmpty();
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        assertThatThrownBy(() -> Checkpoint.open(directory.resolve("none"))).isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("expected a checkpoint directory or a file of weights, got nothing there");
        Map<String, byte[]> files = files();
        files.remove("model.safetensors");
        assertThatThrownBy(() -> Checkpoint.ofBytes("m", files)).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("m: expected model.safetensors, or weights in another form").hasMessageEndingWith("got none");
        files.put("model.safetensors", new byte[3]);
        assertThatThrownBy(() -> Checkpoint.ofBytes("m", files))
                .hasMessage("model.safetensors: expected a safetensors file of at least 8 bytes, got 3");
        files.put("config.json", "{".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> Checkpoint.ofBytes("m", files)).hasMessageStartingWith("config.json: malformed JSON");
    }

    /// A file of weights is listed whatever model it is of, and whatever is beside it.
    @Test
    void aFileOfWeightsIsOpenedByItself() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"clap\"}");
        Path file = Files.write(directory.resolve("goldens.safetensors"), Files.readAllBytes(MODEL.resolve("goldens.safetensors")));
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertThat(checkpoint.isFileOfWeights()).isTrue();
            assertThat(checkpoint.storedWeights().tensors()).isNotEmpty();
            assertThatThrownBy(checkpoint::weights).hasMessageContaining("expected the tensors of a CLIP model");
            assertThatThrownBy(checkpoint::profile).hasMessageContaining("this is CLAP");
            assertThat(checkpoint.files(List.of("config.json", "nothing")).keySet()).containsExactly("config.json");
        }
    }
}
