package io.github.clip4j.tiny;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.core.DType;
import io.github.clip4j.Embedding;
import io.github.clip4j.PromptTemplates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TinyClipTest {
    /// How far an element of a unit-length embedding may be from the one computed in float64.
    ///
    /// The last layer norm's input has gathered some 30 float32 roundings a layer in a random walk, 4 layers: √120·2⁻²⁴ ≈ 6.5e-7 of its
    /// deviation. The projection keeps relative errors, and an element of 128 with unit length is about 0.09: 6e-8. Layer norms of single
    /// large channels may multiply that by ten. A GELU of the wrong kind moves elements by 1e-3 and more.
    private static final double BOUND = 1e-6;

    private static HeldOut heldOut;
    private static Clip clip;

    @BeforeAll
    static void load() {
        heldOut = HeldOut.read();
        clip = TinyClip.load();
    }

    @AfterAll
    static void close() {
        clip.close();
    }

    @Test
    void embeddingsArePyTorchs() {
        List<Embedding> images = clip.embedImages(heldOut.pictures().stream().map(HeldOut.Picture::image).toList());
        List<Embedding> texts = clip.embedTexts(heldOut.pictures().stream().map(HeldOut.Picture::caption).toList());
        for (int i = 0; i < images.size(); i++) {
            assertWithin(images.get(i).toArray(), heldOut.images().get(i), BOUND, "picture " + i);
            assertWithin(texts.get(i).toArray(), heldOut.texts().get(i), BOUND, "caption " + i);
        }
    }

    /// Combinations never seen in training, each among 50 captions of which most differ in one attribute; chance is 2 %.
    @Test
    void choosesWhatPyTorchChooses() {
        Map<String, Integer> right = new TreeMap<>();
        for (HeldOut.Picture picture : heldOut.pictures()) {
            int best = best(clip.embedImage(picture.image()), clip.embedTexts(picture.candidates()));
            assertThat(best).as("%s, %s", picture.name(), picture.caption()).isEqualTo(picture.pytorch());
            right.merge(picture.kind(), best == 0 ? 1 : 0, Integer::sum);
        }
        assertThat(right).isEqualTo(Map.of("object", 14, "glyph", 16, "count", 16, "relation", 13));
    }

    @Test
    void captionsFindTheirPictures() {
        List<HeldOut.Picture> pairs = heldOut.pictures().subList(0, 32);
        List<Embedding> images = clip.embedImages(pairs.stream().map(HeldOut.Picture::image).toList());
        List<Embedding> texts = clip.embedTexts(pairs.stream().map(HeldOut.Picture::caption).toList());
        long diagonal = IntStream.range(0, pairs.size()).filter(i -> best(images.get(i), texts) == i).count();
        assertThat(diagonal).isGreaterThanOrEqualTo(29); // 90 % of 32
    }

    @Test
    void severalTemplatesAgree() {
        PromptTemplates templates = PromptTemplates.of("a photo of {}", "a picture of {}", "this is {}", "there is {}.");
        List<HeldOut.Picture> glyphs = heldOut.pictures().stream().filter(picture -> picture.kind().equals("glyph")).toList();
        List<String> labels = glyphs.stream().map(picture -> picture.caption().substring("a photo of ".length())).toList();
        var classifier = clip.classifier(labels, templates);
        for (int i = 0; i < glyphs.size(); i++) {
            assertThat(classifier.classify(glyphs.get(i).image()).best().label()).as(glyphs.get(i).name()).isEqualTo(labels.get(i));
        }
    }

    @Test
    void threadsChangeNoBits() {
        try (Clip alone = TinyClip.load(ClipOptions.defaults().withThreads(1));
                Clip three = TinyClip.load(ClipOptions.defaults().withThreads(3))) {
            HeldOut.Picture picture = heldOut.pictures().getFirst();
            assertSameBits(three.embedImage(picture.image()).toArray(), alone.embedImage(picture.image()).toArray(), "image");
            assertSameBits(three.embedText(picture.caption()).toArray(), alone.embedText(picture.caption()).toArray(), "text");
        }
    }

    /// The weights were published in float16, so keeping them so loses nothing.
    @Test
    void halfPrecisionStorageChangesNoBits() {
        try (Clip half = TinyClip.load(ClipOptions.defaults().withWeights(DType.F16))) {
            HeldOut.Picture picture = heldOut.pictures().getFirst();
            assertSameBits(half.embedImage(picture.image()).toArray(), clip.embedImage(picture.image()).toArray(), "image");
            assertSameBits(half.embedText(picture.caption()).toArray(), clip.embedText(picture.caption()).toArray(), "text");
        }
    }

    @Test
    void filesAreThoseOfARepository(@TempDir Path directory) throws IOException {
        Path model = directory.resolve("models/tiny"); // made
        TinyClip.copyTo(model);
        try (Clip copy = Clip.load(model)) {
            assertSameBits(copy.embedText("a red circle").toArray(), clip.embedText("a red circle").toArray(), "text");
        }
        try (Stream<Path> files = Files.list(model)) {
            long bytes = files.mapToLong(file -> file.toFile().length()).sum();
            assertThat(bytes).isLessThan(8_000_000);
        }
    }

    @Test
    void filesThatAreThereAreKept(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("merges.txt"), "mine");
        assertThatThrownBy(() -> TinyClip.copyTo(directory))
                .isInstanceOf(FileAlreadyExistsException.class).hasMessage(directory.resolve("merges.txt").toString());
        assertThat(directory).isDirectoryNotContaining("regex:.*json");
        assertThat(directory.resolve("merges.txt")).hasContent("mine");
    }

    /// Loads the model in a process of its own, which may write nowhere.
    public static void main(String[] arguments) {
        try (Clip alone = TinyClip.load(ClipOptions.defaults().withThreads(1))) {
            System.out.println(alone.name() + " " + alone.embedText("a red circle").dimension());
        }
    }

    @Test
    void needsNoTemporaryDirectory(@TempDir Path directory) throws IOException, InterruptedException {
        Path missing = directory.resolve("missing");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java")
                                .toString(), "-XX:-UsePerfData", "-Djava.io.tmpdir=" + missing,
                        "-Duser.home=" + missing, "-cp", System.getProperty("java.class.path"), TinyClipTest.class.getName())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("clip-tiny 128");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).as("what it wrote").isEmpty();
        }
    }

    private static int best(Embedding image, List<Embedding> texts) {
        int best = 0;
        for (int i = 1; i < texts.size(); i++) {
            if (image.dot(texts.get(i)) > image.dot(texts.get(best))) {
                best = i;
            }
        }
        return best;
    }
}
