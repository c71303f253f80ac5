package io.github.clip4j;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.nn.Golden;
import io.github.clip4j.reference.ReferenceClip;
import io.github.clip4j.testkit.Gen;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.TextTooLongException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");

    private static Image picture() throws IOException {
        return ImageFile.read(IMAGES.resolve("rgb.png"));
    }

    @Test
    void classifiesAsTheReferenceDoes() throws IOException {
        Golden golden = new Golden();
        ReferenceClip reference =
                new ReferenceClip(golden.config, golden.parameters);
        try (Clip clip = Clip.load(MODEL)) {
            List<String> labels = List.of("cat", "dog", "house");
            Classification result = clip.classifier(labels, PromptTemplates.of("a photo of a {}")).classify(picture());
            int[][] ids = labels.stream().map(label -> clip.tokenizer().encode("a photo of a " + label)).toArray(int[][]::new);
            double[] expected = reference.classify(clip.preprocess().apply(picture()), ids);
            for (Classification.Score score : result.scores()) {
                // logits of up to 15 from cosines with an error of some 1e-6: 1.5e-5 in a logit is that, relative, in a probability
                assertThat(score.probability()).as(score.label()).isCloseTo(expected[labels.indexOf(score.label())], within(2e-5));
            }
            assertThat(result.scores()).isSortedAccordingTo((a, b) -> Double.compare(b.probability(), a.probability()));
        }
    }

    @Test
    void batchAndThreadsDoNotChangeABit() throws IOException {
        Tensor pixels = Tensor.of(new Gen(1).floats(7 * 3 * 30 * 30), Shape.of(7, 3, 30, 30));
        List<float[]> results = new ArrayList<>();
        List<float[]> texts = new ArrayList<>();
        List<int[]> ids = new ArrayList<>();
        try (Clip clip = Clip.load(MODEL)) {
            for (String text : List.of("a photo of a cat", "a", "", "two red circles on a blue", "dog", "x y z 1 2", "a photo")) {
                ids.add(clip.tokenizer().encode(text));
            }
        }
        for (int threads : new int[] {1, 2, 3}) {
            try (Clip clip = Clip.load(MODEL, ClipOptions.defaults().withThreads(threads))) {
                results.add(clip.model().imageEncoder().orElseThrow().encode(pixels).toArray());
                texts.add(clip.model().textEncoder().orElseThrow().encode(ids).toArray());
                float[] alone = new float[7 * 24];
                float[] alonePadded = new float[7 * 24];
                for (int i = 0; i < 7; i++) {
                    Tensor one = Tensor.of(Arrays.copyOfRange(pixels.array(), i * 2700, (i + 1) * 2700), Shape.of(1, 3, 30, 30));
                    System.arraycopy(clip.model().imageEncoder().orElseThrow().encode(one).toArray(), 0, alone, i * 24, 24);
                    int[] padded = Arrays.copyOf(ids.get(i), 20);
                    Arrays.fill(padded, ids.get(i).length, 20, clip.tokenizer().endOfText());
                    System.arraycopy(clip.model().textEncoder().orElseThrow().encode(List.of(padded)).toArray(), 0, alonePadded,
                            i * 24, 24);
                }
                results.add(alone);
                texts.add(alonePadded);
            }
        }
        for (float[] result : results) {
            assertSameBits(result, results.getFirst(), "images");
        }
        for (float[] result : texts) {
            assertSameBits(result, texts.getFirst(), "texts");
        }
    }

    @Test
    void anInterruptedThreadGivesUpAndTheModelServesOn() throws IOException {
        try (Clip clip = Clip.load(MODEL, ClipOptions.defaults().withThreads(2))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> clip.embedTexts(List.of("a", "b", "c"))).isInstanceOf(CancellationException.class);
            assertThatThrownBy(() -> clip.embedImage(Image.ofRgb(1, 1, new byte[3]))).isInstanceOf(CancellationException.class);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(clip.embedTexts(List.of("a", "b", "c"))).hasSize(3);
        }
    }

    @Test
    void callersFromManyThreadsGetTheSameResults() throws Exception {
        try (Clip clip = Clip.load(MODEL, ClipOptions.defaults().withThreads(2));
                ExecutorService pool = Executors.newFixedThreadPool(4)) {
            Embedding expected = clip.embedText("a photo of a cat");
            List<Callable<Embedding>> calls =
                    IntStream.range(0, 200).<Callable<Embedding>>mapToObj(i -> () -> clip.embedText("a photo of a cat")).toList();
            for (Future<Embedding> call : pool.invokeAll(calls)) {
                assertThat(call.get()).isEqualTo(expected);
            }
        }
    }

    @Test
    void anEnsembleIsTheNormalizedMeanOfItsPrompts() throws IOException {
        try (Clip clip = Clip.load(MODEL)) {
            PromptTemplates templates = PromptTemplates.of("a photo of a {}", "a drawing of a {}");
            ZeroShotClassifier classifier = clip.classifier(List.of("cat", "dog"), templates);
            Embedding image = clip.embedImage(picture());
            double[] sum = new double[24];
            for (Embedding prompt : clip.embedTexts(templates.apply("cat"))) {
                for (int i = 0; i < 24; i++) {
                    sum[i] += prompt.toArray()[i];
                }
            }
            double norm = 0;
            double dot = 0;
            for (int i = 0; i < 24; i++) {
                norm += sum[i] * sum[i];
                dot += sum[i] * image.toArray()[i];
            }
            double expected = clip.model().logitScale().orElseThrow() * dot / Math.sqrt(norm);
            double actual = classifier.classify(image).scores().stream()
                    .filter(score -> score.label().equals("cat")).findFirst().orElseThrow().logit();
            assertThat(actual).isCloseTo(expected, within(1e-5)); // 14 times the rounding of unit vectors to float32
        }
    }

    @Test
    void wrongUseIsAnErrorThatSaysWhatToDo() throws IOException {
        try (Clip clip = Clip.load(MODEL)) {
            String text = "a photo of a cat ".repeat(5);
            assertThatThrownBy(() -> clip.embedText(text))
                    .isInstanceOf(TextTooLongException.class)
                    .hasMessage("text \"a photo of a cat a photo of a cat a phot…\": expected at most 20 tokens, "
                            + "start and end included, got 27; shorten it, or cut long texts by withTruncation(true)");
            assertThat(clip.tokenizer().encodeTruncated(text, 20)).hasSize(20).endsWith(clip.tokenizer().endOfText());
            assertThatThrownBy(() -> PromptTemplates.of("a photo"))
                    .hasMessage("template \"a photo\": expected {} once, in the label's place");
            assertThatThrownBy(() -> clip.model().imageEncoder().orElseThrow().encode(Tensor.zeros(1, 3, 31, 30)))
                    .hasMessage("image encoder: expected pixels [b, 3, 30, 30], got [1, 3, 31, 30]; "
                            + "preprocess images for this model first");
            assertThatThrownBy(() -> clip.model().textEncoder().orElseThrow().encode(List.of(new int[] {1, 637})))
                    .hasMessage("text 0: expected token ids below 637, got 637 at position 1; is this the model's tokenizer?");
        }
    }

    @Test
    void aClosedModelSaysSo() throws IOException {
        Clip clip = Clip.load(MODEL);
        clip.close();
        clip.close();
        assertThatThrownBy(() -> clip.embedText("a")).isInstanceOf(IllegalStateException.class).hasMessage("tiny is closed");
    }

    @TempDir
    private Path directory = Path.of("");

    @Test
    void aCheckpointWithoutTokenizerStillServesPictures() throws IOException {
        Files.copy(MODEL.resolve("config.json"), directory.resolve("config.json"));
        Files.copy(MODEL.resolve("model.safetensors"), directory.resolve("model.safetensors"));
        try (Clip clip = Clip.load(directory)) {
            assertThat(clip.embedImage(picture()).dimension()).isEqualTo(24);
            assertThatThrownBy(() -> clip.embedText("a"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has no tokenizer: expected tokenizer.json, or vocab.json and merges.txt");
        }
    }

    @Test
    void aMissingOrEmptyDirectoryIsNamed() {
        assertThatThrownBy(() -> Clip.load(directory.resolve("none")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageEndingWith("none: expected a checkpoint directory or a file of weights, got nothing there");
        assertThatThrownBy(() -> Clip.load(directory))
                .hasMessageContaining("expected model.safetensors, or weights in another form")
                .hasMessageEndingWith("got none");
    }

    @Test
    void warmingUpChangesNothing() throws IOException {
        try (Clip warm = Clip.load(MODEL); Clip cold = Clip.load(MODEL)) {
            warm.warmUp();
            assertThat(warm.embedImage(picture()).toArray()).containsExactly(cold.embedImage(picture()).toArray());
        }
    }
}
